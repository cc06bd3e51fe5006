use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(teir)))]
fn charge(tier: bool) {}

fn main() {}
