use spanwright::instrument;

#[instrument(future)]
fn charges() -> impl Iterator<Item = u64> {
    0..7
}

fn main() {}
