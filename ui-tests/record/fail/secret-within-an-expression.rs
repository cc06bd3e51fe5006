use spanwright::{instrument, record};

#[instrument(fields(at = Empty), allow_secret(token))]
fn parse(token: &str, password: &str) {
    record!(at = token);
    record!(at = token.len());
    record!(at = format!("{password}"));
}

#[instrument(fields(at = Empty), allow_secret(token))]
fn stale(token: &str) {}

fn main() {}
