use spanwright::Attributes;

struct Event;

#[derive(Attributes)]
struct Order {
    id: u8,
    #[attribute(flatten)]
    event: Event,
}

fn main() {}
