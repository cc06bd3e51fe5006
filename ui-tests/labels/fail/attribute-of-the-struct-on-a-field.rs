use spanwright::Labels;

#[derive(Labels)]
struct Order {
    #[labels(budget = 7)]
    paid: bool,
}

fn main() {}
