//! What a Tokio runtime tells: with its stable hooks its threads, parks and wake-ups; with `tokio_unstable` each task's start, polls and
//! end too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use spanwright_core::events::{self, Role};
use tokio::runtime::Builder;

/// Puts hooks into the builder of a runtime of this number.
///
/// A builder has one hook of a kind: those that it had are replaced.
pub(super) fn set(builder: &mut Builder, runtime: u32) {
    let workers = Arc::new(AtomicU32::new(0));
    builder
        .on_thread_start(move || {
            if events::is_on() {
                // Workers are found out when they park for the first time.
                events::place_thread(Role::Blocking, Some(runtime), None);
            }
        })
        .on_thread_park(move || {
            if events::is_on() {
                place_worker(runtime, &workers);
                events::park();
            }
        })
        .on_thread_unpark(events::unpark);
    #[cfg(tokio_unstable)]
    unstable::set(builder, runtime);
}

/// Says that this thread is a worker, the first time that it is seen to be one of this runtime.
#[inline]
fn place_worker(runtime: u32, workers: &AtomicU32) {
    thread_local! {
        /// The runtime whose worker this thread is known to be.
        static WORKER_OF: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    if WORKER_OF.get() != runtime {
        WORKER_OF.set(runtime);
        let by_tokio = tokio::runtime::worker_index().and_then(|index| u32::try_from(index).ok());
        let worker = by_tokio.unwrap_or_else(|| workers.fetch_add(1, Ordering::Relaxed));
        events::place_thread(Role::Worker, Some(runtime), Some(worker));
    }
}

#[cfg(tokio_unstable)]
mod unstable {
    //! The hooks of every task.

    use spanwright_core::clock::Ticks;
    use spanwright_core::events::{self, Spawn, TaskEnd};
    use tokio::runtime::Builder;

    use crate::recorder::task::{has_ended, number};

    pub(super) fn set(builder: &mut Builder, runtime: u32) {
        builder
            .on_task_spawn(move |task| {
                events::spawned(number(task.id()), Spawn::Async, runtime, Some(task.spawned_at()), "");
            })
            .on_before_task_poll(|task| {
                if events::is_on() {
                    let _ = events::begin_poll(number(task.id()), Ticks(0));
                }
            })
            .on_after_task_poll(|_| {
                let _ = events::end_poll();
            })
            .on_task_terminate(|task| {
                let task = number(task.id());
                if !has_ended(task) {
                    events::ended(task, TaskEnd::Unknown, 0);
                }
            });
    }
}
