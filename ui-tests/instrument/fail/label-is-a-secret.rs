use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(api_key = "a", token: bool = true)), allow_secret(token))]
fn charge() {}

fn main() {}
