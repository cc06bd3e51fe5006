use spanwright::{instrument, record};

#[instrument(fields(result = Empty))]
fn charge() {
    record!(result = 7, result = 8);
}

fn main() {}
