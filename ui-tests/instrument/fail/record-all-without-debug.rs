use spanwright::instrument;

struct Order;

#[instrument(record_all)]
fn charge(id: u64, order: Order) {}

fn main() {}
