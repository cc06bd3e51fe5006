use spanwright::instrument;

#[instrument(record(%card))]
fn charge(card: &spanwright::Secret<String>) {}

fn main() {}
