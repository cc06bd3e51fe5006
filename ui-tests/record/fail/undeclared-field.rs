use spanwright::{instrument, record};

#[instrument(record(order))]
fn charge(order: u64) {
    record!(total = order * 7);
}

fn main() {}
