use spanwright::Labels;

#[derive(Labels)]
struct Order {
    paid: bool,
    status: u16,
}

fn main() {}
