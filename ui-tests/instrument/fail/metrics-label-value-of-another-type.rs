use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(big: bool = amount)))]
fn charge(amount: u64) {}

fn main() {}
