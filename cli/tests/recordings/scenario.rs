//! What two processes of a shop may have recorded while one of them was in trouble.

use std::path::Path;

use spanwright_recording::event::*;
use spanwright_recording::{Codec, Encoder, Options, RotatingWriter};

/// 2023-11-14, 22:13:20.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;
const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;

pub(crate) type Files = Encoder<RotatingWriter>;

/// Small files, so that there are several; not compressed, so that sizes stay what they are.
pub(crate) fn encoder(base: &Path, recording: u64) -> Files {
    let writer = RotatingWriter::new(base, 1000, 1 << 20).expect("the folder can be written to");
    Encoder::new(writer, Options { codec: Codec::None, level: 0, block_bytes: 300, recording })
}

fn put(files: &mut Files, thread: u32, at: u64, event: impl Into<Event<'static>>) {
    files.event(thread, at, &event.into()).expect("the disk has room");
}

/// Two workers: one is held up by a task for 25 ms, while the other sleeps though twelve tasks wait.
pub(crate) fn in_trouble(base: &Path) {
    let mut files = encoder(base, 0xA);
    begin(&mut files, 71, "north");
    let task = |id| TaskSpawn {
        task: TaskId::new(id),
        runtime: 1,
        how: SpawnKind::Async,
        name: format!("shop::task_{}", id % 3).into(),
        place: Place::new("src/shop.rs", 40 + (id % 3) as u32, 9),
        ..TaskSpawn::default()
    };
    (1..=12).for_each(|id| put(&mut files, 0, START + id * MICRO, task(id)));
    for round in 0..100 {
        let poll = Poll { duration: Nanos(50 * MICRO), task: TaskId::new(1 + round % 12), worker: None };
        put(&mut files, 0, START + (round + 1) * 100 * MICRO, poll);
        if round % 10 == 9 {
            files.flush().expect("the disk has room");
        }
    }
    trouble(&mut files);
    spans(&mut files);
    put(&mut files, 1, START + 60 * MILLI, Gap { lost: 17, why: Why::Full });
    put(
        &mut files,
        1,
        START + 61 * MILLI,
        TaskEnd { task: TaskId::new(3), how: End::Panicked, polls: Some(9) },
    );
    files.finish().expect("the disk has room");
}

pub(crate) fn begin(files: &mut Files, pid: u32, host: &'static str) {
    let process = Process {
        pid,
        service: "shop".into(),
        version: "1.2.3".into(),
        tokio: Mode::Unstable,
        host: host.into(),
        ..Process::default()
    };
    put(files, 0, START, process);
    put(files, 0, START, Runtime { id: 1, name: "main".into(), flavour: Flavour::MultiThread, workers: 2 });
    for id in 0..2 {
        let name = format!("worker-{id}").into();
        let thread =
            Thread { id, name, role: Role::Worker, runtime: Some(1), worker: Some(id), ..Thread::default() };
        put(files, id, START, thread);
    }
}

fn trouble(files: &mut Files) {
    let depth = |waiting| QueueDepth { runtime: 1, global: waiting, ..QueueDepth::default() };
    for (at, waiting) in [(12, 0), (14, 5), (20, 12), (30, 3), (33, 0), (40, 0)] {
        put(files, 0, START + at * MILLI, depth(waiting));
    }
    let long = |duration, task| Poll { duration: Nanos(duration), task: TaskId::new(task), worker: None };
    put(files, 0, START + 36 * MILLI, long(25 * MILLI, 7));
    put(files, 0, START + 50 * MILLI, long(12 * MILLI, 8));
    let fields = vec![Field::new("bound_ms", 10u64)].into();
    let why = "long_poll".into();
    put(files, 0, START + 50 * MILLI, Trigger { why, task: Some(TaskId::new(8)), span: None, fields });
    // From 16 ms to 32 ms, while 12 waited from 20 ms on; then a short one, which is no matter.
    put(files, 1, START + 32 * MILLI, Park { duration: Nanos(16 * MILLI), worker: None });
    put(files, 1, START + 60 * MILLI, Park { duration: Nanos(20 * MILLI), worker: None });
}

fn spans(files: &mut Files) {
    for index in 0..20u8 {
        let failed = index % 10 == 3;
        let span = Span {
            duration: Nanos(u64::from(index + 1) * MILLI),
            trace: TraceId([index; 16]),
            span: SpanId([index; 8]),
            name: (if index % 2 == 0 { "GET /orders" } else { "charge" }).into(),
            status: if failed { Status::Error } else { Status::Ok },
            error: (if failed { "declined" } else { "" }).into(),
            ..Span::default()
        };
        put(files, 0, START + 51 * MILLI + u64::from(index), span);
    }
    let task = TaskId::new(900);
    let spawn = BlockingSpawn { task, runtime: 1, name: "hash".into(), ..BlockingSpawn::default() };
    put(files, 0, START + 52 * MILLI, spawn);
    let queued = Some(Nanos(MILLI));
    let run = BlockingRun { duration: Nanos(3 * MILLI), task, queued, how: End::Completed };
    put(files, 2, START + 56 * MILLI, run);
}

