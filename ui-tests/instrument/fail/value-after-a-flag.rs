use spanwright::instrument;

#[instrument(record_all = true)]
fn charge(order_id: u64) {}

fn main() {}
