use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(example = ["order-1", 7])]
    id: String,
}

fn main() {}
