use spanwright::instrument;

use futures_util::stream::{Stream, empty};

#[instrument(ret)]
fn charges() -> impl Stream<Item = u64> {
    empty()
}

fn main() {}
