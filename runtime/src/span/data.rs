//! A finished span as exporters see it: plain data, read from its slot.

use std::borrow::Cow;

use spanwright_core::clock::Wall;
pub use spanwright_core::ids::{SpanId, TraceId};
pub use spanwright_core::slots::Outcome;
use spanwright_core::slots::SpanView;
use spanwright_core::slots::value::{ERROR_TYPE, OwnedValue, STATUS_MESSAGE};

/// A finished span.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanData {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span around it; [`SpanId::NONE`] for a root.
    pub parent: SpanId,
    /// Its name.
    pub name: Cow<'static, str>,
    /// What its callsite's filter matches: the instrumentation scope.
    pub target: &'static str,
    /// When it started, in nanoseconds since the Unix epoch.
    pub start_unix_nanos: u64,
    /// When it ended, in nanoseconds since the Unix epoch; never before the start.
    pub end_unix_nanos: u64,
    /// How it ended; all but [`Outcome::Ok`] set the status to error.
    pub outcome: Outcome,
    /// What the error said, where there was one and it was to be recorded.
    pub status_message: Option<String>,
    /// Its attributes, in the order of their recording; a key stands at most once, with its last value.
    pub attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    /// Attributes that did not fit.
    pub dropped_attributes: u32,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A boolean.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// A floating-point number.
    F64(f64),
    /// Text.
    Str(Cow<'static, str>),
}

impl SpanData {
    /// Reads a finished span; `wall` tells the time.
    pub(crate) fn read(view: &SpanView<'_>, wall: &Wall) -> Self {
        let spec = view.start.spec;
        let start_unix_nanos = wall.unix_nanos(view.start.at);
        let duration = view.end.map_or(0, |end| end.nanos_since(view.start.at));
        let mut span = Self {
            trace_id: view.start.trace_id,
            span_id: view.start.span_id,
            parent: view.start.parent,
            name: Cow::Borrowed(spec.name),
            target: spec.target,
            start_unix_nanos,
            end_unix_nanos: start_unix_nanos + duration,
            outcome: view.outcome,
            status_message: None,
            attributes: Vec::with_capacity(spec.fields.len() + 4),
            dropped_attributes: view.dropped_fields.into(),
        };
        for field in view.fields {
            match (field.index, field.value) {
                (STATUS_MESSAGE, OwnedValue::Str(message)) => span.status_message = Some(message),
                (ERROR_TYPE, value) => span.set("error.type", value),
                (index, value) => {
                    if let Some(name) = spec.fields.get(usize::from(index)) {
                        span.set(name, value);
                    }
                }
            }
        }
        span.add_code_attributes(spec);
        span
    }

    fn add_code_attributes(&mut self, spec: &'static spanwright_core::descriptor::Spec) {
        if matches!(self.outcome, Outcome::Cancelled | Outcome::Panicked)
            && !self.attributes.iter().any(|(key, _)| key == "error.type")
        {
            self.set("error.type", OwnedValue::Str(self.outcome.as_str().into()));
        }
        if !spec.file.is_empty() {
            let place = AttributeValue::Str(Cow::Borrowed(spec.file));
            self.attributes.push((Cow::Borrowed("code.file.path"), place));
            self.attributes.push((Cow::Borrowed("code.line.number"), AttributeValue::I64(spec.line.into())));
        }
    }

    fn set(&mut self, key: &'static str, value: OwnedValue) {
        let value = match value {
            OwnedValue::Bool(value) => AttributeValue::Bool(value),
            OwnedValue::I64(value) => AttributeValue::I64(value),
            // OTLP has no unsigned integers: what does not fit is written out.
            OwnedValue::U64(value) => i64::try_from(value)
                .map_or_else(|_| AttributeValue::Str(value.to_string().into()), AttributeValue::I64),
            OwnedValue::F64(value) => AttributeValue::F64(value),
            OwnedValue::Str(value) => AttributeValue::Str(value.into()),
        };
        match self.attributes.iter_mut().find(|(its_key, _)| its_key == key) {
            Some((_, its_value)) => *its_value = value,
            None => self.attributes.push((Cow::Borrowed(key), value)),
        }
    }
}
