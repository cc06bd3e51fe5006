use spanwright::Metrics;

#[derive(Metrics)]
struct Shop;

fn main() {}
