use spanwright::instrument;

struct Order;

#[instrument(fields(order = Order))]
fn charge() {}

fn main() {}
