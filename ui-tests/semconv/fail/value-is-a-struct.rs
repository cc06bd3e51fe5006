use spanwright::instrument;

struct Order;

#[instrument(fields(http.route = Order))]
fn answer() {}

fn main() {}
