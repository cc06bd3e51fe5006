use spanwright::instrument;

#[instrument(stream)]
fn charges() -> impl Iterator<Item = u64> {
    0..7
}

fn main() {}
