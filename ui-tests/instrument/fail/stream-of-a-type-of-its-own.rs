use spanwright::instrument;

use futures_util::stream::{Iter, iter};

#[instrument(stream)]
fn charges() -> Iter<std::ops::Range<u64>> {
    iter(0..7)
}

fn main() {}
