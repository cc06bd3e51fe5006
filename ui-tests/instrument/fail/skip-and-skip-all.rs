use spanwright::instrument;

#[instrument(skip(user), skip_all)]
fn login(user: &str) {}

fn main() {}
