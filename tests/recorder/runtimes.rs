//! Tasks, workers, spans: what happens on runtimes.

use std::sync::mpsc;
use std::time::Duration;

use spanwright::{Event as _, instrument};
use spanwright_recording::Record;
use spanwright_recording::event::{End, Event, Role, SpawnKind, WakeKind};
use tokio::runtime::Builder;
use tokio::sync::oneshot::{Receiver, channel};

use crate::recorded::{alone, multi_thread, polls, recorder, tasks, until};

async fn sleeps_twice() {
    tokio::time::sleep(Duration::from_millis(3)).await;
    std::thread::sleep(Duration::from_millis(10));
    tokio::time::sleep(Duration::from_millis(3)).await;
}

#[test]
fn a_task_is_recorded_with_its_name_place_polls_and_end() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 2);
    let line = line!() + 1;
    runtime.block_on(async { spanwright::spawn(sleeps_twice()).await.unwrap() });
    drop((runtime, guard));
    let events = kept.events();
    let made = tasks(&events, "sleeps_twice");
    assert_eq!(made.len(), 1);
    assert!(made[0].place.file.ends_with("runtimes.rs") && made[0].place.line == line, "{:?}", made[0]);
    assert_eq!(made[0].how, SpawnKind::Async);
    let polls = polls(&events, made[0].task);
    assert_eq!(polls.len(), 3);
    assert!(polls.iter().any(|took| *took >= Duration::from_millis(10)), "{polls:?}");
    let ends: Vec<_> = events
        .iter()
        .filter_map(|record| match &record.event {
            Event::TaskEnd(end) if end.task == made[0].task => Some((end.how, end.polls)),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [(End::Completed, Some(3))]);
}

#[test]
fn tasks_that_are_cancelled_or_panic_end_so() {
    async fn is_cancelled() {
        std::future::pending::<()>().await;
    }
    async fn panics() {
        panic!("on purpose");
    }
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async {
        let task = spanwright::spawn(is_cancelled());
        let mut set = spanwright::JoinSet::new();
        set.spawn(panics());
        assert!(set.join_next().await.unwrap().is_err());
        task.abort();
        assert!(task.await.is_err());
    });
    drop((runtime, guard));
    let events = kept.events();
    for (name, expected) in [("is_cancelled", End::Cancelled), ("panics", End::Panicked)] {
        let task = tasks(&events, name)[0].task;
        let ends: Vec<_> = events
            .iter()
            .filter_map(|record| match &record.event {
                Event::TaskEnd(end) if end.task == task => Some(end.how),
                _ => None,
            })
            .collect();
        assert_eq!(ends, [expected], "{name}");
    }
}

#[test]
fn a_wake_says_which_task_woke_which() {
    async fn wakes(sender: tokio::sync::oneshot::Sender<()>) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        sender.send(()).unwrap();
    }
    async fn is_woken(receiver: Receiver<()>) {
        receiver.await.unwrap();
    }
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async {
        let (sender, receiver) = channel();
        let woken = spanwright::spawn(is_woken(receiver));
        spanwright::spawn(wakes(sender)).await.unwrap();
        woken.await.unwrap();
    });
    drop((runtime, guard));
    let events = kept.events();
    let (by, task) = (tasks(&events, "::wakes")[0].task, tasks(&events, "is_woken")[0].task);
    let wakes: Vec<_> = events
        .iter()
        .filter_map(|record| match &record.event {
            Event::Wake(wake) if wake.task == task => Some((wake.by, wake.how)),
            _ => None,
        })
        .collect();
    assert_eq!(wakes.len(), 1);
    assert_eq!(wakes[0].0, Some(by));
    assert!(matches!(wakes[0].1, WakeKind::ByRef | WakeKind::ByValue));
}

#[test]
fn workers_park_and_queues_are_sampled_and_threads_are_named() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder.sample_every(Duration::from_millis(2)));
    let runtime = multi_thread(&guard, 3);
    let is_depth = |record: &Record<'_>| matches!(record.event, Event::QueueDepth(_));
    until("samples of the queues", || {
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
        guard.handle().flush(Duration::from_secs(10));
        kept.events().iter().filter(|record| is_depth(record)).count() > 5
    });
    drop((runtime, guard));
    let events = kept.events();
    let parks = events.iter().filter(|record| matches!(record.event, Event::Park(_))).count();
    assert!(parks > 0);
    let depths = events
        .iter()
        .filter_map(|record| match &record.event {
            Event::QueueDepth(depth) => Some((depth.runtime, depth.workers.len(), depth.blocking.is_some())),
            _ => None,
        })
        .collect::<Vec<_>>();
    let unstable = cfg!(tokio_unstable);
    assert!(depths.iter().all(|(_, workers, blocking)| (*workers == 3) == unstable && *blocking == unstable));
    let mut workers: Vec<_> = events
        .iter()
        .filter_map(|record| match &record.event {
            Event::Thread(thread) if thread.role == Role::Worker => {
                Some((thread.worker, &*thread.name, thread.id))
            }
            _ => None,
        })
        .collect();
    workers.sort();
    workers.dedup();
    assert_eq!(workers.iter().map(|(worker, ..)| *worker).collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
    assert!(workers.iter().all(|(_, name, _)| name.contains("tokio")), "{workers:?}");
    let runtimes: Vec<_> = events
        .iter()
        .filter_map(|record| match &record.event {
            Event::Runtime(runtime) => Some((runtime.id, &*runtime.name, runtime.workers)),
            _ => None,
        })
        .collect();
    assert_eq!((runtimes[0].1, runtimes[0].2), ("several", 3));
    assert!(depths.iter().all(|(runtime, ..)| *runtime == runtimes[0].0));
}

