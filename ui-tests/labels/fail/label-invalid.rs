use spanwright::Labels;

#[derive(Labels)]
struct Order {
    #[label(name = "order.paid")]
    paid: bool,
}

fn main() {}
