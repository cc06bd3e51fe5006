use spanwright::instrument;

#[instrument(name = "charge", level = "debug", name = "pay")]
fn charge() {}

fn main() {}
