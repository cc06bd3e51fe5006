use spanwright::instrument;

#[instrument(metrics(labels(operation = "charge")))]
fn charge() {}

fn main() {}
