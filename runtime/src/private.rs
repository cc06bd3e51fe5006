//! What generated code names. Not a public interface: it changes with the macros, whose version is pinned to this
//! crate's.

pub use std::sync::OnceLock;

pub use spanwright_core::catalog::{Subject, span_length, span_record, subject_length, subject_record};
pub use spanwright_core::descriptor::{Buckets, CallSpec, Dimension, Level, SpanKind, Spec, Values};
pub use spanwright_core::events::{UserSpec, UserWriter};
pub use spanwright_core::objective::{CallFamilies, Indicator, Objective};
pub use spanwright_macros::record as record_fields;

pub use crate::attribute::{
    Attribute, AttributeDescriptor, Declared, FieldName, Found, Group, Key, LabelAs, Named, Names,
    check_keys, check_label_names, check_labels, check_names, concatenated, declared, is_taken, key_of,
    label_of, named, names_of, place_of, prefixed_keys, references, under_keys,
};
pub use crate::await_point::{AwaitPoint, await_point};
#[cfg(feature = "telemetry")]
pub use crate::call::{
    AnyOutcome, Beginning, Begun, Block, BlockHandle, Call, CallGuard, Callee, Ends, Fields, Followed,
    FollowedInPlace, FollowedStream, FutureHandedOn, Inside, IsFuture, IsStream, Keeping, NamedFuture,
    NamedHandedOn, NamedStream, OpenSpan, Outside, Probe, Report, ReportGuard, Reporting, ResultLike,
    ResultOutcome, SITES, Site, SpanHandle, Start, StreamHandedOn, TracerState, Verdict, classified,
    error_outcome_chain, error_outcome_debug, error_outcome_display, follow_in_place, follow_reported,
    followed_future, followed_future_as, followed_future_in_box, followed_stream, followed_stream_as,
    followed_stream_in_box, keeping, observe, report_at, report_to, returned_debug, returned_display,
    returned_ok_debug, returned_ok_display, unlabelled, unrecorded,
};
pub use crate::enabled::enabled;
#[cfg(feature = "telemetry")]
pub use crate::entry::{MainOptions, main_async, main_sync};
pub use crate::event::{event_debug, event_display, event_value};
pub use crate::listed::{Listed, listed_attribute, metrics_subject};
pub use crate::metric::role::{self, CallMetrics, Role, no_labels};
pub use crate::metric::{
    Alert, Comparison, Condition, DerivedMetric, FamiliesOf, Interner, Label, LabelText, Labels, Metric,
    MetricDescriptor, NestedMetrics, Panel, PanelKind, Piece, Severity, Threshold, UnknownFamilies, by_kind,
    check_buckets, check_budget, check_flattened, check_heatmap, check_latency, check_name, check_quantile,
    check_quantiles, check_success, check_total, families, global, register_prefixed, trimmed,
};
#[cfg(feature = "telemetry")]
pub use crate::metric::{GLOBALS, Global};
#[cfg(not(feature = "telemetry"))]
pub use crate::off::{
    Beginning, Block, BlockHandle, Fields, OpenSpan, SpanHandle, TracerState, Unreported, bare, report_at,
    report_to, unlabelled, unread, unrecorded, unreported, unswitched,
};
pub use crate::parent::parent;
pub use crate::record::{AttributeValue, Record, RecordDebug, RecordDisplay};
#[cfg(feature = "telemetry")]
pub use crate::testing::{TestOptions, test_async, test_sync};
/// What a metrics struct shows of each of its metrics.
pub type SharedInstrument = std::sync::Arc<crate::registry::Instrument>;
pub use crate::callsite::ConstantText;
pub use crate::{before_future, body, described_attributes, global_metrics};

/// The row-major index of a combination of labels, from that of the labels before and one more of so many values.
#[inline]
pub const fn combined(before: u32, cardinality: usize, own: u32) -> u32 {
    before * cardinality as u32 + own
}

/// A value of type `T` that is never made: it gives an `async` block its type.
pub fn fake<T>() -> T {
    unreachable!("behind `if false`")
}
