use spanwright::instrument;

#[instrument(metrics(prefix = "shop-orders"))]
fn charge() {}

fn main() {}
