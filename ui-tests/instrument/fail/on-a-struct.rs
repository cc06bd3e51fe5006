use spanwright::instrument;

#[instrument]
struct Order;

fn main() {}
