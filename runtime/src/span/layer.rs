//! The `tracing` layer: records other crates' spans beside ours, and keeps the current context right while they are
//! entered.
//!
//! It comes wrapped in a per-layer filter that refuses our own callsites: they record themselves. So interest in one of
//! them other than "never" means that somebody else wants its span.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use spanwright_core::clock;
use spanwright_core::context::Context;
use spanwright_core::descriptor::{Level, SpanKind, Spec};
use spanwright_core::segment::definitions;
use spanwright_core::slots::value::{FieldWriter, Value, index};
use spanwright_core::slots::{self, Outcome, SlotHandle};
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Interest, Metadata, Subscriber};
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context as LayerContext, Filter, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::entered::{enter, exit};
use crate::bridge;
use crate::call::Stage;

/// The layer to add to a subscriber of one's own, so that other crates' spans are recorded too, and nest with ours.
///
/// [`Telemetry`](crate::Telemetry) installs one by itself where no subscriber is set yet.
///
/// An annotated function has a `tracing` span where another layer wants one. In a subscriber in which none does, because
/// of a filter say, `tracing::Span::current()` doesn't know the annotated call: it is the span around it, or none.
/// [`subscriber`](crate::subscriber) wraps a subscriber so that it does know.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// let subscriber = tracing_subscriber::registry().with(spanwright::layer());
/// # drop(subscriber);
/// ```
#[must_use]
pub fn layer<S>() -> Filtered<SpanLayer, OthersOnly, S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    super::lookup::add(context_in::<S>);
    SpanLayer { is_second: AtomicBool::new(false) }.with_filter(OthersOnly { _private: () })
}

/// The context of a span in a subscriber of this type.
fn context_in<S>(id: &Id, dispatch: &Dispatch) -> Option<Context>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    Some(known(&dispatch.downcast_ref::<S>()?.span(id)?)?.context)
}

/// Records the spans of callsites that are not ours. Made by [`layer`].
#[derive(Debug)]
pub struct SpanLayer {
    /// The subscriber has another one, which does the work. Publishes nothing else.
    is_second: AtomicBool,
}

impl SpanLayer {
    /// Whether what comes is for somebody else to deal with: for another layer of ours, or for the call itself.
    fn is_idle(&self) -> bool {
        self.is_second.load(Ordering::Relaxed) || crate::call::stage() == Stage::ByUs
    }
}

/// Refuses our own callsites, and what the filters of spans and events refuse. Where others want the span of one of our
/// callsites, it lets that one through: what is recorded into it is recorded by us too, and its children find their parent.
#[derive(Debug)]
pub struct OthersOnly {
    _private: (),
}

impl OthersOnly {
    fn wants(metadata: &Metadata<'_>) -> bool {
        let level = our_level(*metadata.level());
        if metadata.is_span() {
            super::wants(metadata.target(), level)
        } else {
            super::wants_event(metadata.target(), level)
        }
    }
}

impl<S> Filter<S> for OthersOnly {
    fn enabled(&self, metadata: &Metadata<'_>, _: &LayerContext<'_, S>) -> bool {
        match crate::call::stage() {
            Stage::Asking => false,
            Stage::Opening(..) => true,
            Stage::Idle | Stage::ByUs => Self::wants(metadata),
        }
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let wanted = !crate::call::is_ours(metadata) && Self::wants(metadata);
        if wanted { Interest::always() } else { Interest::never() }
    }
}

