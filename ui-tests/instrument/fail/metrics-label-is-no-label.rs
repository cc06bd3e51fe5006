use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(tier)))]
fn charge(tier: &str) {}

fn main() {}
