use spanwright::instrument;

#[derive(Debug)]
struct Order;

#[instrument(record(%order))]
fn charge(order: Order) {}

fn main() {}
