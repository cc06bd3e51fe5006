//! What a flight recorder keeps, and when.

use std::future::Future;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use spanwright::recorder::{NullWriter, Recorder};
use spanwright_recording::event::{Event, Record};

use crate::recorded::{alone, multi_thread, polls, recorder, tasks, until};

pub(crate) fn flight(recorder: Recorder) -> Recorder {
    recorder.flight(Duration::from_secs(30), 1 << 20)
}

pub(crate) fn triggers(events: &[Record<'_>]) -> Vec<String> {
    let triggers = events.iter().filter_map(|record| match &record.event {
        Event::Trigger(trigger) => Some(trigger.why.to_string()),
        _ => None,
    });
    triggers.collect()
}

#[test]
fn a_long_poll_is_seen_while_it_runs_and_what_came_before_is_written() {
    async fn before() {}
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| flight(recorder).long_poll(Duration::from_millis(20)));
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async {
        spanwright::spawn(before()).await.unwrap();
        let kept = kept.clone();
        assert!(kept.is_empty());
        let task = spanwright::spawn(async move {
            // It goes on until the recording is there.
            until("the recording", || !kept.is_empty());
        });
        task.await.unwrap();
    });
    let events = kept.events();
    assert_eq!(triggers(&events), ["long_poll"]);
    let long = events.iter().find_map(|record| match &record.event {
        Event::Trigger(trigger) => trigger.task,
        _ => None,
    });
    assert!(long.is_some());
    assert!(
        events
            .iter()
            .any(|record| matches!(&record.event, Event::TaskSpawn(made) if made.name.contains("before")))
    );
    drop((runtime, guard));
}

#[test]
fn a_quiet_period_has_one_recording() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| flight(recorder).quiet(Duration::from_secs(3_600)));
    let handle = guard.handle();
    handle.trigger("first");
    until("the recording", || handle.status().dumps == 1);
    handle.trigger("second");
    assert!(handle.flush(Duration::from_secs(5)));
    assert_eq!(handle.status().dumps, 1);
    assert_eq!(triggers(&kept.events()), ["first"]);
    drop(guard);
}

#[test]
fn what_happens_in_a_quiet_period_is_in_the_recording_after_it() {
    const QUIET: Duration = Duration::from_secs(2);
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| flight(recorder).quiet(QUIET));
    let handle = guard.handle();
    handle.trigger("first");
    until("the recording", || handle.status().dumps == 1);
    let dumped = Instant::now();
    handle.trigger("second");
    handle.trigger("third");
    assert!(handle.flush(Duration::from_secs(5)));
    assert_eq!(handle.status().dumps, 1);
    std::thread::sleep((QUIET + Duration::from_millis(200)).saturating_sub(dumped.elapsed()));
    handle.trigger("fourth");
    until("the other recording", || handle.status().dumps == 2);
    assert_eq!(triggers(&kept.events()), ["first", "second", "third", "fourth"]);
    drop(guard);
}

#[test]
fn a_recording_has_the_last_seconds_and_no_more() {
    async fn long_ago() {}
    async fn just_now() {}
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| {
        recorder.flight(Duration::from_secs(2), 1 << 20).delay(Duration::from_millis(10))
    });
    let (handle, runtime) = (guard.handle(), multi_thread(&guard, 1));
    runtime.block_on(async { spanwright::spawn(long_ago()).await.unwrap() });
    std::thread::sleep(Duration::from_secs(3));
    runtime.block_on(async {
        spanwright::spawn(just_now()).await.unwrap();
        // A poll ends behind its task. The only worker has ended that one when it polls another.
        spanwright::spawn(async {}).await.unwrap();
    });
    handle.trigger("on purpose");
    until("the recording", || handle.status().dumps == 1);
    let events = kept.events();
    let ended = |name| {
        // Blocks tell of tasks that they name: what happened to them says when they were there.
        let task = tasks(&events, name).first().map(|made| made.task);
        task.is_some_and(|task| !polls(&events, task).is_empty())
    };
    assert_eq!((ended("long_ago"), ended("just_now")), (false, true));
    drop((runtime, guard));
}

/// Blocks the thread that wakes it.
struct BlocksWhoWakes(Mutex<mpsc::Receiver<()>>);

impl std::task::Wake for BlocksWhoWakes {
    fn wake(self: Arc<Self>) {
        let _ = self.0.lock().unwrap().recv();
    }
}