#[test]
fn several_runtimes_are_told_apart_one_of_a_single_thread_among_them() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let several = multi_thread(&guard, 1);
    let mut builder = Builder::new_current_thread();
    builder.enable_all();
    let single = guard.handle().build(builder, "single").unwrap();
    let run = || async {
        spanwright::spawn(sleeps_twice()).await.unwrap();
    };
    several.block_on(run());
    single.block_on(run());
    drop((several, single, guard));
    let events = kept.events();
    let mut names = std::collections::BTreeMap::new();
    for record in &events {
        if let Event::Runtime(runtime) = &record.event {
            names.insert(runtime.id, runtime.name.to_string());
        }
    }
    assert_eq!(names.values().map(String::as_str).collect::<Vec<_>>(), ["several", "single"]);
    assert_eq!(tasks(&events, "sleeps_twice").len(), 2);
    let single = *names.iter().find(|(_, name)| *name == "single").unwrap().0;
    let parks_there = events.iter().any(|record| {
        let is_its = |thread: &spanwright_recording::event::Thread<'_>| {
            thread.id == record.thread && thread.runtime == Some(single)
        };
        matches!(record.event, Event::Park(_))
            && events.iter().any(|other| matches!(&other.event, Event::Thread(thread) if is_its(thread)))
    });
    assert!(parks_there);
}

#[test]
fn the_blocking_pool_tells_how_long_work_waited_and_ran() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).max_blocking_threads(1);
    let runtime = guard.handle().build(builder, "few").unwrap();
    runtime.block_on(async {
        let (is_spawned, spawned) = mpsc::channel::<()>();
        let work = || std::thread::sleep(Duration::from_millis(20));
        let one = spanwright::spawn_blocking(move || {
            spawned.recv().unwrap();
            work();
        });
        let other = spanwright::spawn_blocking(work);
        is_spawned.send(()).unwrap();
        one.await.unwrap();
        other.await.unwrap();
    });
    drop((runtime, guard));
    let events = kept.events();
    let runs: Vec<_> = events
        .iter()
        .filter_map(|record| match &record.event {
            Event::BlockingRun(run) => {
                Some((run.duration.0 / 1_000_000, run.queued.unwrap().0 / 1_000_000, run.how))
            }
            _ => None,
        })
        .collect();
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|(ran, _, how)| *ran >= 19 && *how == End::Completed), "{runs:?}");
    assert!(runs.iter().any(|(_, queued, _)| *queued >= 19), "one waits for the other: {runs:?}");
    assert_eq!(events.iter().filter(|record| matches!(record.event, Event::BlockingSpawn(_))).count(), 2);
}

#[instrument(record(number))]
async fn annotated(number: u32) {
    tokio::time::sleep(Duration::from_millis(10)).await;
    std::thread::sleep(Duration::from_millis(5));
    tracing::info!("half");
}

#[test]
fn spans_are_on_the_same_timeline_with_their_busy_and_idle_time() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async { tokio::spawn(annotated(7)).await.unwrap() });
    drop((runtime, guard));
    let events = kept.events();
    let (at, span) = events
        .iter()
        .find_map(|record| match &record.event {
            Event::Span(span) if &*span.name == "annotated" => Some((record.at, span)),
            _ => None,
        })
        .unwrap();
    assert!(span.attributes.iter().any(|field| &*field.key == "number"), "{span:?}");
    let (busy, idle) = (span.busy.unwrap().0, span.idle.unwrap().0);
    assert!(busy >= 5_000_000 && idle >= 9_000_000, "{span:?}");
    assert!(busy + idle <= span.duration.0 + 1_000_000, "{span:?}");
    let registry = spanwright::Registry::global();
    let times = ["function_busy_seconds_total", "function_idle_seconds_total"].map(|name| {
        let family = registry.get_metric(name).unwrap();
        let series = family.series(&[("module", module_path!()), ("function", "annotated")]).unwrap();
        series.value.number().unwrap() * 1e9
    });
    assert_eq!(times.map(|nanos| nanos.round() as u64), [busy, idle]);
    // Its task was spawned by Tokio alone: the polls are those of the annotated function, at least.
    let polls = polls(&events, span.task.unwrap());
    assert_eq!(polls.len(), 2, "{polls:?}");
    let last = events.iter().rfind(|record| matches!(record.event, Event::Poll(_))).unwrap();
    assert!(last.at.abs_diff(at) < 1_000_000_000, "one clock");
}

