//! Runtimes while they live, and after.

use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use super::*;

fn runtime(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

/// The sum of the series with this runtime's name.
fn value(name: &str, runtime: &str) -> Option<f64> {
    let mut families = Vec::new();
    Runtimes::new().collect(&mut families);
    let family = families.iter().find(|family| family.name == *name)?;
    let of_it = family.series.iter().filter(|series| series.labels.get("runtime") == Some(runtime));
    of_it.filter_map(|series| series.value.number()).reduce(|one, other| one + other)
}

#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(120), "waited for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn tasks_and_workers_are_counted_without_our_own_task() {
    let runtime = runtime(3);
    watch_runtime(runtime.handle(), "counted");
    assert_eq!(value("tokio_workers", "counted"), Some(3.0));
    assert_eq!(value("tokio_alive_tasks", "counted"), Some(0.0));
    let tasks: Vec<_> = (0..7).map(|_| runtime.spawn(std::future::pending::<()>())).collect();
    assert_eq!(value("tokio_alive_tasks", "counted"), Some(7.0));
    tasks.iter().for_each(|task| task.abort());
    until("the tasks' end", || value("tokio_alive_tasks", "counted") == Some(0.0));
    until("idle workers", || value("tokio_worker_parked", "counted") == Some(3.0));
    assert!(value("tokio_worker_parks_total", "counted").unwrap() >= 3.0);
}

#[test]
fn a_worker_that_works_is_busy_and_tasks_wait_for_it() {
    let runtime = runtime(1);
    watch_runtime(runtime.handle(), "busy");
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let working = runtime.spawn(async move {
        begun.send(()).unwrap();
        ended.recv().unwrap_err();
    });
    has_begun.recv().unwrap();
    let waiting: Vec<_> = (0..5).map(|_| runtime.spawn(async {})).collect();
    assert_eq!(value("tokio_global_queue_tasks", "busy"), Some(5.0));
    assert_eq!(value("tokio_worker_parked", "busy"), Some(0.0));
    std::thread::sleep(Duration::from_millis(50));
    drop(end);
    runtime.block_on(async {
        working.await.unwrap();
        for task in waiting {
            task.await.unwrap();
        }
    });
    // It is known when the worker has nothing to do again.
    until("the time", || value("tokio_worker_busy_seconds_total", "busy").unwrap() >= 0.05);
}

#[test]
fn names_are_given_once_and_are_free_again_at_the_end() {
    let (one, other) = (runtime(1), runtime(2));
    watch_runtime(one.handle(), "same");
    watch_runtime(other.handle(), "same");
    assert_eq!((value("tokio_workers", "same"), value("tokio_workers", "same-2")), (Some(1.0), Some(2.0)));
    drop(one);
    assert_eq!(value("tokio_workers", "same"), None);
    // A runtime that is watched already gets another name, and its own one is no obstacle.
    watch_runtime(other.handle(), "same");
    watch_runtime(other.handle(), "same");
    assert_eq!((value("tokio_workers", "same"), value("tokio_workers", "same-2")), (Some(2.0), None));
}

#[test]
fn a_runtime_that_has_ended_is_let_go_whatever_ended_it() {
    type End = fn(Runtime);
    /// Dropped with the runtime's memory: hooks live in it.
    struct InTheRuntime(std::sync::mpsc::Sender<()>);
    impl Drop for InTheRuntime {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    let ways: [(&str, End); 3] = [
        ("dropped", drop),
        ("in the background", Runtime::shutdown_background),
        ("within a time", |runtime| runtime.shutdown_timeout(Duration::from_secs(1))),
    ];
    for (name, end) in ways {
        for mut builder in [Builder::new_multi_thread(), Builder::new_current_thread()] {
            let (sender, receiver) = std::sync::mpsc::channel();
            let held = InTheRuntime(sender);
            let runtime = builder
                .enable_all()
                .on_thread_unpark(move || {
                    let _held = &held;
                })
                .build()
                .unwrap();
            drop(builder);
            watch_runtime(runtime.handle(), name);
            assert!(value("tokio_workers", name).is_some());
            end(runtime);
            receiver.recv_timeout(Duration::from_secs(30)).expect("its memory is given back");
            assert_eq!(value("tokio_workers", name), None);
        }
    }
}

#[test]
fn a_runtime_that_had_ended_before_is_not_watched() {
    let runtime = runtime(1);
    let handle = runtime.handle().clone();
    drop(runtime);
    watch_runtime(&handle, "late");
    assert_eq!(value("tokio_workers", "late"), None);
}

#[test]
fn the_current_runtime_is_called_what_tokio_calls_it() {
    let named = Builder::new_current_thread().name("orders").build().unwrap();
    named.block_on(async { watch_current_runtime() });
    assert_eq!(value("tokio_workers", "orders"), Some(1.0));
    watch_runtime(named.handle(), "mine");
    named.block_on(async { watch_current_runtime() });
    assert_eq!((value("tokio_workers", "orders"), value("tokio_workers", "mine")), (None, Some(1.0)));
}

#[test]
fn runtimes_come_and_go_while_others_read() {
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (stop, relaxed) = (&stop, std::sync::atomic::Ordering::Relaxed);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            while !stop.load(relaxed) {
                let _ = value("tokio_workers", "short");
            }
        });
        let makers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let runtime = runtime(2);
                        watch_runtime(runtime.handle(), "short");
                        runtime.spawn(async {});
                    }
                })
            })
            .collect();
        makers.into_iter().for_each(|maker| maker.join().unwrap());
        stop.store(true, relaxed);
        reader.join().unwrap();
    });
    assert!(["short", "short-2", "short-3"].iter().all(|name| value("tokio_workers", name).is_none()));
}

#[cfg(all(tokio_unstable, target_has_atomic = "64"))]
#[test]
fn what_tokio_has_not_promised_to_keep_is_measured_too() {
    let runtime = runtime(2);
    watch_runtime(runtime.handle(), "unstable");
    assert_eq!(value("tokio_spawned_tasks_total", "unstable"), Some(0.0), "ours is not counted");
    runtime.block_on(async {
        for _ in 0..10 {
            tokio::spawn(async { tokio::task::yield_now().await }).await.unwrap();
        }
        tokio::task::spawn_blocking(|| {}).await.unwrap();
    });
    assert_eq!(value("tokio_spawned_tasks_total", "unstable"), Some(10.0));
    until("polls", || value("tokio_worker_polls_total", "unstable").unwrap() >= 20.0);
    assert!(value("tokio_blocking_threads", "unstable").unwrap() >= 1.0);
    assert!(value("tokio_worker_mean_poll_seconds", "unstable").unwrap() > 0.0);
    assert_eq!(value("tokio_worker_local_queue_tasks", "unstable"), Some(0.0));
    assert!(value("tokio_remote_schedules_total", "unstable").unwrap() >= 10.0);
}
