//! The `tracing` layer: records other crates' spans beside ours, and keeps the current context right while they are
//! entered.
//!
//! It comes wrapped in a per-layer filter that refuses our own callsites: they record themselves. So interest in one of
//! them other than "never" means that somebody else wants its span.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use spanwright_core::clock;
use spanwright_core::context::{Context, SAMPLED};
use spanwright_core::descriptor::{Level, SpanKind, Spec};
use spanwright_core::ids::{SpanId, TraceId};
use spanwright_core::slots::value::{FieldWriter, Value};
use spanwright_core::slots::{Outcome, SlotHandle, Start};
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Interest, Metadata, Subscriber};
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context as LayerContext, Filter, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The layer to add to a subscriber of one's own, so that other crates' spans are recorded too, and nest with ours.
///
/// [`Telemetry`](crate::Telemetry) installs one by itself where no subscriber is set yet.
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
    SpanLayer { _private: () }.with_filter(OthersOnly { _private: () })
}

/// Records the spans of callsites that are not ours. Made by [`layer`].
#[derive(Debug)]
pub struct SpanLayer {
    _private: (),
}

/// Refuses events, our own callsites, and what the span filter refuses.
#[derive(Debug)]
pub struct OthersOnly {
    _private: (),
}

impl<S> Filter<S> for OthersOnly {
    fn enabled(&self, metadata: &Metadata<'_>, _: &LayerContext<'_, S>) -> bool {
        metadata.is_span()
            && !crate::call::opening_shadow()
            && super::wants(metadata.target(), our_level(*metadata.level()))
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let wanted = metadata.is_span()
            && !crate::call::is_ours(metadata)
            && super::wants(metadata.target(), our_level(*metadata.level()));
        if wanted { Interest::always() } else { Interest::never() }
    }
}

/// What our layer keeps with a foreign span.
struct Foreign {
    context: Context,
    slot: SlotHandle,
}

/// A foreign span that is entered on this thread.
struct EnteredSpan {
    id: Id,
    span_id: SpanId,
    /// The context to go back to.
    before: Context,
}

thread_local! {
    /// The foreign spans entered on this thread, the last one last.
    static ENTERED: RefCell<Vec<EnteredSpan>> = const { RefCell::new(Vec::new()) };
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: LayerContext<'_, S>) {
        let current = Context::current();
        let Some(span) = context.span(id).filter(|_| !current.is_suppressed()) else { return };
        if span.extensions().get::<Foreign>().is_some() {
            // This layer is in the subscriber twice.
            return;
        }
        let explicit = attributes
            .parent()
            .and_then(|parent| context.span(parent))
            .and_then(|parent| parent.extensions().get::<Foreign>().map(|foreign| foreign.context));
        let around = if attributes.is_root() {
            Context { store: current.store, ..Context::NONE }
        } else {
            explicit.unwrap_or(current)
        };
        let foreign = Foreign::open(attributes.metadata(), around);
        let slot = foreign.slot;
        // First the span has its slot, so that a value which panics leaves nothing behind.
        span.extensions_mut().insert(foreign);
        super::write(slot, |writer| attributes.record(&mut Visitor { writer }));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: LayerContext<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let slot = span.extensions().get::<Foreign>().map(|foreign| foreign.slot);
        super::write(slot.unwrap_or_default(), |writer| values.record(&mut Visitor { writer }));
    }

    fn on_enter(&self, id: &Id, context: LayerContext<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(own) = span.extensions().get::<Foreign>().map(|foreign| foreign.context) else { return };
        // While the thread ends there is no way back, and so none there.
        let _ = ENTERED.try_with(|entered| {
            let (span_id, before) = (own.span_id, own.swap());
            entered.borrow_mut().push(EnteredSpan { id: id.clone(), span_id, before });
        });
    }

    fn on_exit(&self, id: &Id, _: LayerContext<'_, S>) {
        let _ = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            let Some(at) = entered.iter().rposition(|span| span.id == *id) else { return };
            let left = entered.remove(at);
            match entered.get_mut(at) {
                // Left out of order: the one entered after it goes back to where this one came from.
                Some(later) => later.before = left.before,
                // Only where this span is the current one: a guard of it may have left the call that it was made in,
                // or be dropped within a later one.
                None if Context::current().span_id == left.span_id => {
                    left.before.swap();
                }
                None => {}
            }
        });
    }

    fn on_close(&self, id: Id, context: LayerContext<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        if let Some(foreign) = span.extensions_mut().remove::<Foreign>() {
            super::finish(foreign.slot, clock::now(), Outcome::Ok);
        }
    }
}

impl Foreign {
    fn open(metadata: &'static Metadata<'static>, around: Context) -> Self {
        let is_root = !around.trace_id.is_some();
        let trace_id = if is_root { TraceId::random() } else { around.trace_id };
        let is_sampled = if is_root { super::samples(trace_id) } else { around.is_sampled() };
        let mut context = Context { trace_id, slot: SlotHandle::NONE, ..around };
        if !is_sampled {
            context.flags &= !SAMPLED;
            if is_root {
                context.span_id = SpanId::random();
            }
            return Self { context, slot: SlotHandle::NONE };
        }
        context.span_id = SpanId::random();
        context.flags |= SAMPLED;
        let (spec, at) = (spec_of(metadata), clock::now());
        context.slot =
            super::open(&Start { spec, trace_id, span_id: context.span_id, parent: around.span_id, at });
        Self { context, slot: context.slot }
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
        Box::leak(Box::new(Spec {
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
        }))
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
struct Visitor<'w, 'a> {
    writer: &'w mut FieldWriter<'a>,
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
