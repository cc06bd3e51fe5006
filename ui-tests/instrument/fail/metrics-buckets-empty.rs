use spanwright::instrument;

#[instrument(metrics(buckets = []))]
fn charge() {}

fn main() {}
