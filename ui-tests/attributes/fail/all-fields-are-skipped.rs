use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(skip)]
    id: u8,
}

fn main() {}
