use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(größe = "charge")))]
fn charge() {}

fn main() {}
