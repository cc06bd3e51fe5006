//! The program's subscriber, where it is ours: `tracing::Span::current()` answers for annotated functions too.
//!
//! With no layer but ours, an annotated call has no `tracing` span beside it. Where somebody asks for the current span to
//! record into it, to enter it elsewhere or to name it as a parent, an id with the top bit set stands for the call's own;
//! it keeps the call's context for as long as somebody has it, so that what starts after the call has ended still nests in
//! its trace. The registry beneath never sees such an id.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use spanwright_core::context::{ANNOTATED, Context};
use spanwright_core::slots::{self, SlotHandle};
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::registry::LookupSpan;

use super::layer::{Visitor, enter, exit, known, link};

/// What an id of ours has set; slots' generations leave the bit alone.
const OURS: u64 = 1 << 63;

/// A subscriber whose current span may be an annotated call's.
#[derive(Debug)]
pub(crate) struct Answering<S> {
    beneath: S,
}

impl<S> Answering<S> {
    pub(crate) fn new(beneath: S) -> Self {
        Self { beneath }
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

/// The current call's id, where the current span is an annotated one that is recorded.
fn current() -> Option<(Id, &'static Metadata<'static>)> {
    let here = Context::here();
    if here.flags & ANNOTATED == 0 {
        return None;
    }
    let metadata = crate::call::metadata_of(slots::spec(here.slot)?)?;
    Some((Id::from_u64(here.slot.to_bits() | OURS), metadata))
}

/// The context of a call by its id, while somebody has it or it is current.
fn context_of(id: &Id) -> Option<Context> {
    let here = Context::here();
    let bits = id.into_u64();
    if bits & OURS == 0 {
        return None;
    }
    if here.slot.is_some() && here.slot.to_bits() | OURS == bits {
        return Some(here);
    }
    held().as_ref()?.get(&bits).map(|held| held.context)
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
            return self.beneath.new_span(attributes);
        };
        let _within = self.within(Some(parent));
        self.beneath.new_span(&Attributes::new(attributes.metadata(), attributes.values()))
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if is_ours(id) {
            super::write(slot_of(id), |writer| values.record(&mut Visitor { writer }));
        } else {
            self.beneath.record(id, values);
        }
    }

    fn record_follows_from(&self, id: &Id, follows: &Id) {
        if !is_ours(id) && !is_ours(follows) {
            return self.beneath.record_follows_from(id, follows);
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
        match current() {
            Some((id, metadata)) => Current::new(id, metadata),
            None => self.beneath.current_span(),
        }
    }
}
