use spanwright::{Secret, instrument};

#[instrument(metrics(prefix = "shop", labels(card)))]
fn charge(card: Secret<bool>) {}

fn main() {}
