use spanwright::instrument;

#[instrument(metrics(buckets = [0.1, INFINITY]))]
fn charge() {}

fn main() {}
