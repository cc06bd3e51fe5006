use spanwright::Labels;

#[derive(Labels)]
#[labels(bugdet = 7)]
struct Order {
    paid: bool,
}

fn main() {}
