use spanwright::instrument;

#[instrument(record(self.id))]
fn charge(order_id: u64) {}

fn main() {}
