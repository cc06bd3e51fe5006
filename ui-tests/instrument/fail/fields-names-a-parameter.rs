use spanwright::instrument;

#[instrument(fields(order_id))]
fn charge(order_id: u64) {}

fn main() {}
