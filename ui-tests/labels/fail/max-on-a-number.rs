use spanwright::Labels;

#[derive(Labels)]
struct Order {
    #[label(max = 100)]
    status: u16,
}

fn main() {}
