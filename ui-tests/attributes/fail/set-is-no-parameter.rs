use spanwright::instrument;

#[instrument(fields(..order))]
fn charge(id: u8) {}

fn main() {}
