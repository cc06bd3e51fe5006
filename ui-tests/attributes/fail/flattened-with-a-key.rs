use spanwright::Attributes;

#[derive(Attributes)]
struct Event {
    number: u8,
}

#[derive(Attributes)]
struct Order {
    id: u8,
    #[attribute(flatten, key = "event")]
    event: Event,
}

fn main() {}
