use spanwright::instrument;

#[instrument(metrics(into))]
fn charge() {}

fn main() {}
