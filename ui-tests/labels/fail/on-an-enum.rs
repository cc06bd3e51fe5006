use spanwright::Labels;

#[derive(Labels)]
enum Order {
    Placed,
    Paid,
}

fn main() {}
