use spanwright::instrument;

#[instrument(metrics(labels = tier))]
fn charge(tier: u8) {}

fn main() {}
