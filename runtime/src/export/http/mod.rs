//! What exporters that send over HTTP have in common.
//!
//! | Module | Does |
//! | --- | --- |
//! | `settings` | endpoints and headers, as they are written to what can be sent |
//! | `sender` | sends a body, and again where that can help |
//! | `repeat` | when to send again |
//! | `retry_after` | reads when to come back |
//! | `secrets` | how messages speak of endpoints and answers |
//!
//! Invariants:
//! - header values are secrets: no message and no `Debug` text has one, or what an endpoint's URL has beside scheme,
//!   host and the plain words of its path;
//! - nothing here is asynchronous, and nothing logs: all that goes wrong is in the returned error.

#[cfg(all(test, feature = "zipkin"))]
pub(in crate::export) mod receiver;
mod repeat;
mod retry_after;
mod secrets;
#[cfg(feature = "zipkin")]
mod sender;
#[cfg(feature = "zipkin")]
mod settings;

#[cfg(feature = "otlp")]
pub(in crate::export) use repeat::backoff;
#[cfg(feature = "otlp")]
pub(in crate::export) use retry_after::retry_after;
#[cfg(feature = "otlp")]
pub(in crate::export) use secrets::quote;
pub(in crate::export) use secrets::without_secrets;
#[cfg(feature = "zipkin")]
pub(in crate::export) use sender::{MAX_REQUEST, SendError, Sender};
#[cfg(feature = "zipkin")]
pub(in crate::export) use settings::SettingsError;
