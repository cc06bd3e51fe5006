//! What exporters see of spans and events: plain data.
//!
//! Batches are arenas: heads of a fixed size, and beside them the attributes and texts that the heads name by ranges. So
//! a span costs no allocation of its own on its way to an exporter, and one batch serves all exporters. Exporters read
//! them through [`SpanRef`] and [`EventRef`], which are two references each.
//!
//! [`SpanData`] and [`EventData`] are the same with owned parts, for tests and for whoever keeps spans.

mod arena;
mod event;
mod owned;
mod span;

pub use spanwright_core::descriptor::{Level, SpanKind};
pub use spanwright_core::ids::{SpanId, TraceId};
pub use spanwright_core::slots::Outcome;

pub(crate) use arena::{Arena, Range, Text, Value};
pub use arena::{AttributeRef, Attributes};
pub(crate) use event::EventHead;
pub use event::{EventBatch, EventRef};
pub use owned::{AttributeValue, EventData, SpanData};
pub use span::{Link, SpanBatch, SpanRef, Status, flags};
pub(crate) use span::{SpanHead, StatusHead};

#[cfg(test)]
mod tests;
