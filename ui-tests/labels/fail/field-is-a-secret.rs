use spanwright::Labels;

#[derive(Labels)]
struct Order {
    card: spanwright::Secret<String>,
}

fn main() {}
