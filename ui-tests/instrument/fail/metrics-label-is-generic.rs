use spanwright::instrument;

use spanwright::Label;

#[instrument(metrics(prefix = "shop", labels(tier)))]
fn charge<T: Label>(tier: T) {}

fn main() {}