#[test]
fn recording_is_switched_off_and_on_while_the_program_runs() {
    async fn first() {}
    async fn unseen() {}
    async fn last() {}
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder.enabled(false));
    let (handle, runtime) = (guard.handle(), multi_thread(&guard, 1));
    handle.enable();
    runtime.block_on(async { spanwright::spawn(first()).await.unwrap() });
    handle.disable();
    assert!(!handle.is_enabled());
    runtime.block_on(async { spanwright::spawn(unseen()).await.unwrap() });
    handle.enable();
    runtime.block_on(async { spanwright::spawn(last()).await.unwrap() });
    drop((runtime, guard));
    let events = kept.events();
    let seen = ["::first", "::unseen", "::last"].map(|name| tasks(&events, name).len());
    assert_eq!(seen, [1, 0, 1]);
    assert!(events.iter().any(|record| matches!(record.event, Event::Gap(_))), "a pause is told");
    handle.enable();
    assert!(!handle.is_enabled(), "the recorder has ended");
}

#[test]
fn recording_is_switched_many_times_while_runtimes_work() {
    const TIMES: usize = 60;
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let handle = guard.handle();
    let runtimes: Vec<_> = (0..2).map(|_| multi_thread(&guard, 2)).collect();
    let work = || async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    };
    let stop = std::sync::atomic::AtomicBool::new(false);
    let stopped = || stop.load(std::sync::atomic::Ordering::Relaxed);
    std::thread::scope(|scope| {
        for runtime in &runtimes {
            scope.spawn(|| {
                while !stopped() {
                    runtime.block_on(async { spanwright::spawn(work()).await.unwrap() });
                }
            });
        }
        scope.spawn(|| {
            // Runtimes of one thread come and go meanwhile.
            while !stopped() {
                let single = handle.build(Builder::new_current_thread(), "single").unwrap();
                single.block_on(async { spanwright::spawn(work()).await.unwrap() });
            }
        });
        for _ in 0..TIMES {
            handle.disable();
            handle.enable();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    runtimes[0].block_on(async { spanwright::spawn(sleeps_twice()).await.unwrap() });
    drop(runtimes);
    assert!(guard.shutdown(Duration::from_secs(20)));
    let events = kept.events();
    let pauses = events.iter().filter(|record| matches!(&record.event, Event::Gap(_))).count();
    assert_eq!(pauses, TIMES, "each pause is told");
    let task = tasks(&events, "sleeps_twice")[0].task;
    assert_eq!(polls(&events, task).len(), 3, "what comes last is all there");
}

#[instrument]
async fn waits_twice(first: Receiver<()>, second: Receiver<()>) {
    first.await.unwrap();
    second.await.unwrap();
}

#[test]
fn a_task_that_was_polled_in_a_pause_has_not_waited_since_before_it() {
    const PAUSE: Duration = Duration::from_millis(100);
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = guard.handle().build(Builder::new_current_thread(), "single").unwrap();
    let ((send_first, first), (send_second, second)) = (channel(), channel());
    let within = runtime.enter();
    let waits = spanwright::spawn(waits_twice(first, second));
    drop(within);
    runtime.block_on(tokio::task::yield_now());
    send_first.send(()).unwrap();
    guard.disable();
    runtime.block_on(tokio::task::yield_now());
    std::thread::sleep(PAUSE);
    guard.enable();
    send_second.send(()).unwrap();
    runtime.block_on(waits).unwrap();
    drop((runtime, guard));
    let events = kept.events();
    let queued = events.iter().find_map(|record| match &record.event {
        Event::Span(span) if &*span.name == "waits_twice" => span.queued,
        _ => None,
    });
    assert!(queued.unwrap().0 < PAUSE.as_nanos() as u64, "{queued:?}");
}

#[derive(spanwright::Event)]
struct BatchFlushed<'a> {
    table: &'a str,
    rows: Option<u64>,
    #[event(debug)]
    reason: Result<(), u8>,
}

#[test]
fn events_of_ones_own_know_their_task_and_span() {
    #[instrument]
    async fn flushes() {
        BatchFlushed { table: "orders", rows: None, reason: Err(3) }.emit();
    }
    let _alone = alone();
    BatchFlushed { table: "unseen", rows: Some(1), reason: Ok(()) }.emit();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async { spanwright::spawn(flushes()).await.unwrap() });
    drop((runtime, guard));
    let events = kept.events();
    let user: Vec<_> = events
        .iter()
        .filter_map(|record| match &record.event {
            Event::User(user) => Some(user),
            _ => None,
        })
        .collect();
    let span = events.iter().find_map(|record| match &record.event {
        Event::Span(span) if &*span.name == "flushes" => Some(span.span),
        _ => None,
    });
    let [user] = &user[..] else { panic!("{user:?}") };
    assert_eq!((&*user.name, user.span), ("batch_flushed", span));
    assert_eq!(user.task, Some(tasks(&events, "flushes")[0].task));
    let fields: Vec<_> = user.fields.iter().map(|field| format!("{} {:?}", field.key, field.value)).collect();
    assert_eq!(fields, ["table Text(\"orders\")", "rows None", "reason Text(\"Err(3)\")"]);
}
