use spanwright::instrument;

#[instrument(fields(tier = teir))]
fn charge(tier: u64) {}

fn main() {}
