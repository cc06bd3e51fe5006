//! Recordings with faults in them, that an analysis has to find.

use spanwright_recording::event::{
    Event, Nanos, Park, Place, Poll, Process, QueueDepth, Role, Runtime, TaskId, TaskSpawn, Thread,
};
use spanwright_recording::{Encoder, Options, SimpleBinaryWriter};

use crate::process::TempDir;
use crate::programs::run;

const START: u64 = 1_700_000_000_000_000_000;
const MS: u64 = 1_000_000;

/// What `analyze_trace` says of these events, of two workers.
fn analysis(events: Vec<(u32, u64, Event<'static>)>) -> String {
    let folder = TempDir::new();
    let path = folder.path().join("planted.bin");
    let mut encoder = Encoder::new(SimpleBinaryWriter::new(&path).unwrap(), Options::default());
    encoder.event(0, START, &Process { pid: 1, ..Process::default() }).unwrap();
    encoder.event(0, START, &Runtime { id: 1, workers: 2, ..Runtime::default() }).unwrap();
    for worker in [0, 1] {
        let id = worker + 1;
        let name = format!("worker-{worker}").into();
        let thread = Thread {
            id,
            name,
            role: Role::Worker,
            runtime: Some(1),
            worker: Some(worker),
            ..Thread::default()
        };
        encoder.event(0, START, &thread).unwrap();
    }
    for number in [7, 8] {
        let place = Place::new("src/load.rs", number, 5);
        let name = format!("task {number}").into();
        encoder
            .event(
                0,
                START,
                &TaskSpawn {
                    task: TaskId::new(number.into()),
                    name,
                    place,
                    runtime: 1,
                    ..TaskSpawn::default()
                },
            )
            .unwrap();
    }
    for (thread, after, event) in events {
        encoder.event(thread, START + after, &event).unwrap();
    }
    encoder.flush().unwrap();
    drop(encoder);
    run("analyze_trace", folder.path(), &[path.to_str().unwrap()])
}

fn poll(task: u64, milliseconds: u64) -> Event<'static> {
    Poll { duration: Nanos(milliseconds * MS), task: TaskId::new(task), worker: None }.into()
}

fn park(milliseconds: u64) -> Event<'static> {
    Park { duration: Nanos(milliseconds * MS), worker: None }.into()
}

fn waiting(tasks: u64) -> Event<'static> {
    QueueDepth { runtime: 1, global: tasks, ..QueueDepth::default() }.into()
}

#[test]
fn idle_workers_are_found() {
    let text = analysis(vec![
        (0, 10 * MS, waiting(0)),
        // For 60 of its 100 milliseconds somebody waits.
        (0, 40 * MS, waiting(3)),
        (2, 100 * MS, park(100)),
        (0, 110 * MS, waiting(0)),
        // And for 30 of its 90, though nobody does at its end.
        (0, 120 * MS, waiting(1)),
        (0, 150 * MS, waiting(0)),
        (2, 200 * MS, park(90)),
        (1, 200 * MS, poll(7, 200)),
        (1, 201 * MS, park(1)),
    ]);
    assert!(
        text.contains("thread 2: busy 0 % of the time of the busiest, idle for 90.0ms while tasks waited"),
        "{text}"
    );
    assert!(
        text.contains("thread 1: busy 100 % of the time of the busiest, idle for 0.0ns while tasks waited"),
        "{text}"
    );
}

#[test]
fn long_polls_are_found_with_their_tasks() {
    let mut events: Vec<_> = (1..=20).map(|number| (1, number * 10 * MS, poll(7, 1))).collect();
    events.push((2, 50 * MS, poll(8, 40)));
    let text = analysis(events);
    let (_, longest) = text.split_once("Longest polls\n").expect("they are shown");
    let first = longest.lines().next().expect("there are some");
    assert!(first.contains("40.0ms") && first.ends_with("task 8 at src/load.rs:8"), "{text}");
}

#[test]
fn imbalance_is_found() {
    let text = analysis(vec![
        (1, 400 * MS, poll(7, 400)),
        (1, 410 * MS, park(10)),
        (2, 100 * MS, poll(8, 100)),
        (2, 410 * MS, park(310)),
    ]);
    assert!(text.contains("thread 1: busy 100 % of the time of the busiest"), "{text}");
    assert!(text.contains("thread 2: busy 25 % of the time of the busiest"), "{text}");
}
