use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attributes(prefix = "shop")]
    id: u8,
}

fn main() {}
