use spanwright::instrument;

#[instrument(metrics(into = metrics(), prefix = "shop"))]
fn charge() {}

fn main() {}
