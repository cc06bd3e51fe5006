use spanwright::instrument;

#[instrument(skip_al)]
fn log_in(password: &str) {}

fn main() {}
