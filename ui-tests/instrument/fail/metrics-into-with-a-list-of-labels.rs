use spanwright::instrument;

#[instrument(metrics(into = metrics(), labels(tier)))]
fn charge(tier: u8) {}

fn main() {}
