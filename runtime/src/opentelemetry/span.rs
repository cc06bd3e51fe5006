//! A span of theirs, in a slot of ours.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanContext, SpanKind as TheirKind, Status};
use opentelemetry::{KeyValue, Value as TheirValue};
use spanwright_core::clock::{Ticks, Wall};
use spanwright_core::context::Context;
use spanwright_core::descriptor::{Level, SpanKind, Spec};
use spanwright_core::slots::value::{FieldWriter, Value, index};
use spanwright_core::slots::{Outcome, SlotHandle};

use super::{convert, open};
use crate::span;

/// A span that was opened by a tracer of theirs. It ends when it is dropped, unless it has ended before.
#[derive(Debug)]
pub(super) struct Span {
    /// Its slot is none where it is not recorded, and from its end on.
    context: Context,
    span_context: SpanContext,
    spec: &'static Spec,
    scope: Option<String>,
    outcome: Outcome,
    /// Its status is final.
    is_ok: bool,
    /// The ids are its own; else those of the span around it.
    is_own: bool,
}

impl Span {
    pub(super) fn open(
        context: Context,
        span_context: SpanContext,
        spec: &'static Spec,
        scope: Option<&str>,
    ) -> Self {
        open::insert(context);
        let scope = scope.map(str::to_owned);
        Self { context, span_context, spec, scope, outcome: Outcome::Ok, is_ok: false, is_own: true }
    }

    /// Stands for the span around it, and records nothing.
    pub(super) fn passing(around: Context, span_context: SpanContext, spec: &'static Spec) -> Self {
        let context = Context { slot: SlotHandle::NONE, ..around };
        let outcome = Outcome::Ok;
        Self { context, span_context, spec, scope: None, outcome, is_ok: false, is_own: false }
    }

    pub(super) fn event(&self, name: &str, time: SystemTime, attributes: &[KeyValue]) {
        if !self.context.slot.is_some() || !span::records_events(self.context) {
            return;
        }
        let at = ticks_of(&Wall::now(), time);
        span::event_at(self.context, self.spec, Level::INFO, false, at, |fields| {
            fields.push(index::NAME, Value::Str(name));
            if let Some(scope) = &self.scope {
                fields.push(index::SCOPE, Value::Str(scope));
            }
            attributes.iter().for_each(|attribute| write_attribute(fields, attribute));
        });
    }

    fn write(&self, write: impl FnOnce(&mut FieldWriter<'_>)) {
        span::write(self.context.slot, write);
    }

    fn finish(&mut self, at: impl FnOnce() -> Ticks) {
        if self.context.slot.is_some() {
            span::finish(self.context.slot, at(), self.outcome);
            self.context.slot = SlotHandle::NONE;
            // It may still be current, and have children; but no events.
            open::insert(self.context);
        }
    }
}

impl opentelemetry::trace::Span for Span {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        self.event(&name.into(), timestamp, &attributes);
    }

    fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    fn is_recording(&self) -> bool {
        self.context.slot.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.write(|fields| write_attribute(fields, &attribute));
    }

    /// "Ok" is final, and "unset" changes nothing: <https://opentelemetry.io/docs/specs/otel/trace/api/#set-status>.
    fn set_status(&mut self, status: Status) {
        let description = match &status {
            _ if self.is_ok => return,
            Status::Unset => return,
            Status::Ok => None,
            Status::Error { description } => Some(description),
        };
        self.is_ok = description.is_none();
        self.outcome = if self.is_ok { Outcome::Ok } else { Outcome::Error };
        self.write(|fields| {
            fields.push(index::STATUS, Value::Bool(description.is_none()));
            if let Some(description) = description {
                fields.push(index::STATUS_MESSAGE, Value::Str(description));
            }
        });
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.write(|fields| fields.push(index::NAME, Value::Str(&name.into())));
    }

    fn add_link(&mut self, to: SpanContext, _: Vec<KeyValue>) {
        self.write(|fields| write_link(fields, &to));
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.finish(|| ticks_of(&Wall::now(), timestamp));
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.finish(spanwright_core::clock::now);
        if self.is_own {
            open::remove(self.context.span_id);
        }
    }
}

pub(super) fn write_attribute(fields: &mut FieldWriter<'_>, attribute: &KeyValue) {
    let key = attribute.key.as_str();
    match &attribute.value {
        TheirValue::Bool(value) => fields.push_keyed(key, Value::Bool(*value)),
        TheirValue::I64(value) => fields.push_keyed(key, Value::I64(*value)),
        TheirValue::F64(value) => fields.push_keyed(key, Value::F64(*value)),
        TheirValue::String(value) => fields.push_keyed(key, Value::Str(value.as_str())),
        // Arrays, and what else there will be.
        value => fields.push_keyed_fmt(key, format_args!("{value}")),
    }
}

pub(super) fn write_link(fields: &mut FieldWriter<'_>, to: &SpanContext) {
    if to.is_valid() {
        let link = Value::Link(convert::trace_id(to.trace_id()), convert::span_id(to.span_id()));
        fields.push(index::LINK, link);
    }
}

pub(super) fn kind_of(kind: &TheirKind) -> SpanKind {
    match kind {
        TheirKind::Client => SpanKind::Client,
        TheirKind::Server => SpanKind::Server,
        TheirKind::Producer => SpanKind::Producer,
        TheirKind::Consumer => SpanKind::Consumer,
        TheirKind::Internal => SpanKind::Internal,
    }
}

/// The counter at a time of the system's clock.
pub(super) fn ticks_of(wall: &Wall, time: SystemTime) -> Ticks {
    let unix = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    wall.ticks(u64::try_from(unix.as_nanos()).unwrap_or(u64::MAX))
}
