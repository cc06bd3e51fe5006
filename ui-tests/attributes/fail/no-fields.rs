use spanwright::Attributes;

#[derive(Attributes)]
struct Order {}

fn main() {}
