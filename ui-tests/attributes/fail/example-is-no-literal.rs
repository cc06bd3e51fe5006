use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(example = SEVEN)]
    id: u8,
}

fn main() {}
