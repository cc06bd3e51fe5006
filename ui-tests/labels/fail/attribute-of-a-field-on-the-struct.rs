use spanwright::Labels;

#[derive(Labels)]
#[label(max = 7)]
struct Order {
    paid: bool,
}

fn main() {}
