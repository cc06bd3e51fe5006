//! Each rule of a finding, on recordings that were made up: what breaks it, and what nearly does.

use spanwright_recording::event::*;

use super::story::{LINE, MILLI, Story};
use super::{folder, spanwright, stdout};

const SECOND: u64 = 1_000 * MILLI;

#[test]
fn a_poll_is_too_long_from_ten_bounds_on_or_by_habit() {
    let polls = |long: u64, count: u64| {
        let mut story = Story::new();
        story.spawn(1, 7);
        (0..count).for_each(|round| story.poll(1000 + round * 10, 1000 + round * 10, 7));
        (0..long).for_each(|round| story.poll(100 + round * 30, 120 + round * 30, 7));
        story
    };
    polls(5, 90).yields("habit", &["blocking-in-async"]);
    polls(4, 90).yields("no-habit", &[]);
    polls(5, 200).yields("seldom", &[]);
    let mut once = Story::new();
    once.spawn(1, 7);
    once.poll(10, 110, 7);
    once.yields("once", &["blocking-in-async"]);
}

#[test]
fn what_blocks_a_thread_of_its_own_holds_up_nobody() {
    let mut story = Story::new();
    story.at(0, 5, Thread { id: 5, name: "main".into(), role: Role::Other, ..Thread::default() });
    story.at(900, 5, Poll { duration: Nanos(800 * MILLI), task: TaskId::new(1 << 60 | 5), worker: None });
    story.yields("own-thread", &[]);
}

#[test]
fn when_the_process_did_not_run_nobody_is_blamed() {
    let stalled = |stalls: bool| {
        let mut story = Story::new();
        story.spawn(1, 7);
        story.poll(300, 800, 7);
        // The queues are looked at each ten milliseconds, but in the stall.
        (0..150)
            .filter(|step| !stalls || !(31..80).contains(step))
            .for_each(|step| story.queue(step * 10, 0));
        story
    };
    stalled(true).yields("stalled", &[]);
    stalled(false).yields("not-stalled", &["blocking-in-async"]);
}

#[test]
fn a_worker_that_sleeps_while_a_task_waits_is_found_whichever_ends_first() {
    for (name, park_end) in [("park-ends-first", 250), ("wait-ends-first", 900)] {
        let mut story = Story::new();
        story.spawn(1, 7);
        story.poll(2, 2, 7);
        story.wake(100, 7, None);
        story.poll(300, 300, 7);
        story.park(20, park_end, 1);
        story.yields(name, &["worker-starvation"]);
    }
    let mut elsewhere = Story::new();
    elsewhere.spawn(1, 7);
    elsewhere.wake(100, 7, None);
    elsewhere.poll(300, 300, 7);
    elsewhere.park(301, 900, 1);
    elsewhere.yields("park-elsewhere", &[]);
}

#[test]
fn a_wake_up_in_a_poll_is_for_the_next_one_and_waits_from_its_end_on() {
    let mut story = Story::new();
    story.spawn(1, 7);
    // A poll of its own length is no wait for it.
    for round in 0..4 {
        let start = 10 + round * 95;
        story.poll(start, start + 90, 7);
        story.wake(start + 5, 7, Some(7));
    }
    let all = story.analyzed("wakes-itself");
    let waits = &all["waits"][0]["durations"];
    // The first is from the spawn to the first poll.
    assert_eq!(waits["count"], 4);
    let most = waits["max"].as_u64().unwrap();
    assert!((8 * MILLI..9 * MILLI).contains(&most), "{waits}");
}

#[test]
fn several_long_waits_are_found_and_two_are_not() {
    let waits = |count: u64| {
        let mut story = Story::new();
        story.spawn(1, 7);
        story.poll(1, 1, 7);
        for round in 0..count {
            story.wake(100 + round * 300, 7, None);
            story.poll(300 + round * 300, 300 + round * 300, 7);
        }
        story
    };
    waits(3).yields("waits", &["wake-delay"]);
    waits(2).yields("two-waits", &[]);
    let mut among_many = waits(3);
    for round in 0..4000 {
        among_many.wake(2000 + round, 7, None);
        among_many.poll(2000 + round, 2000 + round, 7);
    }
    among_many.yields("three-waits-of-thousands", &[]);
}

/// Between a wake-up and a poll something is missing: another poll perhaps.
#[test]
fn a_wait_is_not_known_where_events_are_missing() {
    let waits = |gap: bool| {
        let mut story = Story::new();
        story.spawn(1, 7);
        story.poll(1, 1, 7);
        story.wake(100, 7, None);
        if gap {
            story.at(500, 0, Gap { lost: 1, why: Why::Full });
        }
        story.poll(1500, 1500, 7);
        story
    };
    waits(true).yields("wait-with-gap", &[]);
    waits(false).yields("wait-without-gap", &["wake-delay"]);
    // Who is woken twice was polled in between.
    let mut twice = waits(false);
    twice.wake(1490, 7, None);
    twice.yields("woken-twice", &[]);
}

