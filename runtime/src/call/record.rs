//! Fields that are filled in while the body runs, by `record!`.
//!
//! A function with `record!` in its body looks at what is current just before its call is entered ([`Outside`]) and at the
//! start of its body ([`Inside`]). What has changed in between is the call's own: its slot, and its `tracing` span. Handles
//! to them are `Copy`, so that closures and tasks take them along, and find nothing once the call has ended: slots have
//! generations, and `tracing` spans are known here, by numbers that are never used twice, while their bodies run.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use spanwright_core::callsite::{ASK, SHADOW, UNREGISTERED};
use spanwright_core::context::Context;
use spanwright_core::slots::SlotHandle;
use tracing_core::Metadata;
use tracing_core::dispatcher::{self, Dispatch};
use tracing_core::span::{Id, Record as Recorded};

use super::fields::Fields;
use super::shadow::{self, Captured};
use super::site::Site;
use super::switched::Callee;
use crate::span;

/// What is current just before a call is entered; nothing where nobody listens to the call.
#[derive(Clone, Copy, Debug)]
pub struct Outside(Option<Around>);

#[derive(Clone, Copy, Debug)]
struct Around {
    site: &'static Site,
    slot: SlotHandle,
    shadow: Option<NonZeroU64>,
}

impl Outside {
    /// Looks at what is current, as far as a call of `callee` may change it.
    #[inline(always)]
    #[must_use]
    pub fn of(callee: &impl Callee) -> Self {
        Self(if callee.bits() == 0 { None } else { Some(Around::now(callee.site())) })
    }

    /// What the call has made current, at the start of its body.
    #[inline(always)]
    #[must_use]
    pub fn inside(self) -> Inside {
        self.0.map_or(Inside { slot: SlotHandle::NONE, shadow: None }, Around::inside)
    }
}

impl Around {
    #[inline(never)]
    fn now(site: &'static Site) -> Self {
        let shadow = may_have_shadow(site).then(|| current(|id, _, _| id.into_non_zero_u64())).flatten();
        Self { site, slot: Context::here().slot, shadow }
    }

    #[inline(never)]
    fn inside(self) -> Inside {
        // The handle may go to any thread.
        let slot = Context::current().slot;
        let slot = if slot == self.slot { SlotHandle::NONE } else { slot };
        let shadow = may_have_shadow(self.site).then(|| Shadow::of(self)).flatten();
        Inside { slot, shadow: shadow.map(Open::new) }
    }
}

/// A call's own spans, while its body runs.
#[derive(Debug)]
pub struct Inside {
    slot: SlotHandle,
    shadow: Option<Open>,
}

impl Inside {
    /// The call has ended: what leads to its span finds nothing.
    pub(super) fn close(&mut self) {
        *self = Self { slot: SlotHandle::NONE, shadow: None };
    }

    /// The handle for `record!`.
    #[inline(always)]
    #[must_use]
    pub fn handle(&self) -> SpanHandle {
        SpanHandle { slot: self.slot, shadow: self.shadow.as_ref().map(|open| open.0) }
    }
}

/// Leads to the span of a call, as long as the call has not ended.
#[derive(Clone, Copy, Debug)]
pub struct SpanHandle {
    slot: SlotHandle,
    /// The number among the open ones.
    shadow: Option<NonZeroU64>,
}

impl SpanHandle {
    /// Runs `record` where somebody listens.
    #[inline(always)]
    pub fn record(self, record: impl FnOnce(OpenSpan)) {
        if self.slot.is_some() || self.shadow.is_some() {
            record(OpenSpan(self));
        }
    }
}

/// The span that the values of one `record!` go to.
#[derive(Debug)]
pub struct OpenSpan(SpanHandle);

impl OpenSpan {
    /// Writes values that have been evaluated: into the slot, and then into the `tracing` span, for whose layers no lock
    /// is held.
    pub fn write(self, write: impl FnOnce(&mut Fields<'_, '_>)) {
        let SpanHandle { slot, shadow } = self.0;
        let shadow = shadow.and_then(Open::find);
        let mut captured = shadow.as_ref().map(|_| Captured::default());
        if slot.is_some() {
            span::write(slot, |writer| write(&mut Fields::new(Some(writer), captured.as_mut())));
        } else if captured.is_some() {
            write(&mut Fields::new(None, captured.as_mut()));
        }
        if let (Some(shadow), Some(captured)) = (shadow, captured) {
            shadow.record(&captured);
        }
    }
}

/// A call's `tracing` span, kept open while a value goes there.
#[derive(Debug)]
struct Shadow {
    dispatch: Dispatch,
    id: Id,
    metadata: &'static Metadata<'static>,
}

impl Shadow {
    /// The current span, if the call has made it so.
    fn of(around: Around) -> Option<Self> {
        current(|id, metadata, dispatch| {
            let is_own = around.shadow != Some(id.into_non_zero_u64())
                && std::ptr::eq(metadata, around.site.tracing_metadata());
            is_own.then(|| Self { dispatch: dispatch.clone(), id: dispatch.clone_span(id), metadata })
        })
        .flatten()
    }

    fn record(&self, captured: &Captured) {
        let fields = self.metadata.fields();
        let values = captured.by_place(fields.len());
        let values = fields.value_set_all(&values);
        shadow::by_us(|| self.dispatch.record(&self.id, &Recorded::new(&values)));
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        self.dispatch.try_close(self.id.clone());
    }
}

/// Whether it is worth asking `tracing`.
fn may_have_shadow(site: &Site) -> bool {
    site.bits() & (SHADOW | ASK | UNREGISTERED) != 0
}

/// What `tracing` says the current span is.
fn current<R>(then: impl FnOnce(&Id, &'static Metadata<'static>, &Dispatch) -> R) -> Option<R> {
    let mut then = Some(then);
    dispatcher::get_default(|dispatch| {
        let current = dispatch.current_span();
        let then = then.take()?;
        Some(then(current.id()?, current.metadata()?, dispatch))
    })
}

/// The `tracing` spans that handles lead to. Held for a look only.
static OPEN: Mutex<BTreeMap<NonZeroU64, Arc<Shadow>>> = Mutex::new(BTreeMap::new());

/// A place among the open ones, given up when dropped: at the end of the body.
#[derive(Debug)]
struct Open(NonZeroU64);

impl Open {
    fn new(shadow: Shadow) -> Self {
        /// The last number; publishes nothing.
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = NonZeroU64::MIN.saturating_add(LAST.fetch_add(1, Ordering::Relaxed));
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::new(shadow));
        Self(number)
    }

    fn find(number: NonZeroU64) -> Option<Arc<Shadow>> {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let removed = OPEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
        // The subscriber may go with it, and with the subscriber anything: not under the lock.
        drop(removed);
    }
}
