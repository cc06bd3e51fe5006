use spanwright::instrument;

#[instrument(record(user), allow_secret(password))]
fn login(user: &str, password: &str) {}

fn main() {}
