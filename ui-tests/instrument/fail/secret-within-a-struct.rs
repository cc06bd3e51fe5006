use spanwright::{Secret, instrument};

struct Card {
    number: Secret<String>,
}

#[instrument(record_all)]
fn charge(order: u64, card: Card) {}

fn main() {}
