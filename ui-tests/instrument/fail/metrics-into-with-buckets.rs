use spanwright::instrument;

#[instrument(metrics(into = metrics(), buckets = [0.1, 1.0]))]
fn charge() {}

fn main() {}
