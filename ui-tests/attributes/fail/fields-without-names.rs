use spanwright::Attributes;

#[derive(Attributes)]
struct Order(u8);

fn main() {}