#[test]
fn a_worker_that_sleeps_while_tasks_wait_is_told_of_once() {
    let _alone = alone();
    let (guard, kept) =
        recorder(|recorder| flight(recorder).quiet(Duration::ZERO).starvation(Duration::from_millis(50)));
    let runtime = multi_thread(&guard, 1);
    let (sender, receiver) = mpsc::channel();
    let waker = Waker::from(Arc::new(BlocksWhoWakes(Mutex::new(receiver))));
    let inside = runtime.enter();
    let mut timer = Box::pin(tokio::time::sleep(Duration::from_millis(30)));
    // The only worker, which sleeps until the timer is due, wakes it from within its sleep.
    assert!(timer.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(inside);
    std::thread::sleep(Duration::from_millis(200));
    let waiting: Vec<_> = (0..3).map(|_| runtime.spawn(async {})).collect();
    until("the recording", || !kept.is_empty());
    std::thread::sleep(Duration::from_millis(200));
    drop(sender);
    runtime.block_on(async {
        for task in waiting {
            task.await.unwrap();
        }
    });
    assert!(guard.handle().flush(Duration::from_secs(5)));
    let events = kept.events();
    assert_eq!(triggers(&events), ["starvation"]);
    let waited = events.iter().find_map(|record| match &record.event {
        Event::Trigger(trigger) => Some(format!("{:?}", trigger.fields)),
        _ => None,
    });
    assert!(waited.unwrap().contains("Uint(3)"));
    drop((runtime, guard));
}

#[test]
fn a_panic_is_kept_with_its_message_and_task() {
    let _alone = alone();
    let (guard, kept) = recorder(flight);
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async {
        let panics = async { panic!("on purpose, {}", 1) };
        assert!(spanwright::spawn(panics).await.is_err());
    });
    until("the recording", || !kept.is_empty());
    let events = kept.events();
    let trigger = events.iter().find_map(|record| match &record.event {
        Event::Trigger(trigger) => Some(trigger),
        _ => None,
    });
    let trigger = trigger.unwrap();
    assert_eq!(&*trigger.why, "panic");
    assert!(
        trigger.task.is_some() && format!("{:?}", trigger.fields).contains("on purpose, 1"),
        "{trigger:?}"
    );
    drop((runtime, guard));
}

#[test]
fn a_queue_that_is_too_long_is_told_of_once() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| flight(recorder).quiet(Duration::ZERO).queue_depth(50));
    let runtime = multi_thread(&guard, 1);
    let (sender, receiver) = mpsc::channel::<()>();
    let blocks = runtime.spawn(async move { receiver.recv().is_err() });
    let waiting: Vec<_> = (0..200).map(|_| runtime.spawn(async {})).collect();
    until("the recording", || !kept.is_empty());
    std::thread::sleep(Duration::from_millis(200));
    drop(sender);
    runtime.block_on(async {
        assert!(blocks.await.unwrap());
        for task in waiting {
            task.await.unwrap();
        }
    });
    assert_eq!(triggers(&kept.events()), ["queue_depth"]);
    drop((runtime, guard));
}

#[cfg(unix)]
#[test]
fn a_signal_has_the_recording_written() {
    const SIGUSR2: i32 = if cfg!(target_os = "linux") { 12 } else { 31 };
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| flight(recorder).signal(SIGUSR2));
    let pid = std::process::id().to_string();
    assert!(std::process::Command::new("kill").args(["-USR2", &pid]).status().unwrap().success());
    until("the recording", || !kept.is_empty());
    assert_eq!(triggers(&kept.events()), ["signal"]);
    drop(guard);
}

#[cfg(unix)]
#[test]
fn a_signal_that_nobody_can_handle_is_an_error() {
    let _alone = alone();
    let error = flight(Recorder::new(NullWriter)).signal(9).start().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the recorder can't be started: the signal 9 can't be watched for; take `SIGUSR2`, say"
    );
}

#[test]
fn nothing_is_written_where_nothing_happens() {
    let _alone = alone();
    let (guard, kept) = recorder(flight);
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async { spanwright::spawn(async {}).await.unwrap() });
    drop((runtime, guard));
    assert!(kept.is_empty());
}

#[test]
fn a_missed_latency_objective_is_kept_with_its_function() {
    #[spanwright::instrument(metrics, slo(latency("99%" < "250ms")))]
    fn misses(millis: u64) {
        std::thread::sleep(Duration::from_millis(millis));
    }
    let _alone = alone();
    let (guard, kept) = recorder(flight);
    misses(0);
    assert!(guard.handle().flush(Duration::from_secs(5)));
    assert!(kept.is_empty());
    misses(260);
    until("the recording", || !kept.is_empty());
    let events = kept.events();
    assert_eq!(triggers(&events), ["missed_objective"]);
    let spans = events.iter().filter(|record| matches!(&record.event, Event::Span(_))).count();
    assert!(spans >= 1, "the calls before it are there");
    drop(guard);
}
