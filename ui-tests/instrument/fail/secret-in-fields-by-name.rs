use spanwright::instrument;

#[instrument(fields(api_key = key))]
fn login(key: &str) {}

fn main() {}
