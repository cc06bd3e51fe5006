//! Spans as the JSON of a request: an array of Zipkin's spans.

use std::fmt;

use super::remote;
use crate::config::Shown;
use crate::export::json::{self, Object};
use crate::span::{AttributeRef, EventRef, SpanKind, SpanRef, Status};

const SERVICE_NAME: &str = "service.name";
const SCOPE_NAME: &str = "otel.scope.name";
const STATUS_CODE: &str = "otel.status_code";
/// To Zipkin, every span with this tag failed, whatever it says.
const ERROR: &str = "error";
const DROPPED_ATTRIBUTES: &str = "otel.dropped_attributes_count";
const DROPPED_EVENTS: &str = "otel.dropped_events_count";
const DROPPED_LINKS: &str = "otel.dropped_links_count";
/// Tags that say what is a span's own; attributes with these names are left out.
const OWN_TAGS: [&str; 6] =
    [SCOPE_NAME, STATUS_CODE, ERROR, DROPPED_ATTRIBUTES, DROPPED_EVENTS, DROPPED_LINKS];

/// Writes requests, into a buffer that is kept for its capacity.
pub(super) struct Writer {
    service_name: String,
    /// Tags of every span, each key once.
    resource: Vec<(String, String)>,
    request: String,
    /// An annotation's text: JSON within a JSON text.
    annotation: String,
}

impl Writer {
    pub(super) fn new(service_name: String, resource: Vec<(String, String)>) -> Self {
        let mut writer =
            Self { service_name, resource: Vec::new(), request: String::new(), annotation: String::new() };
        for (key, value) in resource {
            if key == SERVICE_NAME {
                if writer.service_name.is_empty() {
                    writer.service_name = value;
                }
            } else if !OWN_TAGS.contains(&&*key) {
                writer.resource.retain(|(its, _)| *its != key);
                writer.resource.push((key, value));
            }
        }
        if writer.service_name.is_empty() {
            writer.service_name = "unknown_service".to_owned();
        }
        writer
    }

    /// A request that has the first of `spans`, as many as fit into `limit` bytes but one at least, and how many those
    /// are.
    pub(super) fn request(&mut self, spans: &[SpanRef<'_>], limit: usize) -> (&str, usize) {
        let Self { service_name, resource, request, annotation } = self;
        request.clear();
        let mut taken = 0;
        for one in spans {
            let before = request.len();
            request.push(if taken == 0 { '[' } else { ',' });
            json::object(request, |object| span(object, one, service_name, resource, annotation));
            // The closing bracket is still to come.
            if taken > 0 && request.len() + 1 > limit {
                request.truncate(before);
                break;
            }
            taken += 1;
        }
        request.push_str(if taken == 0 { "[]" } else { "]" });
        (request, taken)
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("service_name", &self.service_name)
            .field("resource", &Shown(&self.resource))
            .finish_non_exhaustive()
    }
}

fn span(
    object: &mut Object<'_>,
    span: &SpanRef<'_>,
    service_name: &str,
    resource: &[(String, String)],
    annotation: &mut String,
) {
    object.quoted("traceId", span.trace_id());
    object.quoted("id", span.span_id());
    if span.parent().is_some() {
        object.quoted("parentId", span.parent());
    }
    if !span.name().is_empty() {
        object.text("name", span.name());
    }
    if let Some(kind) = kind(span.kind()) {
        object.text("kind", kind);
    }
    let nanos = span.end_unix_nanos().saturating_sub(span.start_unix_nanos());
    object.bare("timestamp", span.start_unix_nanos() / 1000);
    // Zipkin takes a duration of zero for an unknown one.
    object.bare("duration", (nanos / 1000).max(1));
    object.object("localEndpoint", |endpoint| endpoint.text("serviceName", service_name));
    object.object("remoteEndpoint", |endpoint| remote::write(endpoint, span));
    object.array("annotations", span.events(), |out, event| {
        annotation.clear();
        annotation_text(annotation, event);
        json::object(out, |object| {
            object.bare("timestamp", event.unix_nanos() / 1000);
            object.text("value", annotation);
        });
    });
    object.object("tags", |tags| {
        write_tags(tags, span);
        let attributes = || span.attributes().map(|(key, _)| key);
        for (key, value) in resource.iter().filter(|(key, _)| !attributes().any(|its| its == key)) {
            tags.text(key, value);
        }
    });
}

/// What is within one process has none.
fn kind(kind: SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Internal => None,
        SpanKind::Server => Some("SERVER"),
        SpanKind::Client => Some("CLIENT"),
        SpanKind::Producer => Some("PRODUCER"),
        SpanKind::Consumer => Some("CONSUMER"),
    }
}

fn write_tags(tags: &mut Object<'_>, span: &SpanRef<'_>) {
    for (key, value) in span.attributes().filter(|(key, _)| !OWN_TAGS.contains(key)) {
        match value {
            AttributeRef::Str(value) => tags.text(key, value),
            AttributeRef::Bool(value) => tags.quoted(key, value),
            AttributeRef::I64(value) => tags.quoted(key, value),
            AttributeRef::F64(value) => tags.quoted(key, format_args!("{value:?}")),
        }
    }
    status(tags, span.status());
    if !span.target().is_empty() {
        tags.text(SCOPE_NAME, span.target());
    }
    for (tag, dropped) in [
        (DROPPED_ATTRIBUTES, span.dropped_attributes()),
        (DROPPED_EVENTS, span.dropped_events()),
        (DROPPED_LINKS, span.dropped_links()),
    ] {
        if dropped > 0 {
            tags.quoted(tag, dropped);
        }
    }
}

fn status(tags: &mut Object<'_>, status: Status<'_>) {
    match status {
        Status::Unset => {}
        Status::Ok => tags.text(STATUS_CODE, "OK"),
        Status::Error(said) => {
            tags.text(STATUS_CODE, "ERROR");
            tags.text(ERROR, said);
        }
    }
}

/// Output: `"cache miss":{"key":"a","size":3}`.
fn annotation_text(out: &mut String, event: EventRef<'_>) {
    json::text(out, event.name());
    out.push(':');
    json::object(out, |attributes| {
        for (key, value) in event.attributes() {
            match value {
                AttributeRef::Str(value) => attributes.text(key, value),
                AttributeRef::Bool(value) => attributes.bare(key, value),
                AttributeRef::I64(value) => attributes.bare(key, value),
                AttributeRef::F64(value) => attributes.float(key, value),
            }
        }
    });
}

#[cfg(test)]
mod tests;
