use spanwright::instrument;

#[instrument(level = 3)]
fn charge() {}

fn main() {}
