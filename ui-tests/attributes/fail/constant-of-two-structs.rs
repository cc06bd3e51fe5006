use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    id: u8,
}

#[derive(Attributes)]
struct Event {
    id: u8,
}

fn main() {}
