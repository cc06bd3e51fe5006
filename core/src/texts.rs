//! Texts that get numbers, in the order in which they come: a set that only grows, up to a bound.
//!
//! A known text is found without a lock: one load of the table, then linear probing. A new one takes a mutex, under which
//! it is looked for again. A table that is half full is replaced by a longer one; whoever still looks into the
//! old one finds all that it had, and goes to the mutex for the rest. Old tables are kept, which are as long as the newest
//! one all together.

use std::hash::BuildHasher;
use std::sync::Arc;

use crate::sync::{AtomicBool, AtomicPtr, Mutex, Ordering, lock};

/// Slots of the first table, at least.
const FIRST: usize = if cfg!(loom) { 2 } else { 32 };

/// Seeded anew in each process; models are the same each time.
#[cfg(not(loom))]
type Hashing = foldhash::fast::RandomState;
#[cfg(loom)]
type Hashing = foldhash::fast::FixedState;

/// A set of texts, each with its number.
#[derive(Debug)]
pub struct Texts {
    max: u32,
    hashing: Hashing,
    /// Publishes the table behind it, which `inner` owns.
    table: AtomicPtr<Table>,
    /// Whether there are `max` texts. Publishes the table that has them all.
    is_full: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By number.
    entries: Vec<Arc<Entry>>,
    tables: Vec<Arc<Table>>,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    number: u32,
    text: Arc<str>,
}

/// Slots, a power of two of them; at most half are in use. Each publishes the entry behind it, which `Texts::inner` owns.
#[derive(Debug)]
struct Table(Box<[AtomicPtr<Entry>]>);

impl Texts {
    /// A set for so many texts.
    #[must_use]
    pub fn new(max: u32) -> Self {
        let inner = Mutex::new(Inner::default());
        let (table, is_full) = (AtomicPtr::new(std::ptr::null_mut()), AtomicBool::new(false));
        Self { max, hashing: Hashing::default(), table, is_full, inner }
    }

    /// The number of `text`, which it gets where it is new; nothing where it is new and there are too many.
    #[must_use]
    pub fn number(&self, text: &str) -> Option<u32> {
        let hash = self.hashing.hash_one(text);
        // Before the table: once there are all, the table that has them is seen as well.
        let is_full = self.is_full.load(Ordering::Acquire);
        // SAFETY: tables live as long as `self`.
        let table = unsafe { self.table.load(Ordering::Acquire).as_ref() };
        if let Some(entry) = table.and_then(|table| table.find(hash, text)) {
            return Some(entry.number);
        }
        if is_full { None } else { self.insert(hash, text) }
    }

    #[cold]
    fn insert(&self, hash: u64, text: &str) -> Option<u32> {
        let mut inner = lock(&self.inner);
        let known = inner.tables.last().and_then(|table| table.find(hash, text)).map(|entry| entry.number);
        if known.is_some() || inner.entries.len() >= self.max as usize {
            return known;
        }
        let number = inner.entries.len() as u32;
        inner.entries.push(Arc::new(Entry { hash, number, text: text.into() }));
        let Inner { entries, tables } = &mut *inner;
        match tables.last().filter(|table| entries.len() <= table.0.len() / 2) {
            Some(table) => table.insert(&entries[number as usize]),
            None => {
                let larger = Arc::new(Table::of(entries, (entries.len() * 4).next_power_of_two().max(FIRST)));
                self.table.store(Arc::as_ptr(&larger).cast_mut(), Ordering::Release);
                tables.push(larger);
            }
        }
        if entries.len() == self.max as usize {
            self.is_full.store(true, Ordering::Release);
        }
        Some(number)
    }

    /// The texts, by number.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<str>> {
        lock(&self.inner).entries.iter().map(|entry| Arc::clone(&entry.text)).collect()
    }
}

