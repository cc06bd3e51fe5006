use spanwright::instrument;

struct Order;

#[instrument(record(?order))]
fn charge(order: Order) {}

fn main() {}
