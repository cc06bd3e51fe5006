use spanwright::Labels;

#[derive(Labels)]
struct Order {
    #[label(max = 600)]
    tenant: String,
    paid: bool,
}

fn main() {}
