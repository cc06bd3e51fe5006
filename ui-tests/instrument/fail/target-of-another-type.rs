use spanwright::instrument;

const TARGET: u64 = 7;

#[instrument(target = TARGET)]
fn charge() {}

fn main() {}
