use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(display, debug)]
    id: u8,
}

fn main() {}
