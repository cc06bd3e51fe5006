use spanwright::instrument;

#[instrument(record(?order))]
fn charge<T>(order: T) {}

fn main() {}
