use spanwright::instrument;

#[instrument(record(user, password))]
fn login(user: &str, password: &str) {}

fn main() {}
