use spanwright::instrument;

#[instrument(name = 5)]
fn charge() {}

fn main() {}
