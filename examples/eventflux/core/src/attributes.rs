//! What spans of the processor are called about, as constants.

use spanwright::Attribute;

/// A query's identifier.
pub const ATTR_QUERY_ID: Attribute<str> = Attribute::new("query.id");
/// The name of the stream that is read.
pub const ATTR_STREAM_NAME: Attribute<str> = Attribute::new("stream.name");
/// How many events were processed.
pub const ATTR_EVENT_COUNT: Attribute<i64> = Attribute::new("event.count");
/// How a window is cut: `tumbling`, `sliding`.
pub const ATTR_WINDOW_TYPE: Attribute<str> = Attribute::new("window.type");
/// How long a window of time is, in milliseconds.
pub const ATTR_WINDOW_DURATION: Attribute<i64> = Attribute::new("window.duration_ms");
/// How many events a window of a count has.
pub const ATTR_WINDOW_EVENTS: Attribute<i64> = Attribute::new("window.events");
/// What kind of processor it is: `filter`, `window`, `join`, `aggregator`.
pub const ATTR_PROCESSOR_TYPE: Attribute<str> = Attribute::new("processor.type");
/// How often it was tried again.
pub const ATTR_RETRY_COUNT: Attribute<i64> = Attribute::new("retry.count");
/// What went wrong, in words.
pub const ATTR_ERROR_DETAILS: Attribute<str> = Attribute::new("error.details");
