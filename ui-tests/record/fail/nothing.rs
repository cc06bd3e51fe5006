use spanwright::{instrument, record};

#[instrument(fields(result = Empty))]
fn charge() {
    record!();
}

fn main() {}
