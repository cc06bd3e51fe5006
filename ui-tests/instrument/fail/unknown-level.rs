use spanwright::instrument;

#[instrument(level = "inof")]
fn charge() {}

fn main() {}
