use spanwright::instrument;

#[instrument(name = "charge" level = "debug")]
fn charge() {}

fn main() {}
