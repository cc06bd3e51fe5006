//! The subscriber that answers `tracing::Span::current()` for annotated functions too.
//!
//! With no layer but ours, an annotated call has no `tracing` span beside it. Where somebody asks for the current span to
//! record into it, to enter it elsewhere or to name it as a parent, an id made of the call's own, with the top bit set,
//! stands for it, sampled or not; it keeps the call's context for as long as somebody has it, so that what starts after
//! the call has ended still nests in its trace. The registry beneath never sees such an id.
//!
//! Where other layers have a span of the call, that one is the current span.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use spanwright_core::context::{ANNOTATED, Context};
use spanwright_core::slots::{self, SlotHandle};
use tracing_core::callsite::Identifier;
use tracing_core::field::FieldSet;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Callsite, Dispatch, Event, Interest, Kind, Level, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::registry::LookupSpan;

use super::entered::{enter, exit};
use super::layer::{Visitor, known, link, remember};
use crate::call::Stage;

/// Wraps a subscriber of one's own, which has [`layer`](crate::layer) in it, so that `tracing::Span::current()` knows annotated calls whatever its layers want.
///
/// Within an annotated call of which a layer wants the span, the current span is that layer's, as always. Where none does,
/// because of a filter say, it would be the span around the call, or none: what is spawned with
/// `future.instrument(Span::current())` would not nest in the call, nor would a value recorded into it find it. Wrapped,
/// the current span is then the call itself, which layers don't see.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// let layers = tracing_subscriber::registry().with(spanwright::layer());
/// let subscriber = spanwright::subscriber(layers);
/// # drop(subscriber);
/// ```
///
/// [`Telemetry`](crate::Telemetry) wraps the one that it installs by itself.
///
/// The wrapper can't be downcast to what is beneath it. So it is not for programs that need that, as
/// `tracing_opentelemetry::OpenTelemetrySpanExt` and `tracing_error::SpanTrace` do.
#[must_use]
pub fn subscriber<S>(beneath: S) -> impl Subscriber + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync + 'static,
{
    Answering::new(beneath)
}

/// The context of a span beneath a subscriber of ours, if it is of this type.
fn context_beneath<S>(id: &Id, dispatch: &Dispatch) -> Option<Context>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    dispatch.downcast_ref::<Answering<S>>()?.context_of(id)
}

/// What an id of ours has set; the registry's ids, a place and a generation, leave the bit alone.
const OURS: u64 = 1 << 63;

/// A subscriber whose current span may be an annotated call's.
#[derive(Debug)]
pub(crate) struct Answering<S> {
    beneath: S,
}

impl<S> Answering<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    pub(crate) fn new(beneath: S) -> Self {
        super::lookup::add(context_beneath::<S>);
        Self { beneath }
    }
}

/// The callsite of calls that are not recorded, or have ended: nothing can be recorded into them.
struct Unrecorded;

static UNRECORDED: Metadata<'static> = Metadata::new(
    "unrecorded",
    "spanwright",
    Level::INFO,
    None,
    None,
    None,
    FieldSet::new(&[], Identifier(&Unrecorded)),
    Kind::SPAN,
);

impl Callsite for Unrecorded {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &UNRECORDED
    }
}

/// The calls that somebody has an id of.
static HELD: Mutex<Option<HashMap<u64, Held>>> = Mutex::new(None);

#[derive(Debug)]
struct Held {
    context: Context,
    count: usize,
}

fn held() -> MutexGuard<'static, Option<HashMap<u64, Held>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The id that stands for the context's call.
fn id_of(context: Context) -> Id {
    Id::from_u64(context.span_id.0 | OURS)
}

/// The current call's id, where the current span is an annotated one.
fn current() -> Option<(Id, &'static Metadata<'static>)> {
    let here = Context::here();
    if here.flags & ANNOTATED == 0 {
        return None;
    }
    let metadata = slots::spec(here.slot).and_then(crate::call::metadata_of);
    Some((id_of(here), metadata.unwrap_or(&UNRECORDED)))
}

/// The context of a call by its id, while somebody has it or it is current.
fn context_of(id: &Id) -> Option<Context> {
    if !is_ours(id) {
        return None;
    }
    let here = Context::here();
    if here.span_id.is_some() && id_of(here) == *id {
        return Some(here);
    }
    held().as_ref()?.get(&id.into_u64()).map(|held| held.context)
}

