use spanwright::{instrument, record};

#[derive(spanwright::Attributes)]
struct Order {
    id: u8,
}

#[instrument(fields(..order))]
fn charge(order: &Order) {
    record!(..Order = order);
}

fn main() {}
