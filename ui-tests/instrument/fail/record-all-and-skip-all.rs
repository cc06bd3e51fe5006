use spanwright::instrument;

#[instrument(record_all, skip_all)]
fn login(user: &str) {}

fn main() {}
