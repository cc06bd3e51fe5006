//! The foreign spans that are entered on a thread, and the way back from each.
//!
//! Guards may be dropped in any order, and on either side of an annotated call's boundary. What is current then is what
//! `tracing` says: the span that was entered last, of those that have not been left.

use std::cell::{Cell, RefCell};

use spanwright_core::context::Context;
use spanwright_core::ids::SpanId;
use spanwright_core::slots::SlotHandle;
use tracing_core::span::Id;

use crate::bridge;

/// A foreign span that is entered on this thread.
struct EnteredSpan {
    id: Id,
    span_id: SpanId,
    /// The context to go back to.
    before: Context,
    /// It has been left within an annotated call that goes back to it at its end, which is when this is forgotten.
    is_left: bool,
}

/// How many left spans are kept: where nothing goes back to them, as no call began in them, they must not pile up.
const MAX_LEFT: u32 = 64;

thread_local! {
    /// The foreign spans entered on this thread, the last one last.
    static ENTERED: RefCell<Vec<EnteredSpan>> = const { RefCell::new(Vec::new()) };
    /// How many of them have been left.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// Makes `own` the current context until the span is left.
pub(super) fn enter(id: &Id, own: Context) {
    // While the thread ends there is no way back, and so none there.
    let _ = ENTERED.try_with(|entered| {
        let (span_id, before) = (own.span_id, own.swap());
        entered.borrow_mut().push(EnteredSpan { id: id.clone(), span_id, before, is_left: false });
        bridge::entered(own);
    });
}

/// Goes back to where the span was entered.
pub(super) fn exit(id: &Id) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        let Some(at) = entered.iter().rposition(|span| !span.is_left && span.id == *id) else { return };
        let EnteredSpan { span_id, before, .. } = entered[at];
        bridge::left(span_id);
        let mut later = entered[at + 1..].iter_mut();
        if let Some(later) = later.find(|later| later.before.span_id == span_id) {
            // Left out of order: the one entered within it goes back to where this one came from.
            later.before = before;
        } else if Context::here().span_id == span_id {
            before.swap();
        } else {
            // An annotated call that began in it has not ended yet.
            return leave_later(&mut entered, at);
        }
        entered.remove(at);
    });
}

/// Marks a span as left.
#[cold]
fn leave_later(entered: &mut Vec<EnteredSpan>, at: usize) {
    entered[at].is_left = true;
    if LEFT.get() < MAX_LEFT {
        LEFT.set(LEFT.get() + 1);
    } else if let Some(oldest) = entered.iter().position(|span| span.is_left) {
        entered.remove(oldest);
    }
}

/// Whether a foreign span has been left within an annotated call that began in it.
#[inline]
pub(crate) fn has_left() -> bool {
    LEFT.get() != 0
}

/// Ends the time in which the annotated call with this slot is current, where guards of foreign spans have crossed its
/// boundary: `current` is not its context, or [`has_left`]. `back` is what it would go back to. Gives the context to keep
/// for the next time.
#[cold]
pub(crate) fn leave_call(slot: SlotHandle, current: Context, back: Context) -> Context {
    let leave = |entered: &RefCell<Vec<EnteredSpan>>| {
        let mut entered = entered.borrow_mut();
        let back = still_entered(&mut entered, back);
        let inner = entered.iter_mut().find(|span| span.before.slot == slot);
        if let Some(inner) = inner.filter(|_| slot.is_some() && current.slot != slot) {
            // A span that was entered in the call is still current. It goes back to where the call came from.
            return std::mem::replace(&mut inner.before, back);
        }
        back.swap()
    };
    ENTERED.try_with(leave).unwrap_or_else(|_| back.swap())
}

/// The context to go back to instead of `back`, whose span may have been left meanwhile.
fn still_entered(entered: &mut Vec<EnteredSpan>, mut back: Context) -> Context {
    while let Some(at) = entered.iter().rposition(|span| span.is_left && span.span_id == back.span_id) {
        back = entered.remove(at).before;
        LEFT.set(LEFT.get().saturating_sub(1));
    }
    back
}
