use spanwright::instrument;

#[instrument(record_all)]
fn login(user: &str, session_token: &str) {}

fn main() {}
