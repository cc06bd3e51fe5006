use spanwright::instrument;

#[instrument(metrics(buckets = 0.1))]
fn charge() {}

fn main() {}
