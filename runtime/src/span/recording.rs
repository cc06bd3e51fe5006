//! How spans and events get into the ring, on whatever thread.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use spanwright_core::cells::StoreId;
use spanwright_core::chunks::{self, Kind};
use spanwright_core::clock::{self, Ticks};
use spanwright_core::context::{Context, SAMPLED};
use spanwright_core::descriptor::{Level, Spec};
use spanwright_core::events;
use spanwright_core::ids::SpanId;
use spanwright_core::slots::value::FieldWriter;
use spanwright_core::slots::{self, End, Outcome, SlotHandle, Start, record_flags};

use crate::own_metrics::{Lost, OwnMetrics};
use crate::testing;

/// What becomes of what is recorded: the bits below. Publishes nothing but itself.
pub(super) static MODE: AtomicU8 = AtomicU8::new(0);
/// Spans are exported, and events within them. Without, a span's slot is given back at its end.
pub(super) const SPANS: u8 = 1;
/// Events are exported, within spans or not.
pub(super) const LOGS: u8 = 1 << 1;
/// Everything is exported at once.
pub(super) const IMMEDIATE: u8 = 1 << 2;
/// Who records waits for the exporters now and then, rather than that anything is lost: in tests.
const PATIENT: u8 = 1 << 3;

/// Spans and events are written down for the recorder.
const RECORDER: u8 = 1 << 4;
/// They are shown to who looks at the console.
const CONSOLE: u8 = 1 << 5;

/// Records that found no room in the ring, and nobody has been told yet …
pub(super) static REFUSED: AtomicU64 = AtomicU64::new(0);
/// … and those since a flush has last asked.
pub(super) static LOST: AtomicU64 = AtomicU64::new(0);

/// Opens a slot for a span that begins where this store is current, and whose parent's slot is `around`; where there is none,
/// the span is dropped and counted.
// Always: what a call has in registers need not go through memory on its way to the slot.
#[inline(always)]
pub(crate) fn open(start: &Start, around: SlotHandle, store: StoreId) -> SlotHandle {
    let slot = slots::open(start, around);
    if !slot.is_some() {
        lose(Lost::SlotsFull);
    }
    // Only tests have stores of their own.
    if store != StoreId::DEFAULT && start.flags & SAMPLED != 0 {
        testing::span_opened(store, start.span_id, slot);
    }
    slot
}

/// Ends a span.
#[inline]
pub(crate) fn finish(slot: SlotHandle, at: Ticks, outcome: Outcome) {
    let mode = MODE.load(Ordering::Relaxed);
    if mode & (SPANS | RECORDER | CONSOLE) == 0 {
        return slots::close(slot);
    }
    if !slots::finish(slot, End { kind: Kind::Span, flags: outcome as u8, at }) {
        lose(Lost::RingFull);
    }
    hand_on(mode);
}

/// Writes spans and events down for the recorder from here on, whoever else wants them, or leaves it.
#[cfg(feature = "recorder")]
pub(super) fn for_recorder(on: bool) {
    if on {
        MODE.fetch_or(RECORDER, Ordering::Relaxed);
    } else {
        MODE.fetch_and(!RECORDER, Ordering::Relaxed);
    }
}

/// Hands spans and events on for the console from here on, whoever else wants them, or leaves it.
#[cfg(feature = "console")]
pub(super) fn for_console(on: bool) {
    if on {
        MODE.fetch_or(CONSOLE, Ordering::Relaxed);
    } else {
        MODE.fetch_and(!CONSOLE, Ordering::Relaxed);
    }
}

/// What becomes of what is recorded, but for the recorder, which decides for itself.
pub(super) fn set_mode(mode: u8) {
    let keep = |now: u8| Some(now & RECORDER | mode);
    let _ = MODE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, keep);
}

/// Makes who records wait for the exporters, from here on.
pub(crate) fn be_patient() {
    MODE.fetch_or(PATIENT, Ordering::Relaxed);
}

