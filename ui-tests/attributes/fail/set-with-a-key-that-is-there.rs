use spanwright::instrument;

#[derive(spanwright::Attributes)]
struct Order {
    id: u8,
}

#[instrument(record(id), fields(..order))]
fn charge(order: &Order, id: u8) {}

fn main() {}
