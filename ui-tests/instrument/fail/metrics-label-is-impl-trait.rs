use spanwright::instrument;

use spanwright::Label;

#[instrument(metrics(prefix = "shop", labels(tier)))]
fn charge(tier: impl Label) {}

fn main() {}