/// Sees to a record that must not just wait in the ring.
#[inline]
fn hand_on(mode: u8) {
    if mode & (IMMEDIATE | PATIENT) != 0 {
        hand_on_now(mode);
    }
}

#[cold]
fn hand_on_now(mode: u8) {
    if mode & IMMEDIATE != 0 {
        chunks::ring().wake();
    }
    if mode & PATIENT != 0 {
        testing::make_room();
    }
}

/// Writes the first fields of a span that has just been opened.
#[inline]
pub(crate) fn fill(slot: SlotHandle, write: impl FnOnce(&mut FieldWriter<'_>)) {
    slots::fill(slot, write);
}

/// Writes fields into an open span; where they have to be given up, they are counted.
#[inline]
pub(crate) fn write(slot: SlotHandle, write: impl FnOnce(&mut FieldWriter<'_>)) {
    if !slots::write(slot, write) {
        OwnMetrics::global().fields_dropped_total.inc();
    }
}

/// Whether an event in this context is recorded.
#[inline]
pub(crate) fn records_events(context: Context) -> bool {
    let mode = MODE.load(Ordering::Relaxed);
    mode & (LOGS | RECORDER | CONSOLE) != 0 || (mode & SPANS != 0 && context.slot.is_some())
}

/// Records an event of the context's span, whose fields `write` writes.
pub(crate) fn event(
    context: Context,
    spec: &'static Spec,
    level: Level,
    exception: bool,
    write: impl FnOnce(&mut FieldWriter<'_>),
) {
    event_at(context, spec, level, exception, clock::now(), write);
}

/// Records an event that happened at another time than now.
pub(crate) fn event_at(
    context: Context,
    spec: &'static Spec,
    level: Level,
    exception: bool,
    at: Ticks,
    write: impl FnOnce(&mut FieldWriter<'_>),
) {
    let start = Start {
        spec,
        trace_id: context.trace_id,
        span_id: context.span_id,
        // An event has no parent, but belongs to a test perhaps.
        parent: SpanId(context.store.to_bits().into()),
        at: Ticks(context.slot.to_bits()),
        flags: context.flags,
    };
    let slot = slots::open(&start, SlotHandle::NONE);
    if !slot.is_some() {
        note(context.store, false);
        miss();
        return OwnMetrics::global().log_records_dropped_total.with(Lost::SlotsFull).inc();
    }
    // Given back also when a value panics.
    let event = Unfinished(slot);
    self::write(slot, write);
    std::mem::forget(event);
    let exception = if exception { record_flags::EXCEPTION } else { 0 };
    let flags = level.number() << record_flags::LEVEL_SHIFT | exception;
    let written = slots::finish(slot, End { kind: Kind::Event, flags, at });
    note(context.store, written);
    if !written {
        refuse();
        miss();
        OwnMetrics::global().log_records_dropped_total.with(Lost::RingFull).inc();
    }
    hand_on(MODE.load(Ordering::Relaxed));
}

/// Tells a test of its event.
#[inline]
fn note(store: StoreId, written: bool) {
    if store != StoreId::DEFAULT {
        testing::event_written(store, written);
    }
}

struct Unfinished(SlotHandle);

impl Drop for Unfinished {
    fn drop(&mut self) {
        slots::close(self.0);
    }
}

fn refuse() {
    REFUSED.fetch_add(1, Ordering::Relaxed);
    LOST.fetch_add(1, Ordering::Relaxed);
}

/// The recording says that something is missing.
fn miss() {
    if events::is_on() {
        events::lose();
    }
}

/// What was lost before a pipeline begins is not its own.
pub(super) fn forget_refused() {
    REFUSED.store(0, Ordering::Relaxed);
    LOST.store(0, Ordering::Relaxed);
}

#[cold]
fn lose(why: Lost) {
    if matches!(why, Lost::RingFull) {
        refuse();
    }
    miss();
    OwnMetrics::global().spans_dropped_total.with(why).inc();
}
