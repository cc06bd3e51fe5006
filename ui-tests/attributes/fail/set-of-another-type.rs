use spanwright::instrument;

#[derive(spanwright::Attributes)]
struct Order {
    id: u8,
}

#[instrument(fields(..Order = id))]
fn charge(id: u8) {}

fn main() {}
