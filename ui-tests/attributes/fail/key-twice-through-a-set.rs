use spanwright::Attributes;

#[derive(Attributes)]
struct Event {
    id: u8,
}

#[derive(Attributes)]
struct Order {
    #[attribute(constant = ATTR_ORDER_ID)]
    id: u8,
    #[attribute(flatten)]
    event: Event,
}

fn main() {}
