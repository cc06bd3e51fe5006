//! Telemetry of a test: what it did, and nothing of what other tests do beside it.
//!
//! ```
//! use spanwright::testing::Captured;
//! use spanwright::{Counter, Metrics, instrument};
//!
//! #[derive(Metrics)]
//! #[metrics(prefix = "shop")]
//! struct Shop {
//!     /// Orders that were placed.
//!     orders_total: Counter,
//! }
//!
//! #[instrument(record(order), err)]
//! async fn place(order: u64) -> Result<u64, std::fmt::Error> {
//!     Shop::global().orders_total.inc();
//!     order.checked_sub(1).ok_or(std::fmt::Error)
//! }
//!
//! #[spanwright::test]
//! async fn an_order_can_be_refused(telemetry: Captured) {
//!     place(0).await.unwrap_err();
//!     telemetry.span("place").has("order", 0).failed();
//!     telemetry.metric("shop_orders_total", &[]).is(1.0);
//! }
//! # fn main() {}
//! ```
//!
//! A test has a trace and a store of its own: spans within it belong to its trace, and counters begin at zero. What begins in its
//! store is the test's whatever its parent is, another service's or `None`; and so is what a server does of which the test
//! asks something over the network, with the test's trace in its headers.
//!
//! What runs elsewhere belongs to it as it would to a span: through [`InContext`](crate::InContext), `spawn`,
//! `spawn_blocking` and [`spawn_thread`](crate::spawn_thread), and [`Context::attach`](crate::Context::attach) for all else.
//! What the test's own Tokio runtime runs belongs to it by itself, right under the test. Nobody's, and not seen, is what runs
//! on a bare `std::thread`, on a pool that is older than the test (that of `rayon`, say), or on another runtime; and what has
//! not ended when it is asked for.
//!
//! All tests of a process share one pipeline, which reads no environment, takes spans and events of all levels, sends nothing anywhere,
//! and lives as long as the process. Who records much waits for it now and then, so that a busy test takes nothing from
//! another. A test that fails shows what it has recorded, and what of it there was no room for.

mod captured;
mod found;
mod recorded;
mod run;

pub use captured::Captured;
pub use found::{CapturedEvent, CapturedMetric, CapturedSpan};
pub(crate) use recorded::{event_written, make_room, span_opened};
#[doc(hidden)]
pub use run::{TestOptions, test_async, test_sync};
