//! What a trace carries from process to process beside its ids: `tracestate` and baggage, behind the `u32` of a
//! [`Context`](crate::context::Context), which is `Copy` and so owns nothing.
//!
//! A handle is found as long as somebody holds it: [`Held`], a context's guard, an open call. What nobody holds is kept
//! for a while, the newest 64 KiB of it in each of 16 parts, so that a plain copy of a context is found where it is
//! used soon; then its place is given to another, and its handle finds nothing: handles have generations.
//!
//! Bounds: 16 parts of 4,095 sets and 1 MiB each, or as many bytes as [`limit`] says. Where all of a part is held, a set more is refused, and counted.
//! Sets never change; a part's lock is held for a look and a few words.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::ids::TraceId;
use crate::sync::{AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering, lock};

const PARTS: usize = 16;
/// Sets of one part. A handle has 12 bits for them.
const MAX_SETS: usize = (1 << 12) - 1;
/// The most bytes of one part, unless another limit is set.
const MAX_BYTES: u32 = 1 << 20;
/// The most bytes of one part that nobody holds.
const MAX_UNHELD: usize = 64 << 10;

/// What is carried. It never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The trace that `trace_state` belongs to: a new trace may begin with this one's baggage.
    pub trace_id: TraceId,
    /// The members of W3C's `tracestate`, as they came; can be empty.
    pub trace_state: Arc<str>,
    /// Baggage, in order, each key once.
    pub baggage: Arc<[Member]>,
}

/// A member of the baggage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its key: a token.
    pub key: Box<str>,
    /// Its value, decoded.
    pub value: Box<str>,
    /// Its properties as they stand in W3C's header, without the first `;`; can be empty.
    pub properties: Box<str>,
}

impl Carried {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.trace_state.is_empty() && self.baggage.is_empty()
    }

    /// What it takes, allocations and the entry included.
    fn bytes(&self) -> usize {
        let member = |member: &Member| {
            size_of::<Member>() + member.key.len() + member.value.len() + member.properties.len()
        };
        size_of::<Entry>() + self.trace_state.len() + self.baggage.iter().map(member).sum::<usize>()
    }
}

#[derive(Debug)]
struct Part {
    entries: Vec<Entry>,
    /// Places whose set is gone.
    free: Vec<u16>,
    /// Sets that nobody held when they came here, the oldest first, each with its entry's `turn` then.
    unheld: VecDeque<(u16, u32)>,
    bytes: usize,
    unheld_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    generation: u16,
    holders: u32,
    /// Counts up whenever the set becomes held, or unheld.
    turn: u32,
    set: Option<Arc<Carried>>,
}

static TABLE: [Mutex<Part>; PARTS] = [const { Mutex::new(Part::new()) }; PARTS];
/// Where the next set goes. Publishes nothing.
static NEXT: AtomicU32 = AtomicU32::new(0);
/// The most bytes of one part. Publishes nothing.
static LIMIT: AtomicU32 = AtomicU32::new(MAX_BYTES);
/// Sets that found no room. Publishes nothing.
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// Which part, which place in it, and its generation, from the low bits up. Generations are never zero, nor are handles.
fn handle(part: u32, at: u16, generation: u16) -> u32 {
    part | u32::from(at) << 4 | u32::from(generation) << 16
}

fn part(handle: u32) -> MutexGuard<'static, Part> {
    lock(&TABLE[handle as usize % PARTS])
}

/// Keeps what is carried and gives its handle, which nobody holds yet. Zero where there is nothing, or no room.
#[must_use]
pub fn keep(set: Carried) -> u32 {
    if set.is_empty() {
        return 0;
    }
    let at = NEXT.fetch_add(1, Ordering::Relaxed) % PARTS as u32;
    let kept = part(at).insert(set, LIMIT.load(Ordering::Relaxed) as usize);
    let Some((place, generation)) = kept else {
        REFUSED.fetch_add(1, Ordering::Relaxed);
        return 0;
    };
    handle(at, place, generation)
}

