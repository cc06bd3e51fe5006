use spanwright::Labels;

#[derive(Labels)]
#[labels(budget = 7)]
struct Order<'a> {
    paid: &'a bool,
    settled: bool,
    shipped: bool,
}

fn main() {}
