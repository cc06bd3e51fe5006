use spanwright::Labels;

#[derive(Labels)]
struct Order {
    #[label(max = 3)]
    card: spanwright::Secret<String>,
}

fn main() {}