/// Another process, at the same time.
pub(crate) fn at_ease(base: &Path) {
    let mut files = encoder(base, 0xB);
    begin(&mut files, 72, "south");
    for round in 0..50 {
        let poll = Poll { duration: Nanos(10 * MICRO), task: TaskId::new(1), worker: None };
        put(&mut files, 0, START + (round + 1) * MILLI, poll);
        put(&mut files, 1, START + (round + 1) * MILLI, Park { duration: Nanos(MILLI), worker: None });
    }
    files.finish().expect("the disk has room");
}

/// What is recovered of a process that was killed in a poll, with two dozen requests open.
pub(crate) fn killed(base: &Path) {
    let mut files = encoder(base, 0xC);
    let process =
        Process { pid: 73, host: "north".into(), tool: "spanwright, recovered".into(), ..Process::default() };
    put(&mut files, 0, START, process);
    let spawned = TaskSpawn {
        task: TaskId::new(4),
        name: "shop::imports".into(),
        place: Place::new("src/shop.rs", 50, 9),
        ..TaskSpawn::default()
    };
    put(&mut files, 0, START, spawned);
    let span = |duration, name: &'static str| {
        let place = Place::new("src/stock.rs", 7, 1);
        Span { duration: Nanos(duration), name: name.into(), place, ..Span::default() }
    };
    // A poll of 20 ms, in which one span begins and ends, and another only ends.
    put(&mut files, 2, START + 39 * MILLI, span(18 * MILLI, "count"));
    put(&mut files, 2, START + 40 * MILLI, span(1, "short"));
    put(&mut files, 2, START + 41 * MILLI, span(41 * MILLI, "came before"));
    put(
        &mut files,
        2,
        START + 41 * MILLI,
        Poll { duration: Nanos(20 * MILLI), task: TaskId::new(5), worker: None },
    );
    put(&mut files, 2, START + 59 * MILLI, span(50 * MILLI, "came before"));
    put(
        &mut files,
        2,
        START + 60 * MILLI,
        Poll { duration: Nanos(15 * MILLI), task: TaskId::new(5), worker: None },
    );
    for id in 1..=24 {
        let (duration, span) = (Nanos(100 * MILLI - u64::from(id)), Some(SpanId([id; 8])));
        let name = "GET /orders".into();
        put(
            &mut files,
            0,
            START + 100 * MILLI,
            Open { duration, what: Opened::Span, span, name, ..Open::default() },
        );
    }
    let task = Some(TaskId::new(4));
    let poll = Open { duration: Nanos(90 * MILLI), what: Opened::Poll, task, ..Open::default() };
    put(&mut files, 1, START + 100 * MILLI, poll);
    let (task, waited) = (TaskId::new(4), Some(Nanos(80 * MILLI)));
    let frames = vec!["import at src/shop.rs:60:20".into()].into();
    put(&mut files, 0, START + 100 * MILLI, TaskDump { task, waited, frames });
    files.finish().expect("the disk has room");
}

/// Values as large and as small as they can be.
pub(crate) fn extreme(base: &Path) {
    let mut files = encoder(base, u64::MAX);
    for at in [0, 1, START, u64::MAX / 2, u64::MAX] {
        for duration in [0, 1, at, u64::MAX] {
            for worker in [None, Some(0), Some(u32::MAX)] {
                let task = TaskId::new(u64::MAX);
                put(&mut files, u32::MAX, at, Poll { duration: Nanos(duration.min(at)), task, worker });
                put(&mut files, 0, at, Park { duration: Nanos(duration.min(at)), worker });
            }
            put(&mut files, 1, at, Span { duration: Nanos(duration), ..Span::default() });
            let queued = Some(Nanos(duration));
            let run = BlockingRun { duration: Nanos(at), queued, ..BlockingRun::default() };
            put(&mut files, 2, at, run);
            put(&mut files, 3, at, Gap { lost: duration, why: Why::Unknown });
            let queues = QueueDepth {
                runtime: u32::MAX,
                global: duration,
                workers: vec![u32::MAX; 3].into(),
                blocking: None,
            };
            put(&mut files, 4, at, queues);
            put(&mut files, 5, at, Open { duration: Nanos(duration), ..Open::default() });
            let name = "\u{1b}[31m\n\u{0}".into();
            put(&mut files, 6, at, Thread { id: 6, name, runtime: Some(u32::MAX), ..Thread::default() });
        }
    }
    files.finish().expect("the disk has room");
}
