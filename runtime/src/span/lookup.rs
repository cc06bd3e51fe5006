//! The contexts of `tracing` spans, by their ids.
//!
//! A span is found by the type of the subscriber that has it. There are as many types as a program has ways to put a
//! subscriber together, which are few.

use spanwright_core::context::Context;
use spanwright_core::kept::Kept;
use tracing_core::Dispatch;
use tracing_core::span::Id;

/// Finds a span in one type of subscribers.
type Find = fn(&Id, &Dispatch) -> Option<Context>;

/// One of the types, and the one that came after it. A list that only grows is read without a lock, and without a copy of it,
/// whatever a subscriber does meanwhile.
#[derive(Debug)]
struct Known {
    find: Find,
    next: Kept<Known>,
}

/// The first type.
static FIRST: Kept<Known> = Kept::new();

/// Adds a type of subscribers.
pub(super) fn add(find: Find) {
    add_to(&FIRST, find);
}

fn add_to(first: &'static Kept<Known>, find: Find) {
    let mut place = first;
    loop {
        // Where another thread has taken the place, it goes to the next one.
        let known = place.get_or_make(|| Known { find, next: Kept::new() });
        if std::ptr::fn_addr_eq(known.find, find) {
            return;
        }
        place = &known.next;
    }
}

fn all(first: &'static Kept<Known>) -> impl Iterator<Item = Find> {
    std::iter::successors(first.get(), |known| known.next.get()).map(|known| known.find)
}

/// The context of a span, where a layer of ours knows it.
pub(crate) fn context_of(id: &Id, dispatch: &Dispatch) -> Option<Context> {
    let context = all(&FIRST).find_map(|find| find(id, dispatch))?;
    // From here it may go to any thread.
    spanwright_core::slots::share(context.slot);
    Some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_known_once() {
        static TYPES: Kept<Known> = Kept::new();
        let nothing: Find = |_, _| None;
        let something: Find = |_, _| Some(Context::NONE);
        for find in [nothing, something, nothing, something] {
            add_to(&TYPES, find);
        }
        let known: Vec<Find> = all(&TYPES).collect();
        assert_eq!(known.len(), 2);
        assert!(std::ptr::fn_addr_eq(known[0], nothing) && std::ptr::fn_addr_eq(known[1], something));
    }
}
