use spanwright::Labels;

#[derive(Labels)]
struct Order {
    #[label(max = 0)]
    tenant: String,
}

fn main() {}
