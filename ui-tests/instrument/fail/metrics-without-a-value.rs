use spanwright::instrument;

#[instrument(metrics =)]
fn charge() {}

fn main() {}
