//! What an annotated function does when it is called.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`site`] | the callsite: one `static` per annotated item |
//! | [`active`] | a call that is observed, from its start to its end, on all routes |
//! | [`sync`] and [`future`] | the guard around a body, and the poll-through future |
//! | [`fields`] | where field values go |
//! | [`record`] | fields that are filled in while the body runs |
//! | [`outcome`] | what a returned value means |
//! | [`metrics`] | calls, durations and calls in flight |
//! | [`report`] | the same into metrics of the user's own |
//! | [`shadow`] | the ordinary `tracing` span beside ours |
//!
//! The macros emit one call into this module per function, `Call::enter(…)` or `Call::open(…)`, by way of [`body!`](crate::body).

mod active;
mod fields;
mod future;
mod metrics;
mod outcome;
mod record;
mod report;
mod shadow;
mod site;
mod sync;

pub use fields::Fields;
pub use future::{Followed, follow, follow_reported};
pub use outcome::{
    AnyOutcome, Probe, ResultLike, ResultOutcome, Verdict, classified, error_outcome_chain,
    error_outcome_debug, error_outcome_display, returned_debug, returned_display, returned_ok_debug,
    returned_ok_display,
};
pub use record::{Inside, OpenSpan, Outside, SpanHandle};
pub use report::{Beginning, Begun, Ends, Report, ReportGuard, Reporting, report_at, report_to};
pub(crate) use shadow::{Stage, is_ours, stage};
pub use site::{SITES, Site};
pub(crate) use site::{metadata_of, refresh_all, register_all, silence_all, tracing_level};
pub use sync::{Call, CallGuard};
