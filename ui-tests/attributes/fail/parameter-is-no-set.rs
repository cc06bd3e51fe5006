use spanwright::instrument;

struct Order;

#[instrument(fields(..order))]
fn charge(order: &Order) {}

fn main() {}
