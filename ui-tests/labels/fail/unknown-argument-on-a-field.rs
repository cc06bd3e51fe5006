use spanwright::Labels;

#[derive(Labels)]
struct Order {
    #[label(maximum = 7)]
    tenant: String,
}

fn main() {}
