use spanwright::instrument;

struct Order {
    id: u64,
}

#[instrument(record(order))]
fn charge(order: &Order) -> u64 {
    order.id
}

fn main() {}
