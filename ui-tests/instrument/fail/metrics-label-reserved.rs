use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(le = "charge")))]
fn charge() {}

fn main() {}
