use spanwright::Labels;

#[derive(Labels)]
struct Order {
    quantile: bool,
}

fn main() {}
