use spanwright::instrument;

#[instrument(crate = "spanwright")]
fn charge() {}

fn main() {}
