use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    id: u8,
    #[attribute(key = "id")]
    number: u8,
}

fn main() {}
