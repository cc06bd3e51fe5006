#![deny(warnings)]

use spanwright::instrument;

type Reply = Box<dyn Future<Output = u64> + Send + Unpin>;

#[instrument]
pub fn charge() -> Reply {
    Box::new(std::future::ready(7))
}

fn main() {}
