//! The ordinary `tracing` span beside ours, for other layers that want it; and the event about an error.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use spanwright_core::callsite::SHADOW;
use spanwright_core::context::Context;
use spanwright_core::descriptor::Level;
use spanwright_core::ids::SpanId;
use spanwright_core::kept::Kept;
use spanwright_core::slots::SlotHandle;
use spanwright_core::slots::value::Value;
use tracing_core::callsite::Identifier;
use tracing_core::dispatcher::{self, Dispatch};
use tracing_core::field::{DisplayValue, FieldSet, Value as TracingValue, display};
use tracing_core::metadata::LevelFilter;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Callsite, Event, Interest, Kind, Metadata};

use super::outcome::Message;
use super::site::{self, Site, tracing_level};
use crate::parent::{Of, Parent, Their};

/// What this thread is doing with `tracing` on behalf of an annotated call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    /// Nothing: what comes is somebody else's.
    Idle,
    /// It asks whether others want the span.
    Asking,
    /// They do: the span is opened, for a call within this context, with this slot of its own, if any.
    Opening(Context, SlotHandle),
    /// It enters, leaves or records what our own route has already.
    ByUs,
}

thread_local! {
    static STAGE: Cell<Stage> = const { Cell::new(Stage::Idle) };
}

/// What this thread is doing with `tracing` on behalf of an annotated call.
pub(crate) fn stage() -> Stage {
    STAGE.try_with(Cell::get).unwrap_or(Stage::Idle)
}

fn during<R>(stage: Stage, act: impl FnOnce() -> R) -> R {
    /// Goes back also when somebody's layer panics.
    struct Back(Stage);
    impl Drop for Back {
        fn drop(&mut self) {
            let _ = STAGE.try_with(|current| current.set(self.0));
        }
    }
    let _back = Back(STAGE.try_with(|current| current.replace(stage)).unwrap_or(Stage::Idle));
    act()
}

/// Does what our own route has already.
pub(crate) fn by_us<R>(act: impl FnOnce() -> R) -> R {
    during(Stage::ByUs, act)
}

/// Whether `metadata` belongs to one of our callsites.
pub(crate) fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && site::is_registered(metadata)
}

/// Whether a layer wants this span. `bits` has `SHADOW` or `ASK`.
#[inline(never)]
pub(super) fn is_wanted(site: &'static Site, bits: u32) -> bool {
    let metadata = site.tracing_metadata();
    *metadata.level() <= LevelFilter::current()
        && (bits & SHADOW != 0
            || during(Stage::Asking, || dispatcher::get_default(|dispatch| dispatch.enabled(metadata))))
}

/// An open `tracing` span. Closed when dropped.
#[derive(Debug)]
pub(super) struct Shadow {
    dispatch: Dispatch,
    id: Id,
    /// The span that it stands beside, where we record that.
    own: SpanId,
}

const SHARDS: usize = 16;

/// The open ones, by the spans that they stand beside: so that a context of ours leads to a span of `tracing`'s.
static OPEN: [Mutex<BTreeMap<u64, Weak<Shadow>>>; SHARDS] = [const { Mutex::new(BTreeMap::new()) }; SHARDS];

