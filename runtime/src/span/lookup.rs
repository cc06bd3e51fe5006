//! The contexts of `tracing` spans, by their ids.
//!
//! A span is found by the type of the subscriber that has it. There are as many types as a program has ways to put a
//! subscriber together, which are few.

use std::sync::{PoisonError, RwLock};

use spanwright_core::context::Context;
use tracing_core::Dispatch;
use tracing_core::span::Id;

/// Finds a span in one type of subscribers.
type Find = fn(&Id, &Dispatch) -> Option<Context>;

/// The types so far.
static FINDS: RwLock<Vec<Find>> = RwLock::new(Vec::new());

/// Adds a type of subscribers.
pub(super) fn add(find: Find) {
    let mut finds = FINDS.write().unwrap_or_else(PoisonError::into_inner);
    if !finds.iter().any(|known| std::ptr::fn_addr_eq(*known, find)) {
        finds.push(find);
    }
}

/// The context of a span, where a layer of ours knows it.
pub(crate) fn context_of(id: &Id, dispatch: &Dispatch) -> Option<Context> {
    let finds = FINDS.read().unwrap_or_else(PoisonError::into_inner).clone();
    let context = finds.iter().find_map(|find| find(id, dispatch))?;
    // From here it may go to any thread.
    spanwright_core::slots::share(context.slot);
    Some(context)
}