#[test]
fn a_task_that_stays_on_its_thread_is_starved_by_no_other_worker() {
    let mut story = Story::new();
    let (task, place) = (TaskId::new(7), Place::new("src/serve.rs", LINE, 5));
    story.at(1, 0, TaskSpawn { task, runtime: 1, how: SpawnKind::Local, place, ..TaskSpawn::default() });
    story.poll(2, 2, 7);
    story.wake(100, 7, None);
    story.poll(300, 300, 7);
    story.park(20, 900, 1);
    story.yields("local", &[]);
}

/// A block in the midst is damaged, or the file is cut off at its end.
#[test]
fn what_is_judged_of_a_damaged_file_is_what_it_still_says() {
    let folder = folder("torn");
    leaking(2000, |_| None).write(&folder.join("whole"));
    let bytes = std::fs::read(folder.join("whole")).unwrap();
    let mut torn = bytes.clone();
    torn[bytes.len() / 2] ^= 1;
    std::fs::write(folder.join("torn"), torn).unwrap();
    std::fs::write(folder.join("cut"), &bytes[..bytes.len() * 9 / 10]).unwrap();
    for (file, code, leaks) in [("whole", 0, 1), ("torn", 1, 0), ("cut", 1, 1)] {
        let output = spanwright(&folder, &["analyze", file]);
        let text = stdout(&output);
        assert_eq!(
            (output.status.code(), text.matches(": task-leak: ").count()),
            (Some(code), leaks),
            "{file}: {text}"
        );
        assert_eq!(text.contains("note: blocks are missing: leaks"), file == "torn", "{file}: {text}");
    }
}

#[test]
fn one_worker_that_does_all_the_work_is_found_where_tasks_wait() {
    let mut story = Story::new();
    story.spawn(1, 7);
    story.poll(1, 1, 7);
    for round in 0..8 {
        story.wake(100 + round * 300, 7, None);
        story.poll(300 + round * 300, 300 + round * 300, 7);
        // Short parks, which are no starvation.
        (0..30).for_each(|step| story.park(round * 300 + step * 10, round * 300 + step * 10 + 9, 1));
    }
    story.park(0, 1, 0);
    story.yields("imbalance", &["worker-imbalance", "wake-delay"]);
}

fn leaking(rounds: u64, ends: impl Fn(u64) -> Option<u64>) -> Story {
    let mut story = Story::new();
    for task in 1..=rounds {
        story.spawn(task * 40, task);
        story.poll(task * 40, task * 40, task);
        if let Some(after) = ends(task) {
            story.end(task * 40 + after, task, End::Completed);
        }
    }
    story.queue(rounds * 40, 0);
    story
}

#[test]
fn tasks_that_do_not_end_are_a_leak_and_those_that_do_are_none() {
    leaking(200, |_| None).yields("leaking", &["task-leak"]);
    leaking(200, |task| (task % 4 == 0).then_some(5)).yields("leaking-mostly", &["task-leak"]);
    leaking(800, |task| (task % 10 != 0).then_some(5)).yields("leaking-now-and-then", &["task-leak"]);
    leaking(200, |_| Some(3000)).yields("long-lived", &[]);
    leaking(49, |_| None).yields("few", &[]);
    // A runtime that ends cancels all of them.
    let mut story = leaking(200, |_| None);
    (1..=200).for_each(|task| story.end(200 * 40 + 1, task, End::Cancelled));
    let all = story.analyzed("leaking-until-the-end");
    let finding = &all["findings"][0];
    assert_eq!(finding["id"], "task-leak");
    // The last one was made and cancelled in the same part of the time.
    assert_eq!(finding["numbers"]["alive"], 199);
    let expected = serde_json::json!({ "completed": 0, "cancelled": 200, "panicked": 0, "unknown": 0 });
    assert_eq!(all["tasks"][0]["ended"], expected);
}

#[test]
fn a_leak_is_not_judged_where_events_are_missing() {
    let mut story = leaking(200, |_| None);
    story.at(4000, 0, Gap { lost: 3, why: Why::Full });
    story.yields("leaking-perhaps", &[]);
}

/// Tasks that are woken by others, and one that is not woken again.
fn waiting(by: Option<u64>, others: u64, silent: u64) -> Story {
    let mut story = Story::new();
    for task in 1..=others {
        let start = task * 10;
        story.spawn(start, task);
        story.poll(start, start, task);
        story.wake(start + 2, task, by);
        story.poll(start + 2, start + 2, task);
        story.end(start + 2, task, End::Completed);
    }
    let stuck = others + 1;
    story.spawn(5, stuck);
    story.poll(6, 6, stuck);
    story.queue(others * 10 + silent, 0);
    story
}

#[test]
fn a_task_that_is_not_like_the_others_of_its_place_has_missed_its_wake_up() {
    waiting(Some(900), 30, 1000).yields("stuck", &["missed-wake"]);
    waiting(Some(900), 30, 500).yields("stuck-shortly", &[]);
    waiting(Some(900), 15, 1000).yields("stuck-of-few", &[]);
    // As many as are not listed one by one are no exception either.
    let mut many = waiting(Some(900), 200, 1000);
    for task in 1000..1040 {
        many.spawn(5, task);
        many.poll(6, 6, task);
    }
    many.yields("stuck-by-the-dozen", &[]);
    // Sockets and timers may well be silent.
    waiting(None, 30, 1000).yields("quiet-connection", &[]);
}

