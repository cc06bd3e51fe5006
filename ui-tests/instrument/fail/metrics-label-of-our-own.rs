use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(outcome = "charge")))]
fn charge() {}

fn main() {}
