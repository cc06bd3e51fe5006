//! The ordinary `tracing` span beside ours, for other layers that want it; and the event about an error.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use spanwright_core::callsite::SHADOW;
use spanwright_core::descriptor::Level;
use spanwright_core::slots::value::Value;
use tracing_core::callsite::Identifier;
use tracing_core::dispatcher::{self, Dispatch};
use tracing_core::field::{FieldSet, Value as TracingValue, display};
use tracing_core::metadata::LevelFilter;
use tracing_core::span::{Attributes, Id};
use tracing_core::{Callsite, Event, Interest, Kind, Metadata};

use super::outcome::Message;
use super::site::{self, Site, tracing_level};

thread_local! {
    /// Whether this thread is opening a shadow span just now: what `tracing` asks about then is ours.
    static OPENING: Cell<bool> = const { Cell::new(false) };
}

/// Whether `tracing` asks about a shadow span that this thread is opening.
pub(crate) fn opening_shadow() -> bool {
    OPENING.get()
}

/// Whether `metadata` belongs to one of our callsites.
pub(crate) fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && site::is_registered(metadata)
}

fn opening<R>(ask: impl FnMut(&Dispatch) -> R) -> R {
    let before = OPENING.replace(true);
    let answer = dispatcher::get_default(ask);
    OPENING.set(before);
    answer
}

/// Whether a layer wants this span. `bits` has `SHADOW` or `ASK`.
pub(super) fn is_wanted(site: &'static Site, bits: u32) -> bool {
    let metadata = site.tracing_metadata();
    *metadata.level() <= LevelFilter::current()
        && (bits & SHADOW != 0 || opening(|dispatch| dispatch.enabled(metadata)))
}

/// An open `tracing` span. Closed when dropped.
#[derive(Debug)]
pub(super) struct Shadow {
    dispatch: Dispatch,
    id: Id,
}

impl Shadow {
    /// Opens the span with `captured` as its fields.
    pub(super) fn open(site: &'static Site, bits: u32, captured: &Captured) -> Option<Self> {
        let metadata = site.tracing_metadata();
        let mut values: Vec<Option<&dyn TracingValue>> = vec![None; metadata.fields().len()];
        for (index, value) in &captured.values {
            if let Some(place) = values.get_mut(*index) {
                *place = Some(value.as_tracing());
            }
        }
        let values = metadata.fields().value_set_all(&values);
        opening(|dispatch| {
            // Per-layer filters keep their answer only until the next question on this thread, and evaluating the
            // fields may have asked some.
            if bits & SHADOW == 0 && !dispatch.enabled(metadata) {
                return None;
            }
            let id = dispatch.new_span(&Attributes::new(metadata, &values));
            Some(Self { dispatch: dispatch.clone(), id })
        })
    }

    pub(super) fn enter(&self) {
        self.dispatch.enter(&self.id);
    }

    pub(super) fn exit(&self) {
        self.dispatch.exit(&self.id);
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        self.dispatch.try_close(self.id.clone());
    }
}

/// Field values, kept until the span is opened.
#[derive(Debug, Default)]
pub(super) struct Captured {
    values: Vec<(usize, CapturedValue)>,
}

#[derive(Debug)]
enum CapturedValue {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Text(String),
}

impl Captured {
    pub(super) fn push(&mut self, index: usize, value: Value<'_>) {
        let value = match value {
            Value::Bool(value) => CapturedValue::Bool(value),
            Value::I64(value) => CapturedValue::I64(value),
            Value::U64(value) => CapturedValue::U64(value),
            Value::F64(value) => CapturedValue::F64(value),
            Value::Str(value) => CapturedValue::Text(value.into()),
        };
        self.values.push((index, value));
    }
}

impl CapturedValue {
    fn as_tracing(&self) -> &dyn TracingValue {
        match self {
            Self::Bool(value) => value,
            Self::I64(value) => value,
            Self::U64(value) => value,
            Self::F64(value) => value,
            Self::Text(value) => value,
        }
    }
}

/// The event about an error of one callsite, made when its first error is.
#[derive(Debug)]
pub(super) struct ErrorEvents {
    event: OnceLock<&'static ErrorEvent>,
}

#[derive(Debug)]
struct ErrorEvent {
    metadata: OnceLock<Metadata<'static>>,
    /// 0: nobody is interested, 1: sometimes, 2: always. Publishes nothing else.
    interest: AtomicU8,
}

impl ErrorEvents {
    pub(super) const fn new() -> Self {
        Self { event: OnceLock::new() }
    }

    /// Emits an event with the field `error`, as `tracing`'s attribute does, with the callsite's target.
    pub(super) fn emit(&self, site: &'static Site, message: Message<'_>, level: Level) {
        if tracing_level(level) > LevelFilter::current() {
            return;
        }
        let event = self.event.get_or_init(|| ErrorEvent::register(site, level));
        let (Some(metadata), interest) = (event.metadata.get(), event.interest.load(Ordering::Relaxed))
        else {
            return;
        };
        if interest == 0 {
            return;
        }
        dispatcher::get_default(|dispatch| {
            if interest == 2 || dispatch.enabled(metadata) {
                let message = display(message);
                let values = [Some(&message as &dyn TracingValue)];
                dispatch.event(&Event::new(metadata, &metadata.fields().value_set_all(&values)));
            }
        });
    }
}

impl ErrorEvent {
    /// One for each callsite with `err`, kept for good.
    fn register(site: &'static Site, level: Level) -> &'static Self {
        let event: &'static Self =
            Box::leak(Box::new(Self { metadata: OnceLock::new(), interest: AtomicU8::new(1) }));
        let spec = site.spec();
        event.metadata.get_or_init(|| {
            let fields = FieldSet::new(&["error"], Identifier(event));
            let (file, line, module) = (Some(spec.file), Some(spec.line), Some(spec.module));
            let level = tracing_level(level);
            Metadata::new(spec.name, spec.target, level, file, line, module, fields, Kind::EVENT)
        });
        tracing_core::callsite::register(event);
        event
    }
}

impl Callsite for ErrorEvent {
    fn set_interest(&self, interest: Interest) {
        let interest = u8::from(!interest.is_never()) + u8::from(interest.is_always());
        self.interest.store(interest, Ordering::Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        #[allow(clippy::expect_used, reason = "set before the callsite is registered")]
        self.metadata.get().expect("the metadata is set before the callsite is registered")
    }
}
