//! What a recorder sees of tasks; nothing without the feature.

use std::future::Future;
use std::panic::Location;

use tokio::task::Id;

pub(super) use spanwright_core::events::Spawn;

/// A task's future, followed.
#[cfg(feature = "recorder")]
pub(super) fn followed<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    crate::recorder::task::follow(future)
}

/// A task's future.
#[cfg(not(feature = "recorder"))]
pub(super) fn followed<F: Future>(future: F) -> F {
    future
}

/// A task was made for an `F`, where this is called.
#[track_caller]
pub(super) fn spawned<F>(id: Id, how: Spawn) {
    let (place, name) = (Location::caller(), std::any::type_name::<F>());
    #[cfg(feature = "recorder")]
    crate::recorder::task::spawned(id, how, place, name);
    #[cfg(not(feature = "recorder"))]
    let _ = (id, how, place, name);
}

/// Work for the blocking pool, whose time in the queue begins now.
#[cfg(feature = "recorder")]
pub(super) fn run<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    use spanwright_core::clock::{self, Ticks};
    let made = if spanwright_core::events::is_on() { clock::now() } else { Ticks(0) };
    move || crate::recorder::task::run_blocking(made, work)
}

/// Work for the blocking pool.
#[cfg(not(feature = "recorder"))]
pub(super) fn run<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    work
}