/// Sets the most bytes of all parts together. What there is already stays.
pub fn limit(bytes: usize) {
    LIMIT.store(u32::try_from(bytes / PARTS).unwrap_or(u32::MAX), Ordering::Relaxed);
}

/// What is behind a handle; nothing where it is zero, or nobody has held it for long.
#[must_use]
pub fn find(handle: u32) -> Option<Arc<Carried>> {
    if handle == 0 {
        return None;
    }
    part(handle).entry(handle)?.set.clone()
}

/// How many sets found no room so far.
#[must_use]
pub fn refused() -> u64 {
    REFUSED.load(Ordering::Relaxed)
}

/// Holds what is behind a handle, until it is given back as often by [`release`]. `false` where there is nothing.
#[inline]
#[must_use = "what is held is to be released"]
pub fn hold(handle: u32) -> bool {
    handle != 0 && part(handle).hold(handle)
}

/// Gives back what [`hold`] has held.
#[inline]
pub fn release(handle: u32) {
    if handle != 0 {
        part(handle).release(handle);
    }
}

/// Holds what is behind a handle until it is dropped.
#[derive(Debug, Default)]
pub struct Held(u32);

impl Held {
    /// Holds what is behind `handle`, if anything is.
    #[inline]
    #[must_use]
    pub fn new(handle: u32) -> Self {
        Self(if hold(handle) { handle } else { 0 })
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        release(self.0);
    }
}

impl Part {
    const fn new() -> Self {
        Self { entries: Vec::new(), free: Vec::new(), unheld: VecDeque::new(), bytes: 0, unheld_bytes: 0 }
    }

    fn entry(&mut self, handle: u32) -> Option<&mut Entry> {
        let entry = self.entries.get_mut((handle >> 4) as usize & MAX_SETS)?;
        (entry.generation == (handle >> 16) as u16).then_some(entry)
    }

    fn insert(&mut self, set: Carried, most: usize) -> Option<(u16, u16)> {
        let bytes = set.bytes();
        while self.bytes + bytes > most || (self.free.is_empty() && self.entries.len() == MAX_SETS) {
            if !self.evict() {
                return None;
            }
        }
        let at = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry { generation: 1, holders: 0, turn: 0, set: None });
            (self.entries.len() - 1) as u16
        });
        let entry = &mut self.entries[usize::from(at)];
        entry.set = Some(Arc::new(set));
        let generation = entry.generation;
        self.bytes += bytes;
        self.leave(at);
        Some((at, generation))
    }

    fn hold(&mut self, handle: u32) -> bool {
        let Some(entry) = self.entry(handle) else { return false };
        let Some(set) = &entry.set else { return false };
        entry.holders += 1;
        if entry.holders == 1 {
            entry.turn = entry.turn.wrapping_add(1);
            let bytes = set.bytes();
            self.unheld_bytes -= bytes;
        }
        true
    }

    fn release(&mut self, handle: u32) {
        let Some(entry) = self.entry(handle).filter(|entry| entry.holders > 0) else { return };
        entry.holders -= 1;
        if entry.holders == 0 {
            self.leave((handle >> 4) as u16 & MAX_SETS as u16);
        }
    }

    /// Nobody holds the set at this place any more: it is the newest of those.
    fn leave(&mut self, at: u16) {
        let entry = &mut self.entries[usize::from(at)];
        entry.turn = entry.turn.wrapping_add(1);
        let turn = entry.turn;
        self.unheld_bytes += entry.set.as_ref().map_or(0, |set| set.bytes());
        self.unheld.push_back((at, turn));
        while self.unheld_bytes > MAX_UNHELD && self.evict() {}
        // What was held again meanwhile is still in line.
        if self.unheld.len() > 2 * MAX_SETS {
            let entries = &self.entries;
            self.unheld.retain(|(at, turn)| entries[usize::from(*at)].is_unheld(*turn));
        }
    }

    /// Gives up the oldest set that nobody holds; `false` where there is none.
    fn evict(&mut self) -> bool {
        while let Some((at, turn)) = self.unheld.pop_front() {
            let entry = &mut self.entries[usize::from(at)];
            if !entry.is_unheld(turn) {
                continue;
            }
            let bytes = entry.set.take().map_or(0, |set| set.bytes());
            entry.generation = entry.generation.checked_add(1).unwrap_or(1);
            self.bytes -= bytes;
            self.unheld_bytes -= bytes;
            self.free.push(at);
            return true;
        }
        false
    }
}

