use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(key = "id", key_exact = "order.id")]
    id: u8,
}

fn main() {}
