use spanwright::instrument;

#[instrument(record_all, skip(passwrod))]
fn login(user: &str, password: &str) {}

fn main() {}
