use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(skip_if_none)]
    id: u8,
}

fn main() {}