/// Those of this span's shard. Held for a look only.
fn open_shadows(own: SpanId) -> MutexGuard<'static, BTreeMap<u64, Weak<Shadow>>> {
    OPEN[own.0 as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a `tracing` span is a child of.
enum Placement {
    /// The current span, whatever that is.
    Current,
    /// No span.
    Root,
    /// This one, which is kept open.
    Under(Id, #[allow(dead_code, reason = "its drop may close the span")] Option<Open>),
}

/// Keeps a span open.
enum Open {
    Shadow(#[allow(dead_code, reason = "only dropped")] Arc<Shadow>),
    Span(#[allow(dead_code, reason = "only dropped")] tracing::Span),
}

impl Placement {
    /// Where a span is that was stated.
    fn of(parent: &Parent) -> Self {
        match &parent.of {
            Of::Root => Self::Root,
            Of::Ours(context) if !context.span_id.is_some() => Self::Root,
            Of::Theirs(_, their) => {
                let kept = match their {
                    Their::Span(span) => Some(Open::Span(span.clone())),
                    Their::Id(_) => None,
                };
                their.id().map_or(Self::Root, |id| Self::Under(id, kept))
            }
            Of::Ours(context) => {
                if context.span_id == Context::here().span_id {
                    return Self::Current;
                }
                // A span of another process, or one that `tracing` knows nothing of.
                let shadow = open_shadows(context.span_id).get(&context.span_id.0).and_then(Weak::upgrade);
                shadow.map_or(Self::Root, |shadow| Self::Under(shadow.id.clone(), Some(Open::Shadow(shadow))))
            }
        }
    }
}

impl Shadow {
    /// Opens the span with `captured` as its fields, at this stage: [`Stage::Opening`].
    pub(super) fn open(
        site: &'static Site,
        bits: u32,
        stage: Stage,
        stated: Option<&Parent>,
        captured: &Captured,
    ) -> Option<Arc<Self>> {
        let metadata = site.tracing_metadata();
        let values = captured.by_place(metadata.fields().len());
        let values = metadata.fields().value_set_all(&values);
        let parent = stated.map_or(Placement::Current, Placement::of);
        let own = match stage {
            Stage::Opening(own, slot) if slot.is_some() => own.span_id,
            _ => SpanId::NONE,
        };
        let open = |dispatch: &Dispatch| {
            // Per-layer filters keep their answer only until the next question on this thread, and evaluating the
            // fields may have asked some.
            if bits & SHADOW == 0 && !dispatch.enabled(metadata) {
                return None;
            }
            let attributes = match &parent {
                Placement::Current => Attributes::new(metadata, &values),
                Placement::Root => Attributes::new_root(metadata, &values),
                Placement::Under(id, _) => Attributes::child_of(id.clone(), metadata, &values),
            };
            let id = dispatch.new_span(&attributes);
            Some(Self { dispatch: dispatch.clone(), id, own })
        };
        let shadow = Arc::new(during(stage, || dispatcher::get_default(open))?);
        if own.is_some() {
            open_shadows(own).insert(own.0, Arc::downgrade(&shadow));
        }
        shadow.follow(&captured.causes);
        Some(shadow)
    }

    /// Says what the span follows from.
    fn follow(&self, causes: &[Parent]) {
        for cause in causes {
            if let Placement::Under(id, _) = Placement::of(cause) {
                by_us(|| self.dispatch.record_follows_from(&self.id, &id));
            }
        }
    }

    /// Fills one field in.
    pub(super) fn record(&self, site: &'static Site, place: usize, value: Value<'_>) {
        let mut captured = Captured::default();
        captured.push(place, value);
        let fields = site.tracing_metadata().fields();
        let values = captured.by_place(fields.len());
        let values = fields.value_set_all(&values);
        by_us(|| self.dispatch.record(&self.id, &Record::new(&values)));
    }

    #[inline(never)]
    pub(super) fn enter(&self) {
        by_us(|| self.dispatch.enter(&self.id));
    }

    #[inline(never)]
    pub(super) fn exit(&self) {
        by_us(|| self.dispatch.exit(&self.id));
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        if self.own.is_some() {
            open_shadows(self.own).remove(&self.own.0);
        }
        self.dispatch.try_close(self.id.clone());
    }
}

/// Field values, kept until the span is opened.
#[derive(Debug, Default)]
pub(super) struct Captured {
    values: Vec<(usize, CapturedValue)>,
    /// What the span follows from.
    pub(super) causes: Vec<Parent>,
}

#[derive(Debug)]
enum CapturedValue {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Text(String),
    /// What `Debug` or `Display` said: to `tracing` that is no string, which would stand in quotes.
    Formatted(DisplayValue<String>),
}

impl Captured {
    /// The values, each at its field's place among so many.
    pub(super) fn by_place(&self, fields: usize) -> Vec<Option<&dyn TracingValue>> {
        let mut values: Vec<Option<&dyn TracingValue>> = vec![None; fields];
        for (index, value) in &self.values {
            if let Some(place) = values.get_mut(*index) {
                *place = Some(value.as_tracing());
            }
        }
        values
    }

    pub(super) fn push(&mut self, index: usize, value: Value<'_>) {
        let value = match value {
            Value::Bool(value) => CapturedValue::Bool(value),
            Value::I64(value) => CapturedValue::I64(value),
            Value::U64(value) => CapturedValue::U64(value),
            Value::F64(value) => CapturedValue::F64(value),
            Value::Str(value) => CapturedValue::Text(value.into()),
            // Fields have values; links are no fields.
            Value::Link(..) => return,
        };
        self.values.push((index, value));
    }

    pub(super) fn push_formatted(&mut self, index: usize, text: String) {
        self.values.push((index, CapturedValue::Formatted(display(text))));
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
            Self::Formatted(value) => value,
        }
    }
}

/// The events about one callsite's errors and about what it returned, each made when it is needed first.
#[derive(Debug)]
pub(super) struct Events {
    error: Kept<EndEvent>,
    returned: Kept<EndEvent>,
}

#[derive(Debug)]
struct EndEvent {
    metadata: OnceLock<Metadata<'static>>,
    /// 0: nobody is interested, 1: sometimes, 2: always. Publishes nothing else.
    interest: AtomicU8,
}

impl Events {
    pub(super) const fn new() -> Self {
        Self { error: Kept::new(), returned: Kept::new() }
    }

    /// Emits an event with the field `error`, as `tracing`'s attribute does, with the callsite's target.
    pub(super) fn error(&self, site: &'static Site, message: Message<'_>, level: Level) {
        Self::emit(&self.error, &["error"], site, message, level);
    }

    /// Emits an event with the field `return`, likewise.
    pub(super) fn returned(&self, site: &'static Site, message: Message<'_>, level: Level) {
        Self::emit(&self.returned, &["return"], site, message, level);
    }

    fn emit(
        event: &Kept<EndEvent>,
        field: &'static [&'static str],
        site: &'static Site,
        message: Message<'_>,
        level: Level,
    ) {
        if tracing_level(level) > LevelFilter::current() {
            return;
        }
        let event = event.get_or_make(EndEvent::new);
        let metadata = event.described(site, field, level);
        let interest = event.interest.load(Ordering::Relaxed);
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

impl EndEvent {
    /// One for each callsite with `err`, and one for each with `ret`, kept for good. Until `tracing` has said who is
    /// interested, it is asked each time.
    const fn new() -> Self {
        Self { metadata: OnceLock::new(), interest: AtomicU8::new(1) }
    }

    /// The description. Whoever makes it registers the event, which is kept already: where threads meet, `tracing` knows
    /// one event and no other.
    fn described(
        &'static self,
        site: &'static Site,
        field: &'static [&'static str],
        level: Level,
    ) -> &'static Metadata<'static> {
        let mut is_new = false;
        let metadata = self.metadata.get_or_init(|| {
            is_new = true;
            let spec = site.spec();
            let fields = FieldSet::new(field, Identifier(self));
            let (file, line, module) = (Some(spec.file), Some(spec.line), Some(spec.module));
            let level = tracing_level(level);
            Metadata::new(spec.name, spec.target, level, file, line, module, fields, Kind::EVENT)
        });
        if is_new {
            tracing_core::callsite::register(self);
        }
        metadata
    }
}

impl Callsite for EndEvent {
    fn set_interest(&self, interest: Interest) {
        let interest = u8::from(!interest.is_never()) + u8::from(interest.is_always());
        self.interest.store(interest, Ordering::Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        #[allow(clippy::expect_used, reason = "set before the callsite is registered")]
        self.metadata.get().expect("the metadata is set before the callsite is registered")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    use tracing_core::span::Current;
    use tracing_core::subscriber::Subscriber;

    use super::*;
    use crate::call::site::tests::spec;

    /// Wants everything, and notes which events it is told of.
    struct Told(Arc<Mutex<BTreeSet<usize>>>);

    impl Subscriber for Told {
        fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
            if metadata.is_event() && metadata.target() == "shadow_tests" {
                self.0.lock().unwrap().insert(std::ptr::from_ref(metadata).addr());
            }
            Interest::always()
        }

        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}

        fn current_span(&self) -> Current {
            Current::none()
        }
    }

    #[test]
    fn where_threads_meet_an_event_is_registered_once() {
        let known = Arc::default();
        let told = Dispatch::new(Told(Arc::clone(&known)));
        let site = Site::unseen(spec("shadow_tests", ""));
        const EVENTS: usize = 300;
        for _ in 0..EVENTS {
            let (events, start): (&'static Events, _) = (Box::leak(Box::new(Events::new())), Barrier::new(3));
            let emit = || {
                start.wait();
                let emit = || events.error(site, Message::Display(&"it failed"), Level::ERROR);
                dispatcher::with_default(&told, emit);
            };
            std::thread::scope(|scope| {
                scope.spawn(emit);
                scope.spawn(emit);
                emit();
            });
        }
        assert_eq!(known.lock().unwrap().len(), EVENTS);
    }
}
