#![deny(warnings)]

use std::future::ready;
use std::mem::size_of_val;
use std::panic::UnwindSafe;

use spanwright::{Counter, Metrics, instrument};

struct Order([u8; 1024]);

async fn plain(order: Order, mut count: u64) -> u64 {
    count += u64::from(order.0[0]);
    ready(()).await;
    count + u64::from(order.0[1])
}

#[instrument(record(count), metrics)]
async fn instrumented(order: Order, mut count: u64) -> u64 {
    count += u64::from(order.0[0]);
    ready(()).await;
    count + u64::from(order.0[1])
}

#[derive(Metrics)]
#[metrics(prefix = "small")]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter,
}

#[instrument(record(count), metrics = Shop)]
async fn reported(order: Order, mut count: u64) -> u64 {
    count += u64::from(order.0[0]);
    ready(()).await;
    count + u64::from(order.0[1])
}

fn is_send_and_static<T: Send + 'static>(_: &T) {}
fn is_sync<T: Sync>(_: &T) {}
fn is_unwind_safe<T: UnwindSafe>(_: &T) {}

macro_rules! chain {
    ($name:ident) => {
        #[instrument]
        async fn $name() {
            ready(()).await;
        }
    };
    ($name:ident $next:ident $($rest:ident)*) => {
        #[instrument]
        async fn $name() {
            $next().await;
        }
        chain!($next $($rest)*);
    };
}

chain!(a1 a2 a3 a4 a5 a6 a7 a8 a9 a10);

fn main() {
    let (plain, instrumented) = (plain(Order([0; 1024]), 1), instrumented(Order([0; 1024]), 1));
    let added = size_of_val(&instrumented) - size_of_val(&plain);
    assert!(added <= 200, "{added} bytes added to {}", size_of_val(&plain));
    let reported = reported(Order([0; 1024]), 1);
    let more = size_of_val(&reported) - size_of_val(&instrumented);
    assert!(more <= 40, "{more} bytes more for a report");
    is_send_and_static(&reported);
    is_sync(&reported);
    is_send_and_static(&instrumented);
    is_sync(&plain);
    is_sync(&instrumented);
    is_unwind_safe(&plain);
    // As deep as this without a higher recursion limit; a bare chain of futures may be three times as deep.
    is_send_and_static(&a1());
}
