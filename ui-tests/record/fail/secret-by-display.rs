use spanwright::{Secret, instrument, record};

#[instrument(fields(result = Empty))]
fn charge(card: Secret<String>) {
    record!(result = %card);
}

fn main() {}