fn is_ours(id: &Id) -> bool {
    id.into_u64() & OURS != 0
}

fn slot_of(id: &Id) -> SlotHandle {
    context_of(id).map_or(SlotHandle::NONE, |context| context.slot)
}

/// A span that was stated as a parent is the current one until this is dropped.
struct Within<'a>(&'a Id);

impl<'a> Within<'a> {
    fn enter(parent: &'a Id, context: Context) -> Self {
        enter(parent, context);
        Self(parent)
    }
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        exit(self.0);
    }
}

impl<S> Answering<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    /// The context of a span, whoever's it is.
    fn context_of(&self, id: &Id) -> Option<Context> {
        if is_ours(id) { context_of(id) } else { Some(known(&self.beneath.span(id)?)?.context) }
    }

    /// The span that is current to those beneath, if it is so within the current context: theirs of the current call, say.
    fn current_beneath(&self) -> Option<Current> {
        let current = self.beneath.current_span();
        let context = self.context_of(current.id()?)?;
        (context.span_id == Context::here().span_id).then_some(current)
    }

    /// Opens a span of those beneath, also one that our layer refuses or is not there for: where it was opened is kept.
    fn open(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.beneath.new_span(attributes);
        if let Some(span) = self.beneath.span(&id) {
            remember(&span);
        }
        id
    }

    /// Makes a stated parent the current span, until what this gives is dropped.
    fn within<'i>(&self, parent: Option<&'i Id>) -> Option<Within<'i>> {
        let parent = parent?;
        Some(Within::enter(parent, self.context_of(parent)?))
    }
}

impl<S> Subscriber for Answering<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.beneath.on_register_dispatch(dispatch);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.beneath.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.beneath.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.beneath.max_level_hint()
    }

    fn event_enabled(&self, event: &Event<'_>) -> bool {
        self.beneath.event_enabled(event)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let Some(parent) = attributes.parent().filter(|parent| is_ours(parent)) else {
            return self.open(attributes);
        };
        let _within = self.within(Some(parent));
        self.open(&Attributes::new(attributes.metadata(), attributes.values()))
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if !is_ours(id) {
            self.beneath.record(id, values);
        } else if crate::call::stage() != Stage::ByUs {
            super::write(slot_of(id), |writer| values.record(&mut Visitor { writer }));
        }
    }

    fn record_follows_from(&self, id: &Id, follows: &Id) {
        if !is_ours(id) && !is_ours(follows) {
            return self.beneath.record_follows_from(id, follows);
        }
        if crate::call::stage() == Stage::ByUs {
            return;
        }
        let of = |id| match context_of(id) {
            Some(context) => Some((context, context.slot)),
            None => known(&self.beneath.span(id)?).map(|known| (known.context, known.slot)),
        };
        if let (Some((_, slot)), Some((other, _))) = (of(id), of(follows)) {
            link(slot, other);
        }
    }

    fn event(&self, event: &Event<'_>) {
        // To those beneath, a parent of ours is a span that is not there; what counts is the context. So it is for
        // those who can't look up the span, as its filter refuses every one.
        let _within = self.within(event.parent());
        self.beneath.event(event);
    }

    fn enter(&self, id: &Id) {
        if !is_ours(id) {
            return self.beneath.enter(id);
        }
        if let Some(own) = context_of(id) {
            enter(id, own);
        }
    }

    fn exit(&self, id: &Id) {
        if is_ours(id) { exit(id) } else { self.beneath.exit(id) }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if !is_ours(id) {
            return self.beneath.clone_span(id);
        }
        if let Some(context) = context_of(id) {
            slots::share(context.slot);
            let mut held = held();
            let entry = held.get_or_insert_default().entry(id.into_u64());
            entry.or_insert(Held { context, count: 0 }).count += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        if !is_ours(&id) {
            return self.beneath.try_close(id);
        }
        let mut held = held();
        let Some(calls) = held.as_mut() else { return false };
        let Some(entry) = calls.get_mut(&id.into_u64()) else { return false };
        entry.count -= 1;
        let is_last = entry.count == 0;
        if is_last {
            calls.remove(&id.into_u64());
        }
        is_last
    }

    fn current_span(&self) -> Current {
        if let Some(theirs) = self.current_beneath() {
            return theirs;
        }
        match current() {
            Some((id, metadata)) => Current::new(id, metadata),
            None => self.beneath.current_span(),
        }
    }
}
