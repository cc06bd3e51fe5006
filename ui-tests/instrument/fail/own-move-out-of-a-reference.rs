use spanwright::instrument;

#[instrument(record(order))]
fn charge(order: &String) -> String {
    *order
}

fn main() {}
