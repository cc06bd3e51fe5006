use spanwright::Labels;

#[derive(Labels)]
struct Order {}

fn main() {}
