use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(redact = mask)]
    id: Option<u64>,
}

fn main() {}
