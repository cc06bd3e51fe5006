#![deny(warnings)]

//! Names near those of secrets, and secrets that are allowed or of which only facts are recorded.

use spanwright::{Secret, instrument, record};

#[instrument(record(token_count, tokens, author, pin_count, cookie_banner_shown, password_length))]
#[allow(clippy::too_many_arguments)]
fn harmless(
    token_count: u64,
    tokens: u64,
    author: &str,
    pin_count: u8,
    cookie_banner_shown: bool,
    password_length: usize,
) {
}

#[instrument(record_all, skip(otp, password, jwt), fields(length = password.len(), seen = jwt), allow_secret(seen))]
fn facts(user: u64, otp: u64, password: &str, jwt: u64) {
    let _ = (user, otp);
}

#[instrument(fields(length = card.expose().len(), known = Empty))]
fn exposed(card: &Secret<String>) {
    record!(known = card.expose() == "4111");
}

#[derive(Debug)]
enum Login {
    Password,
}

#[instrument(fields(by = ?Login::Password))]
fn variant() {}

fn main() {
    variant();
    harmless(1, 2, "me", 3, true, 4);
    exposed(&Secret::new("4111".to_owned()));
    facts(1, 2, "hunter2", 3);
}
