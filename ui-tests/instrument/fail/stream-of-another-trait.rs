use spanwright::instrument;

trait Stream {
    type Item;
}

impl Stream for u64 {
    type Item = u64;
}

#[instrument]
fn charges() -> impl Stream<Item = u64> {
    7
}

fn main() {}
