use spanwright::instrument;

struct Shop;

#[instrument(metrics = Shop)]
fn charge() {}

fn main() {}
