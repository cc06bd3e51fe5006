use spanwright::instrument;

#[instrument(record(user), skip(user))]
fn login(user: &str) {}

fn main() {}
