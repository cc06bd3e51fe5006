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
//! A test has a trace and a store of metrics of its own: spans within it belong to its trace, and counters begin at zero. What
//! runs elsewhere belongs to it as it would to a span: through `InContext`, `spawn` and `spawn_thread`; on the threads of
//! the test's own Tokio runtime it does so by itself.
//!
//! All tests of a process share one pipeline, which reads no environment, takes spans and events of all levels, sends nothing anywhere,
//! and lives as long as the process. A test that fails shows what it has recorded.

mod captured;
mod found;
mod run;

pub use captured::Captured;
pub use found::{CapturedEvent, CapturedMetric, CapturedSpan};
#[doc(hidden)]
pub use run::{TestOptions, test_async, test_sync};
