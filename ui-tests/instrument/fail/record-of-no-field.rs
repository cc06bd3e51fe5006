use spanwright::instrument;

struct Order {
    id: u64,
}

#[instrument(record(order.idd))]
fn charge(order: &Order) -> u64 {
    order.id
}

fn main() {}