/// What our layer keeps with a span.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// The context within the span: the one around it, where we don't record the span.
    pub(super) context: Context,
    /// Where we record the span; none where we don't, whatever slot the context has.
    pub(super) slot: SlotHandle,
    /// There is nothing to end with the span: an annotated call ends by itself.
    is_ours: bool,
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        // Of two in one subscriber, it finds the same one for both.
        let first = subscriber.downcast_ref::<Self>();
        let is_second = first.is_some_and(|first| !std::ptr::eq(first, self));
        self.is_second.store(is_second, Ordering::Relaxed);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: LayerContext<'_, S>) {
        let current = bridge::around(Context::here());
        let Some(span) = context.span(id).filter(|_| !current.is_suppressed()) else { return };
        if known(&span).is_some() {
            // Another layer of ours has been here.
            return;
        }
        if let Stage::Opening(own, slot) = crate::call::stage() {
            slots::share(slot);
            span.extensions_mut().insert(Known { context: own, slot, is_ours: true });
            return;
        }
        let around = around(current, attributes.is_root(), attributes.parent(), &context);
        let known = Known::open(attributes.metadata(), around);
        let slot = known.slot;
        // First the span has its slot, so that a value which panics leaves nothing behind.
        span.extensions_mut().insert(known);
        super::write(slot, |writer| attributes.record(&mut Visitor { writer }));
    }

    fn on_event(&self, event: &Event<'_>, context: LayerContext<'_, S>) {
        let current = bridge::around(Context::here());
        if current.is_suppressed() || self.is_idle() {
            return;
        }
        let around = around(current, event.is_root(), event.parent(), &context);
        if super::records_events(around) {
            let metadata = event.metadata();
            let level = our_level(*metadata.level());
            super::event(around, spec_of(metadata), level, false, |writer| {
                event.record(&mut Visitor { writer })
            });
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: LayerContext<'_, S>) {
        if self.is_idle() {
            return;
        }
        let known = |id| known(&context.span(id)?);
        if let (Some(own), Some(other)) = (known(id), known(follows)) {
            link(own.slot, other.context);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: LayerContext<'_, S>) {
        if self.is_idle() {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let slot = known(&span).map_or(SlotHandle::NONE, |known| known.slot);
        super::write(slot, |writer| values.record(&mut Visitor { writer }));
    }

    fn on_enter(&self, id: &Id, context: LayerContext<'_, S>) {
        if self.is_idle() {
            return;
        }
        let Some(span) = context.span(id) else { return };
        if let Some(known) = known(&span) {
            enter(id, known.context);
        }
    }

    fn on_exit(&self, id: &Id, _: LayerContext<'_, S>) {
        if !self.is_idle() {
            exit(id);
        }
    }

    fn on_close(&self, id: Id, context: LayerContext<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let known = span.extensions_mut().remove::<Known>();
        if let Some(known) = known.filter(|known| !known.is_ours) {
            super::finish(known.slot, clock::now(), Outcome::Ok);
        }
    }
}

/// What our layer keeps with a span.
pub(super) fn known<'a, R: LookupSpan<'a>>(span: &SpanRef<'a, R>) -> Option<Known> {
    span.extensions().get::<Known>().copied()
}

/// Keeps with a span where it was opened, if our layer has not done so.
pub(super) fn remember<'a, R: LookupSpan<'a>>(span: &SpanRef<'a, R>) {
    let context = match crate::call::stage() {
        Stage::Opening(own, _) => own,
        _ => Context::here(),
    };
    if !context.is_suppressed() && known(span).is_none() {
        span.extensions_mut().insert(Known { context, slot: SlotHandle::NONE, is_ours: true });
    }
}

/// The span in `slot` follows from the one of `other`.
pub(super) fn link(slot: SlotHandle, other: Context) {
    if other.span_id.is_some() {
        let link = Value::Link(other.trace_id, other.span_id);
        super::write(slot, |writer| writer.push(index::LINK, link));
    }
}

/// The context that an event is in, for those whose filter refuses every span: beneath [`Answering`](super::Answering), which
/// has made a stated parent the current one.
pub(crate) fn around_event(event: &Event<'_>) -> Context {
    if event.is_root() { Context::NONE } else { bridge::around(Context::here()) }
}

/// The context that a span or event is in: a stated one's, none, or the current one.
fn around<S>(current: Context, is_root: bool, parent: Option<&Id>, context: &LayerContext<'_, S>) -> Context
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    if is_root {
        return Context { store: current.store, ..Context::NONE };
    }
    let stated = parent.and_then(|parent| context.span(parent));
    stated.and_then(|parent| known(&parent)).map_or(current, |known| known.context)
}

impl Known {
    fn open(metadata: &'static Metadata<'static>, around: Context) -> Self {
        let spec = spec_of(metadata);
        let context = super::begin(around, spec, || super::sampler_of(spec), None);
        let slot = context.map_or(SlotHandle::NONE, |context| context.slot);
        Self { context: context.unwrap_or(around), slot, is_ours: false }
    }
}

/// A foreign callsite described as one of ours. Kept for good, once for each callsite.
fn spec_of(metadata: &'static Metadata<'static>) -> &'static Spec {
    static SPECS: RwLock<Option<HashMap<usize, &'static Spec>>> = RwLock::new(None);
    let key = std::ptr::from_ref(metadata) as usize;
    let known = SPECS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(spec) = known.as_ref().and_then(|specs| specs.get(&key)) {
        return spec;
    }
    drop(known);
    let mut specs = SPECS.write().unwrap_or_else(PoisonError::into_inner);
    specs.get_or_insert_default().entry(key).or_insert_with(|| {
        let fields: Vec<&'static str> = metadata.fields().iter().map(|field| field.name()).collect();
        let spec: &'static Spec = Box::leak(Box::new(Spec {
            name: metadata.name(),
            target: metadata.target(),
            level: our_level(*metadata.level()),
            kind: SpanKind::Internal,
            component: "",
            module: metadata.module_path().unwrap_or_default(),
            function: "",
            file: metadata.file().unwrap_or_default(),
            line: metadata.line().unwrap_or_default(),
            fields: fields.leak(),
            doc: "",
            calls: None,
            reports: false,
            objectives: &[],
        }));
        definitions::spec(spec);
        spec
    })
}

fn our_level(level: tracing_core::Level) -> Level {
    match level {
        tracing_core::Level::ERROR => Level::ERROR,
        tracing_core::Level::WARN => Level::WARN,
        tracing_core::Level::INFO => Level::INFO,
        tracing_core::Level::DEBUG => Level::DEBUG,
        tracing_core::Level::TRACE => Level::TRACE,
    }
}

/// Writes `tracing`'s values into a slot.
pub(super) struct Visitor<'w, 'a> {
    pub(super) writer: &'w mut FieldWriter<'a>,
}

impl Visit for Visitor<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.writer.push(field.index() as u16, Value::F64(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.writer.push(field.index() as u16, Value::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.writer.push(field.index() as u16, Value::U64(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.writer.push(field.index() as u16, Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.writer.push(field.index() as u16, Value::Str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.writer.push_fmt(field.index() as u16, format_args!("{value:?}"));
    }
}
