#![deny(warnings)]

use spanwright::instrument;

use std::pin::Pin;

type Reply = Pin<Box<dyn Future<Output = u64> + Send>>;

async fn later() -> u64 {
    7
}

#[instrument]
pub fn charge() -> Reply {
    let reply = later();
    Box::pin(reply)
}

fn main() {}
