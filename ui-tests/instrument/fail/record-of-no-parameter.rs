use spanwright::instrument;

#[instrument(record(order_ids))]
fn charge(order_id: u64, amount: u64) {}

fn main() {}
