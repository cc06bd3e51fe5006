use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(key = "order..id")]
    id: u8,
}

fn main() {}
