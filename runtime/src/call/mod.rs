//! What an annotated function does when it is called.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`site`] | the callsite: one `static` per annotated item |
//! | [`active`] | a call that is observed, from its start to its end, on all routes |
//! | [`sync`] and [`future`] | the guard around a body, and the poll-through future |
//! | [`place`] | the future of an `async fn`, whose call stays beside it |
//! | [`within`] | the user's code within a call |
//! | [`made`] and [`stream`] | a future or a stream that a function returns, and what follows a stream |
//! | [`fields`] | where field values go |
//! | [`record`] | fields that are filled in while the body runs |
//! | [`outcome`] | what a returned value means |
//! | [`handed_on`] | futures and streams that would run after the span |
//! | [`block`] | calls of blocks of code, by a struct's own tracer |
//! | [`metrics`] | calls, durations and calls in flight |
//! | [`switched`] | what is decided anew for each call |
//! | [`report`] | the same into metrics of the user's own |
//! | [`shadow`] | the ordinary `tracing` span beside ours |
//!
//! By way of [`body!`](crate::body) the macros emit, for a function, `observe`, `follow_in_place`, a guard, or one of [`made`]'s
//! functions; with a report beside the call `run_reported` or `follow_reported`.

mod active;
mod block;
mod fields;
mod future;
mod handed_on;
mod made;
mod metrics;
mod outcome;
mod place;
#[cfg(feature = "recorder")]
mod polled;
#[cfg(not(feature = "recorder"))]
#[path = "unpolled.rs"]
mod polled;
mod record;
mod report;
mod shadow;
mod site;
mod stream;
mod switched;
mod sync;
#[cfg(feature = "recorder")]
pub(crate) mod times;
mod within;

pub(crate) use block::tracer_names;
pub use block::{Block, BlockHandle, TracerState};
pub use fields::{Fields, unlabelled, unrecorded};
pub use future::{Followed, follow_reported};
pub use handed_on::{FutureHandedOn, NamedHandedOn, StreamHandedOn};
pub use made::{
    IsFuture, IsStream, Keeping, NamedFuture, NamedStream, followed_future, followed_future_as,
    followed_future_in_box, followed_stream, followed_stream_as, followed_stream_in_box, keeping,
};
pub use outcome::{
    AnyOutcome, Probe, ResultLike, ResultOutcome, Verdict, classified, error_outcome_chain,
    error_outcome_debug, error_outcome_display, returned_debug, returned_display, returned_ok_debug,
    returned_ok_display,
};
pub use place::{FollowedInPlace, follow_in_place};
pub use record::{Inside, OpenSpan, Outside, SpanHandle};
pub use report::{Beginning, Begun, Ends, Report, ReportGuard, Reporting, report_at, report_to};
pub(crate) use shadow::{Stage, is_ours, stage};
#[cfg(feature = "catalog")]
pub(crate) use site::records;
pub use site::{SITES, Site};
pub(crate) use site::{metadata_of, refresh_all, register_all, silence_all, specs, tracing_level};
pub use stream::FollowedStream;
pub use switched::Callee;
pub use sync::{Call, CallGuard, Start, observe};
