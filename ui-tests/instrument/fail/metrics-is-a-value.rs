use spanwright::instrument;

#[instrument(metrics = true)]
fn charge() {}

fn main() {}
