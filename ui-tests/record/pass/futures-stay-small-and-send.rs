#![deny(warnings)]

use std::future::ready;
use std::mem::size_of_val;

use spanwright::{instrument, record};

struct Order([u8; 1024]);

#[instrument(fields(count = Empty))]
async fn without(order: Order, mut count: u64) -> u64 {
    count += u64::from(order.0[0]);
    ready(()).await;
    count + u64::from(order.0[1])
}

#[instrument(fields(count = Empty))]
async fn with(order: Order, mut count: u64) -> u64 {
    count += u64::from(order.0[0]);
    record!(count = count);
    ready(()).await;
    record!(count = count + u64::from(order.0[1]));
    count + u64::from(order.0[1])
}

fn is_send_and_static<T: Send + 'static>(_: &T) {}
fn is_sync<T: Sync>(_: &T) {}

fn main() {
    let (without, with) = (without(Order([0; 1024]), 1), with(Order([0; 1024]), 1));
    let added = size_of_val(&with) - size_of_val(&without);
    assert!(added <= 64, "{added} bytes added to {}", size_of_val(&without));
    is_send_and_static(&with);
    is_sync(&with);
}
