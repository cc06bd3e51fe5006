//! Where batches go besides the exporters' queues, while somebody looks: to the live console.
//!
//! Batches are shared with the exporters; who takes them here must do so soon. What waits has a bound in bytes, and what finds no room is
//! counted, and is nobody else's loss.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use super::data::{EventBatch, SpanBatch};
use super::worker::Batch;

/// What may wait.
const MOST_BYTES: usize = 8 << 20;
/// With so much, who takes it is woken.
const MUCH: usize = 1 << 20;

/// What waits.
#[derive(Debug, Default)]
pub(crate) struct Tap(Mutex<Waiting>);

/// What has come since it was last taken.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) spans: VecDeque<Arc<SpanBatch>>,
    pub(crate) logs: VecDeque<Arc<EventBatch>>,
    /// How many found no room.
    pub(crate) dropped_spans: u64,
    pub(crate) dropped_logs: u64,
    bytes: usize,
    taker: Option<Thread>,
}

impl Tap {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says who is woken where there is much.
    pub(crate) fn set_taker(&self, taker: Thread) {
        self.waiting().taker = Some(taker);
    }

    /// Wakes who takes what comes.
    pub(crate) fn wake(&self) {
        self.waiting().taker.iter().for_each(Thread::unpark);
    }

    /// What has come since this was last called.
    pub(crate) fn take(&self) -> Waiting {
        let mut waiting = self.waiting();
        let taker = waiting.taker.clone();
        std::mem::replace(&mut *waiting, Waiting { taker, ..Waiting::default() })
    }
}

impl Waiting {
    /// Whether a batch of so many bytes has room; who takes it is woken where that is due.
    fn add(&mut self, bytes: usize) -> bool {
        let has_room = self.bytes + bytes <= MOST_BYTES;
        if has_room {
            let had_much = self.bytes >= MUCH;
            self.bytes += bytes;
            if let Some(taker) = self.taker.as_ref().filter(|_| !had_much && self.bytes >= MUCH) {
                taker.unpark();
            }
        }
        has_room
    }
}

/// The memory that a batch has.
pub(crate) fn bytes_of(batch: &SpanBatch) -> usize {
    batch.bytes()
}

/// A pipeline's place for one.
#[derive(Debug, Default)]
pub(super) struct TapSlot(Mutex<Option<Arc<Tap>>>);

impl TapSlot {
    pub(super) fn set(&self, tap: Option<Arc<Tap>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tap;
    }

    fn tap(&self) -> Option<Arc<Tap>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether somebody looks.
    pub(super) fn is_open(&self) -> bool {
        self.tap().is_some()
    }
}

/// A batch that can be looked at.
pub(super) trait Tapped: Batch + Sized {
    /// Shows it to who looks.
    fn show(batch: &Arc<Self>, slot: &TapSlot);
}

impl Tapped for SpanBatch {
    fn show(batch: &Arc<Self>, slot: &TapSlot) {
        let Some(tap) = slot.tap() else { return };
        let mut waiting = tap.waiting();
        if waiting.add(batch.bytes()) {
            waiting.spans.push_back(Arc::clone(batch));
        } else {
            waiting.dropped_spans += batch.len() as u64;
        }
    }
}

impl Tapped for EventBatch {
    fn show(batch: &Arc<Self>, slot: &TapSlot) {
        let Some(tap) = slot.tap() else { return };
        let mut waiting = tap.waiting();
        if waiting.add(batch.bytes()) {
            waiting.logs.push_back(Arc::clone(batch));
        } else {
            waiting.dropped_logs += batch.len() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::SpanData;

    #[test]
    fn what_finds_no_room_is_counted_and_there_is_room_again_once_it_is_taken() {
        let (tap, slot) = (Arc::new(Tap::default()), TapSlot::default());
        let name = "x".repeat(MOST_BYTES / 3);
        let batch: SpanBatch =
            std::iter::once(SpanData { name: name.into(), ..SpanData::default() }).collect();
        let batch = Arc::new(batch);
        SpanBatch::show(&batch, &slot);
        slot.set(Some(Arc::clone(&tap)));
        (0..5).for_each(|_| SpanBatch::show(&batch, &slot));
        let taken = tap.take();
        assert!(!taken.spans.is_empty() && taken.spans.len() < 4, "{}", taken.spans.len());
        assert_eq!(taken.spans.len() as u64 + taken.dropped_spans, 5);
        SpanBatch::show(&batch, &slot);
        assert_eq!((tap.take().spans.len(), tap.take().spans.len()), (1, 0));
    }
}
