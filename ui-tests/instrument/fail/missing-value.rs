use spanwright::instrument;

#[instrument(name)]
fn charge() {}

fn main() {}
