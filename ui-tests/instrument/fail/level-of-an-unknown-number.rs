use spanwright::instrument;

#[instrument(level = 6)]
fn charge() {}

fn main() {}