#[test]
fn a_lost_waker_is_found_unless_the_task_was_polled_again() {
    let lost = |again: bool| {
        let mut story = Story::new();
        story.spawn(1, 7);
        story.at(
            2,
            0,
            User { name: "spanwright.waker_lost".into(), task: Some(TaskId::new(7)), ..User::default() },
        );
        story.at(3, 0, Poll { duration: Nanos(2 * MILLI), task: TaskId::new(7), worker: None });
        if again {
            story.poll(10, 10, 7);
        }
        let frames = vec!["receive at src/queue.rs:7:9".into(), "serve at src/serve.rs:13:9".into()];
        story.at(
            1800,
            0,
            TaskDump { task: TaskId::new(7), waited: Some(Nanos(SECOND)), frames: frames.into() },
        );
        story.queue(2000, 0);
        story
    };
    lost(true).yields("found-again", &[]);
    lost(false).yields("lost", &["missed-wake"]);
    let output = stdout(&spanwright(&folder("lost-shown"), &["analyze", "../lost/a.spwr"]));
    assert!(
        output.contains("not heard of for 2.00s, waiting at receive at src/queue.rs:7:9: its poll returned"),
        "{output}"
    );
    assert!(
        output
            .contains("task 7 shop::serve spawned at src/serve.rs:12:5, for 1.00s\n    receive at src/queue.rs:7:9\n    serve at src/serve.rs:13:9\n"),
        "{output}"
    );
}

#[test]
fn a_queue_that_grows_is_found_and_one_that_is_worked_off_is_not() {
    let queue = |depth: fn(u64) -> u64| {
        let mut story = Story::new();
        story.spawn(1, 7);
        story.poll(1, 1, 7);
        (0..200).for_each(|step| story.queue(step * 10, depth(step)));
        story
    };
    queue(|step| step).yields("grows", &["queue-buildup"]);
    queue(|_| 1500).yields("deep", &["queue-buildup"]);
    queue(|step| step % 50 * 4).yields("worked-off", &[]);
    queue(|step| 150 + step / 2).yields("grows-by-half", &[]);
    queue(|step| step / 3).yields("grows-a-little", &[]);
}

#[test]
fn a_blocking_pool_that_is_too_small_is_found() {
    let pool = |queued: u64| {
        let mut story = Story::new();
        for task in 1..=20 {
            let place = Place::new("src/serve.rs", LINE, 5);
            let (task, name) = (TaskId::new(task), "hash".into());
            story.at(1, 0, BlockingSpawn { task, runtime: 1, name, place, ..BlockingSpawn::default() });
            let queued = Some(Nanos(queued * MILLI));
            story.at(500, 3, BlockingRun { duration: Nanos(MILLI), task, queued, how: End::Completed });
        }
        story
    };
    pool(150).yields("pool", &["blocking-pool-queue"]);
    pool(50).yields("pool-is-fine", &[]);
}

fn span(duration: u64, queued: Option<u64>, id: u8, parent: Option<u8>) -> Span<'static> {
    let nanos = |milli: u64| Nanos(milli * MILLI);
    Span {
        duration: nanos(duration),
        trace: TraceId([1; 16]),
        span: SpanId([id; 8]),
        parent: parent.map(|id| SpanId([id; 8])),
        name: if parent.is_some() { "SELECT".into() } else { "GET /orders".into() },
        place: Place::new("src/serve.rs", LINE, 0),
        busy: Some(nanos(1)),
        idle: Some(nanos(duration - 1)),
        queued: queued.map(nanos),
        ..Span::default()
    }
}

#[test]
fn a_slow_request_is_explained() {
    let slow = |child: bool| {
        let mut story = Story::new();
        (0..30).for_each(|index| story.at(100 + u64::from(index), 0, span(20, None, 100 + index, None)));
        if child {
            story.at(2900, 0, span(1700, None, 2, Some(1)));
        }
        story.at(3000, 0, span(2000, None, 1, None));
        story
    };
    for (child, said) in [
        (true, "1.70s of that were in `SELECT`"),
        (false, "2.00s of that it waited for something that has no span"),
    ] {
        let name = format!("slow-{child}");
        slow(child).yields(&name, &["slow-span"]);
        let output = stdout(&spanwright(&folder("slow-shown"), &["analyze", &format!("../{name}/a.spwr")]));
        assert!(
            output.contains(&format!("it took 2.00s, half of them take 20.4ms or less; {said}")),
            "{output}"
        );
    }
    let mut queued = Story::new();
    queued.at(500, 0, span(400, Some(300), 1, None));
    // That a longer one was in a stall does not hide it.
    queued.at(3200, 0, span(600, Some(550), 2, None));
    (0..330).filter(|step| !(261..319).contains(step)).for_each(|step| queued.queue(step * 10, 0));
    queued.yields("queued", &["queued-span"]);
    let mut busy = Story::new();
    busy.at(500, 0, span(400, Some(90), 1, None));
    busy.yields("not-queued", &[]);
}
