use spanwright::instrument;

#[instrument(target = 7)]
fn charge() {}

fn main() {}