impl Entry {
    /// Whether nobody has held it since that turn.
    fn is_unheld(&self, turn: u32) -> bool {
        self.holders == 0 && self.turn == turn && self.set.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(value: &str) -> Carried {
        let member = Member { key: "k".into(), value: value.into(), properties: "".into() };
        Carried { baggage: [member].into(), ..Carried::default() }
    }

    fn insert(part: &mut Part, value: &str) -> Option<u32> {
        part.insert(set(value), MAX_BYTES as usize).map(|(at, generation)| handle(0, at, generation))
    }

    fn is_there(part: &mut Part, handle: u32) -> bool {
        part.entry(handle).is_some_and(|entry| entry.set.is_some())
    }

    #[test]
    fn nothing_has_no_handle() {
        assert_eq!(keep(Carried::default()), 0);
        assert_eq!(find(0), None);
        assert!(!hold(0));
        release(0);
    }

    #[test]
    fn what_is_kept_is_found() {
        let kept = keep(set("here"));
        let held = Held::new(kept);
        assert_eq!(find(kept).as_deref(), Some(&set("here")));
        drop(held.clone());
        drop(held);
        assert!(find(kept).is_some(), "for a while");
        assert_eq!(find(kept ^ 1 << 16), None, "another generation");
        assert_eq!(find(u32::MAX), None);
    }

    #[test]
    fn what_nobody_holds_goes_first_and_memory_is_bounded() {
        let mut part = Part::new();
        let large = "x".repeat(8_000);
        let held = insert(&mut part, &large).unwrap();
        assert!(part.hold(held));
        let unheld = insert(&mut part, &large).unwrap();
        assert!(is_there(&mut part, unheld));
        for _ in 0..10_000 {
            insert(&mut part, &large).unwrap();
            assert!(part.unheld_bytes <= MAX_UNHELD);
            assert!(part.bytes <= MAX_UNHELD + 10_000);
        }
        assert!(is_there(&mut part, held));
        assert!(!is_there(&mut part, unheld), "its handle finds nothing, and nobody else's");
        assert!(!part.hold(unheld));
        part.release(unheld);
        part.release(held);
        assert!(is_there(&mut part, held), "for a while");
    }

    #[test]
    fn a_part_that_is_all_held_refuses() {
        let mut part = Part::new();
        let large = "x".repeat(8_000);
        let mut held = Vec::new();
        while let Some(handle) = insert(&mut part, &large) {
            assert!(part.hold(handle));
            held.push(handle);
        }
        assert!(held.len() > 100 && part.bytes <= MAX_BYTES as usize, "{} sets", held.len());
        part.release(held[0]);
        assert!(insert(&mut part, &large).is_some());
        assert!(!is_there(&mut part, held[0]));

        let mut part = Part::new();
        let held: Vec<_> = (0..MAX_SETS)
            .map(|at| {
                let handle = insert(&mut part, &at.to_string()).unwrap();
                assert!(part.hold(handle));
                handle
            })
            .collect();
        assert_eq!(insert(&mut part, "one more"), None);
        held.iter().for_each(|held| part.release(*held));
        assert!(insert(&mut part, "one more").is_some());
    }

    #[test]
    fn holding_again_and_again_costs_no_memory() {
        let mut part = Part::new();
        let handle = insert(&mut part, "v").unwrap();
        for _ in 0..100_000 {
            assert!(part.hold(handle) && part.hold(handle));
            part.release(handle);
            part.release(handle);
        }
        assert!(part.unheld.len() <= 2 * MAX_SETS && is_there(&mut part, handle));
    }
}
