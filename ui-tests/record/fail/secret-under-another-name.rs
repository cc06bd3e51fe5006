use spanwright::{instrument, record};

#[instrument(fields(result = Empty))]
fn login(password: &str) {
    record!(result = password);
}

fn main() {}
