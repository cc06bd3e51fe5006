use spanwright::instrument;

#[instrument(err)]
fn orders() -> impl Iterator<Item = u64> {
    std::iter::once(7)
}

fn main() {}
