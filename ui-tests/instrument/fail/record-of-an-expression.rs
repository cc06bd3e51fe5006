use spanwright::instrument;

struct Order;

impl Order {
    fn id(&self) -> u64 {
        7
    }
}

#[instrument(record(order.id()))]
fn charge(order: Order) {}

fn main() {}
