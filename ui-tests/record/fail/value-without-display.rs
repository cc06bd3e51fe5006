use spanwright::{instrument, record};

struct Receipt;

#[instrument(fields(result = Empty))]
fn charge() {
    let receipt = Receipt;
    record!(result = %receipt);
}

fn main() {}
