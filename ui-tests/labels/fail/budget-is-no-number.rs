use spanwright::Labels;

#[derive(Labels)]
#[labels(budget = "many")]
struct Order {
    paid: bool,
}

fn main() {}
