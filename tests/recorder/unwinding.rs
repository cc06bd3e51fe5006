//! Tasks of a thread that unwinds.

use spanwright_recording::event::{End, Event};
use tokio::runtime::{Builder, Runtime};

use crate::recorded::{alone, recorder, tasks};

/// Runs a task, and drops another one, while its thread unwinds.
struct WorksWhenDropped(Runtime);

impl Drop for WorksWhenDropped {
    fn drop(&mut self) {
        self.0.block_on(async {
            drop(spanwright::spawn(never_ends()));
            spanwright::spawn(ends()).await.unwrap();
        });
    }
}

async fn ends() {
    tokio::task::yield_now().await;
}

async fn never_ends() {
    std::future::pending().await
}

#[test]
fn a_panic_elsewhere_is_no_end_of_a_task() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let works = WorksWhenDropped(guard.handle().build(Builder::new_current_thread(), "unwinding").unwrap());
    let thread = std::thread::spawn(move || {
        let _works = works;
        panic!("on purpose");
    });
    assert!(thread.join().is_err());
    drop(guard);
    let events = kept.events();
    let told = |name| {
        let task = tasks(&events, name)[0].task;
        let told = events.iter().filter_map(move |record| match &record.event {
            Event::TaskEnd(end) if end.task == task => Some(end.how),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!((told("::ends"), told("::never_ends")), (vec![End::Completed], vec![End::Cancelled]));
}
