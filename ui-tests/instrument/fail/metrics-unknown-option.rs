use spanwright::instrument;

#[instrument(metrics(prefx = "shop"))]
fn charge() {}

fn main() {}
