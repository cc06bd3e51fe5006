use spanwright::instrument;

#[instrument(metrics(buckets = [0.1, 0.5, 0.2]))]
fn charge() {}

fn main() {}
