use spanwright::Labels;

#[derive(Labels)]
struct Order(bool, bool);

fn main() {}
