use spanwright::Labels;

#[derive(Labels)]
struct Order {
    #[label(max = 4294967295)]
    tenant: String,
}

fn main() {}
