use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(operation = "charge", operation = "pay")))]
fn charge() {}

fn main() {}
