use spanwright::instrument;

#[instrument(record(order_id), fields(order_id = 7))]
fn charge(order_id: u64) {}

fn main() {}
