use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(constant = "ATTR_ORDER_ID")]
    id: u8,
}

fn main() {}
