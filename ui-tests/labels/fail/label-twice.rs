use spanwright::Labels;

#[derive(Labels)]
struct Order {
    paid: bool,
    #[label(name = "paid")]
    settled: bool,
}

fn main() {}
