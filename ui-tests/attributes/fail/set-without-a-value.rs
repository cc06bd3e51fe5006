use spanwright::instrument;

#[instrument(fields(..Order =, ..))]
fn charge(id: u8) {}

fn main() {}
