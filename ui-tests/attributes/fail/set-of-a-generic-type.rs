use spanwright::{Attributes, instrument};

#[instrument(fields(..order))]
fn charge<T: Attributes>(order: &T) {}

fn main() {}
