#![deny(warnings)]

use spanwright::instrument;

use futures_util::stream::{self, BoxStream, StreamExt};

type Charges<'a> = BoxStream<'a, u64>;

#[instrument]
pub fn charges(all: &[u64]) -> Charges<'_> {
    stream::iter(all.iter().copied()).boxed()
}

fn main() {}
