//! Where the calls of open spans wait: beside each slot the await point that the call reached last, since when, and in which task.
//!
//! An await point notes its place for its thread. Whoever polls a call puts the call's own there before, and keeps what is found
//! after; so calls within calls have a place each. It is beside the slots so that fields have all of those.

use std::panic::Location;

use super::process::POOL;
use super::{Pool, SlotHandle, word as slot_word};
use crate::clock::Ticks;
use crate::descriptor::Spec;
use crate::local;
use crate::segment::definitions;
use crate::sync::{AtomicU64, Ordering, fence};

/// Words of a wait.
pub(super) const WAIT_WORDS: usize = 4;

pub(super) mod word {
    //! What each word of a wait holds.
    /// The handle of the span that it is of; zero while it is written, and where nothing waits.
    pub(in crate::slots) const SPAN: usize = 0;
    /// The address of a `&'static Location`, or zero: it waits at no labelled place.
    pub(in crate::slots) const PLACE: usize = 1;
    /// Since when.
    pub(in crate::slots) const SINCE: usize = 2;
    /// In which task; zero where that is not known.
    pub(in crate::slots) const TASK: usize = 3;
}

/// Beside the address that a thread has noted: the call had reached it in an earlier poll.
const EARLIER: u64 = 1;
const _: () = assert!(align_of::<Location<'static>>() > EARLIER as usize);

/// Where one span's call waits.
#[derive(Debug)]
pub(super) struct Wait {
    /// `SPAN` publishes the others; they are its only if it is the same behind them.
    words: [AtomicU64; WAIT_WORDS],
}

/// A call that waits, or that is being polled and waited before.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Its span.
    pub span: SlotHandle,
    /// The span around it, where that is known; it may have ended.
    pub around: SlotHandle,
    /// The callsite.
    pub spec: &'static Spec,
    /// The await point that it has reached; nothing where that has no label.
    pub place: Option<&'static Location<'static>>,
    /// Since when.
    pub since: Ticks,
    /// The task that it is part of; zero where that is not known.
    pub task: u64,
}

/// Notes that this thread reaches an await point.
#[inline(always)]
pub fn reach(place: &'static Location<'static>) {
    local::with(|local| local.reached.set(std::ptr::from_ref(place) as u64));
}

/// A call is about to be polled. What is given back is for [`after_poll`].
#[inline]
#[must_use = "it is the place of the call around this one"]
pub fn before_poll(span: SlotHandle) -> u64 {
    let own = POOL.wait(span).map_or(0, |wait| wait.place(span));
    local::with(|local| local.reached.replace(own | EARLIER))
}

/// It was polled, and `waits` since then, in a task; or is over.
#[inline]
pub fn after_poll(span: SlotHandle, around: u64, waits: Option<(Ticks, u64)>) {
    let reached = local::with(|local| local.reached.replace(around));
    let (Some((since, task)), Some(wait)) = (waits, POOL.wait(span)) else { return };
    let (place, is_known) = (reached & !EARLIER, wait.is_of(span));
    if is_known && place == wait.place(span) {
        // Where it has passed no await point it waits for what it waited for before.
        if reached & EARLIER == 0 {
            wait.words[word::SINCE].store(since.0, Ordering::Relaxed);
        }
        // It may have been handed to another task.
        wait.words[word::TASK].store(task, Ordering::Relaxed);
    } else {
        define(place);
        wait.set(span, [place, since.0, task]);
    }
}

/// Writes the place down for whoever finds it after this process.
#[inline]
fn define(place: u64) {
    if let Some(place) = location(place) {
        definitions::place(place);
    }
}

#[inline]
fn location(place: u64) -> Option<&'static Location<'static>> {
    // SAFETY: it is zero, or comes from `reach`: nobody else writes the thread's word, and the pool's from that.
    unsafe { (place as *const Location<'static>).as_ref() }
}

/// All calls that wait.
#[must_use]
pub fn waiting() -> Vec<Waiting> {
    POOL.waiting()
}

impl Wait {
    #[inline]
    fn is_of(&self, span: SlotHandle) -> bool {
        self.words[word::SPAN].load(Ordering::Relaxed) == span.to_bits()
    }

    /// Where the span's call waited last; zero where it never did.
    #[inline]
    fn place(&self, span: SlotHandle) -> u64 {
        if self.is_of(span) { self.words[word::PLACE].load(Ordering::Relaxed) } else { 0 }
    }

    #[inline]
    fn set(&self, span: SlotHandle, values: [u64; WAIT_WORDS - 1]) {
        let [of, rest @ ..] = &self.words;
        of.store(0, Ordering::Relaxed);
        fence(Ordering::Release);
        rest.iter().zip(values).for_each(|(to, value)| to.store(value, Ordering::Relaxed));
        of.store(span.to_bits(), Ordering::Release);
    }

    /// Whose it is, and the place, the time and the task; nothing while it is written.
    fn read(&self) -> Option<(SlotHandle, [u64; WAIT_WORDS - 1])> {
        let [of, rest @ ..] = &self.words;
        let span = of.load(Ordering::Acquire);
        let values = [0, 1, 2].map(|at: usize| rest[at].load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        (span != 0 && of.load(Ordering::Relaxed) == span).then(|| (SlotHandle::from_bits(span), values))
    }
}

impl Pool {
    fn waiting(&self) -> Vec<Waiting> {
        self.waits().filter_map(|wait| self.who_waits(wait)).collect()
    }

    /// Nothing where the span has ended meanwhile.
    fn who_waits(&self, wait: &Wait) -> Option<Waiting> {
        let (span, [place, since, task]) = wait.read()?;
        let around = self.open_slot(span)?.get(slot_word::AROUND);
        let spec = self.spec(span)?;
        let place = location(place);
        Some(Waiting { span, around: SlotHandle::from_bits(around), spec, place, since: Ticks(since), task })
    }
}
