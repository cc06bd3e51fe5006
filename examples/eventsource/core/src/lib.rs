//! Event sourcing: event stores, aggregates with snapshots, projections, subscriptions, and buses in memory and over brokers.
//!
//! Every span here comes from an annotation. All components have them by default but projections, and each instance has a
//! switch, `enable_tracing`. Log lines are `tracing` events whose targets are dotted names, `eventsource.stores.sqlite`. All is
//! documented in the README of the example `eventsource`.

pub mod aggregates;
pub mod bus;
pub mod observability;
pub mod projections;
pub mod repositories;
pub mod snapshots;
pub mod stores;
pub mod subscriptions;

mod address;
mod database;
mod error;
mod event;
#[cfg(feature = "postgresql")]
mod postgresql;

pub use address::Address;
pub use database::Database;
pub use error::{BoxError, EventSourceError, HandlerError};
pub use event::{Event, Payload, new_id, now_millis};
#[cfg(feature = "postgresql")]
pub use postgresql::PostgreSQL;