impl Table {
    /// A table that has entries already.
    fn of(entries: &[Arc<Entry>], slots: usize) -> Self {
        let mut pointers: Vec<*mut Entry> = vec![std::ptr::null_mut(); slots];
        for entry in entries {
            let free = probes(entry.hash, slots).find(|slot| pointers[*slot].is_null());
            pointers[free.unwrap_or_default()] = Arc::as_ptr(entry).cast_mut();
        }
        Self(pointers.into_iter().map(AtomicPtr::new).collect())
    }

    #[inline]
    fn find(&self, hash: u64, text: &str) -> Option<&Entry> {
        for slot in probes(hash, self.0.len()) {
            // SAFETY: entries live as long as the tables, and are published by the slot.
            let entry = unsafe { self.0[slot].load(Ordering::Acquire).as_ref() }?;
            if entry.hash == hash && *entry.text == *text {
                return Some(entry);
            }
        }
        None
    }

    /// The set's mutex is held, and there is room.
    fn insert(&self, entry: &Arc<Entry>) {
        let free = |slot: &usize| self.0[*slot].load(Ordering::Relaxed).is_null();
        if let Some(slot) = probes(entry.hash, self.0.len()).find(free) {
            self.0[slot].store(Arc::as_ptr(entry).cast_mut(), Ordering::Release);
        }
    }
}

/// The slots that a text may be in, the likeliest first; there is a power of two of them.
#[inline]
fn probes(hash: u64, slots: usize) -> impl Iterator<Item = usize> {
    (0..slots).map(move |probe| (hash as usize).wrapping_add(probe) & (slots - 1))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_numbers_while_the_set_grows() {
        let texts = Texts::new(10_000);
        for number in 0..10_000 {
            assert_eq!(texts.number(&format!("text {number}")), Some(number));
            assert_eq!(texts.number("text 0"), Some(0));
        }
        for number in (0..10_000).rev() {
            assert_eq!(texts.number(&format!("text {number}")), Some(number));
        }
        assert_eq!(texts.number("one more"), None);
        assert_eq!(&*texts.all()[7_777], "text 7777");
    }

    #[test]
    fn there_may_be_no_room_at_all() {
        assert_eq!(Texts::new(0).number(""), None);
        assert_eq!((Texts::new(1).number(""), Texts::new(1).all().len()), (Some(0), 0));
    }

    #[test]
    fn threads_agree_on_numbers() {
        let texts = Texts::new(2_000);
        let numbers: Vec<Vec<Option<u32>>> = std::thread::scope(|scope| {
            let all = || (0..3_000).map(|text| texts.number(&text.to_string())).collect();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(all)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut known: Vec<u32> = numbers.iter().flatten().filter_map(|number| *number).collect();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known, (0..2_000).collect::<Vec<_>>());
        for text in 0..3_000 {
            let of_text: Vec<u32> = numbers.iter().filter_map(|numbers| numbers[text]).collect();
            assert!(of_text.windows(2).all(|pair| pair[0] == pair[1]), "{of_text:?}");
        }
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;

    /// What one thread has inserted, another finds under the same number, whichever table it looks into.
    #[test]
    fn a_text_has_one_number() {
        loom::model(|| {
            let texts = loom::sync::Arc::new(Texts::new(3));
            assert_eq!(texts.number("a"), Some(0));
            let other = {
                let texts = loom::sync::Arc::clone(&texts);
                loom::thread::spawn(move || (texts.number("b"), texts.number("a")))
            };
            let own = (texts.number("b"), texts.number("c"));
            assert_eq!(own.1, Some(own.0.unwrap() + 1));
            assert_eq!(other.join().unwrap(), (own.0, Some(0)));
        });
    }

    /// A set that is full has all its texts.
    #[test]
    fn what_is_in_a_full_set_is_found() {
        loom::model(|| {
            let texts = loom::sync::Arc::new(Texts::new(2));
            assert_eq!(texts.number("a"), Some(0));
            let other = {
                let texts = loom::sync::Arc::clone(&texts);
                loom::thread::spawn(move || texts.number("b"))
            };
            if texts.number("c").is_none() {
                assert_eq!(texts.number("b"), Some(1));
            }
            other.join().unwrap();
        });
    }
}
