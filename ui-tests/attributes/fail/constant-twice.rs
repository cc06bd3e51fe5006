use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    id: u8,
    #[attribute(constant = ATTR_ID)]
    number: u8,
}

fn main() {}
