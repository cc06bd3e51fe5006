use spanwright::instrument;

#[instrument(record = order_id)]
fn charge(order_id: u64) {}

fn main() {}
