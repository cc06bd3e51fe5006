//! Requests: as many items as fit, each in the scope of its target.
//!
//! The requests of all signals have the same shape: `ExportTraceServiceRequest`, `ExportLogsServiceRequest` and
//! `ExportMetricsServiceRequest` differ in names and in what the innermost message is. Sources: `trace_service.proto`,
//! `logs_service.proto`, `metrics_service.proto`, `trace.proto`, `logs.proto` and `common.proto` of
//! [opentelemetry-proto](https://github.com/open-telemetry/opentelemetry-proto) 1.9.

use std::borrow::Cow;

use crate::export::protobuf::{Likely, bytes, message, text};

// Field numbers, named by message and field: `RESOURCE` is `ResourceSpans` and its kin, `SCOPE` is `ScopeSpans` and its
// kin.
const REQUEST_RESOURCE: u32 = 1;
const RESOURCE_RESOURCE: u32 = 1;
const RESOURCE_SCOPES: u32 = 2;
const SCOPE_SCOPE: u32 = 1;
const SCOPE_ITEMS: u32 = 2;
const INSTRUMENTATION_SCOPE_NAME: u32 = 1;
const INSTRUMENTATION_SCOPE_VERSION: u32 = 2;

/// What a signal consists of.
pub(super) trait Item: Copy {
    /// What several of them are called in messages.
    const PLURAL: &'static str;
    /// The method that takes them over gRPC.
    #[cfg_attr(not(feature = "grpc"), allow(dead_code, reason = "named by gRPC alone"))]
    const GRPC_METHOD: &'static str;
    /// The version of the scope.
    const SCOPE_VERSION: &'static str = "";

    /// The name of the scope.
    fn target(&self) -> &str;

    /// Writes the content of a message that has the first of `items`, and as many of those after it as share the message
    /// while `fits` says so of what is written; how many those are.
    fn write(items: &[Self], out: &mut Vec<u8>, fits: impl Fn(&[u8]) -> bool) -> usize;
}

/// The items ordered by target, since a scope is written once in a request; a stable sort keeps the order within it.
pub(super) fn by_target<T: Item>(items: &[T]) -> Cow<'_, [T]> {
    if items.is_sorted_by(|one, other| one.target() <= other.target()) {
        return Cow::Borrowed(items);
    }
    let mut items: Vec<_> = items.iter().map(|item| (item.target(), *item)).collect();
    items.sort_by_key(|(target, _)| *target);
    items.into_iter().map(|(_, item)| item).collect()
}

/// Replaces `out` with a request that has the first of `items`, as many as fit into `limit` bytes but one at least, and
/// gives back how many those are. Neighbours with the same target share a scope.
pub(super) fn request<T: Item>(out: &mut Vec<u8>, resource: &[u8], items: &[T], limit: usize) -> usize {
    out.clear();
    let mut taken = 0;
    message(out, REQUEST_RESOURCE, Likely::Large, |out| {
        bytes(out, RESOURCE_RESOURCE, resource);
        while let Some(first) = items.get(taken) {
            let before = out.len();
            let start = taken;
            message(out, RESOURCE_SCOPES, Likely::Large, |out| {
                message(out, SCOPE_SCOPE, Likely::Small, |out| {
                    text(out, INSTRUMENTATION_SCOPE_NAME, first.target());
                    text(out, INSTRUMENTATION_SCOPE_VERSION, T::SCOPE_VERSION);
                });
                taken += scope_items(out, &items[start..], limit, start == 0);
            });
            if taken == start {
                out.truncate(before);
                break;
            }
        }
    });
    taken
}

/// Writes as many of the first target's items as fit; the first in any case, where it is `needed`.
fn scope_items<T: Item>(out: &mut Vec<u8>, items: &[T], limit: usize, needed: bool) -> usize {
    // The lengths of the messages around may still grow by these bytes.
    const SLACK: usize = 8;
    let target = items.first().map_or("", T::target);
    let fits = |out: &[u8]| out.len() + SLACK <= limit;
    let mut taken = 0;
    while items.get(taken).is_some_and(|item| item.target() == target) {
        let before = out.len();
        let mut written = 0;
        message(out, SCOPE_ITEMS, Likely::Medium, |out| written = T::write(&items[taken..], out, fits));
        let must = needed && taken == 0;
        if !must && !fits(out) {
            out.truncate(before);
            break;
        }
        taken += written;
    }
    taken
}
