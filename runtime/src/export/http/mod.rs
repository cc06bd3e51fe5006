//! What exporters that send over HTTP have in common.
//!
//! | Module | Does |
//! | --- | --- |
//! | `settings` | endpoints and headers, as they are written to what can be sent |
//! | `sender` | sends a body, and again where that can help |
//! | `retry_after` | reads when to come back |
//!
//! Invariants:
//! - header values are secrets: no message and no `Debug` text has one, or what an endpoint's URL has beside scheme,
//!   host and path;
//! - nothing here is asynchronous, and nothing logs: all that goes wrong is in the returned error.

#[cfg(test)]
pub(in crate::export) mod receiver;
mod retry_after;
mod sender;
mod settings;

pub(in crate::export) use sender::{MAX_REQUEST, SendError, Sender, after};
pub(in crate::export) use settings::{SettingsError, without_secrets};
