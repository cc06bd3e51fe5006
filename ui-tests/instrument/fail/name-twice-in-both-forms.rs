use spanwright::instrument;

#[instrument("charge", name = "pay")]
fn charge() {}

fn main() {}
