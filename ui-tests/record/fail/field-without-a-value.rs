use spanwright::{instrument, record};

#[instrument(fields(result = Empty))]
fn charge() {
    let result = 7;
    record!(%result);
}

fn main() {}
