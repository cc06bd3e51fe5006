//! Events of every kind, as a process may have recorded them.

use std::borrow::Cow;

use spanwright_recording::event::*;
use spanwright_recording::{Codec, Encoder, Options, TraceWriter};

/// 2023-11-14, 22:13:20.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;

pub(crate) type Recorded = (u32, u64, Event<'static>);

/// What was recorded, in the order in which it was written.
pub(crate) fn every_kind() -> Vec<Recorded> {
    let mut events = beginning();
    events.extend(work());
    events.extend(spans());
    events.extend(end());
    events
}

fn beginning() -> Vec<Recorded> {
    let process = Process {
        pid: 4242,
        started: START - 5_000_000_000,
        service: "shop".into(),
        version: "1.2.3".into(),
        tool: "spanwright 0.1.0".into(),
        tokio: Mode::Unstable,
        host: "north".into(),
        fields: vec![Field::new("deployment.environment.name", "test")].into(),
    };
    let clock = Clock { ticks: 123_456_789_012, frequency: 2.5e9, source: "tsc".into() };
    let runtime = Runtime { id: 1, name: "main".into(), flavour: Flavour::MultiThread, workers: 2 };
    let thread = |id: u32, role| Thread {
        id,
        name: format!("worker-{id}").into(),
        os_id: 5000 + u64::from(id),
        role,
        runtime: Some(1),
        worker: (role == Role::Worker).then_some(id),
    };
    vec![
        (0, START, process.into()),
        (0, START, clock.into()),
        (0, START + 10, runtime.into()),
        (0, START + 20, thread(0, Role::Worker).into()),
        (1, START + 25, thread(1, Role::Worker).into()),
        (2, START + 30, thread(2, Role::Blocking).into()),
    ]
}

fn work() -> Vec<Recorded> {
    let mut events = Vec::new();
    let place = Place::new("src/shop.rs", 41, 9);
    for task in 1..=40u64 {
        let at = START + 1_000 + task * 2_500;
        let id = TaskId::new(1000 + task);
        let spawn = TaskSpawn {
            task: id,
            parent: (task > 1).then(|| TaskId::new(1001)),
            runtime: 1,
            how: SpawnKind::Async,
            name: "shop::serve::{closure}".into(),
            place: place.clone(),
        };
        events.push((0, at, spawn.into()));
        let by = (task % 3 != 0).then(|| TaskId::new(1000 + task / 2));
        events.push((0, at + 200, Wake { task: id, by, how: WakeKind::ByRef }.into()));
        let poll = Poll { duration: Nanos(700 + task * 13), task: id, worker: None };
        events.push((0, at + 1_900, poll.into()));
    }
    events.push((0, START + 200_000, Park { duration: Nanos(60_000), worker: Some(0) }.into()));
    for task in 1..=40u64 {
        let at = START + 3_000 + task * 4_000;
        let poll = Poll { duration: Nanos(1_500), task: TaskId::new(1041 - task), worker: Some(1) };
        events.push((1, at, poll.into()));
    }
    let depth = QueueDepth { runtime: 1, global: 17, workers: vec![3, 0].into(), blocking: Some(2) };
    events.push((1, START + 170_000, depth.into()));
    events.push((1, START + 170_500, QueueDepth { runtime: 1, ..Default::default() }.into()));
    events
}

fn spans() -> Vec<Recorded> {
    let trace = TraceId(*b"0123456789abcdef");
    let (outer, inner) = (SpanId(*b"outer..1"), SpanId(*b"inner..2"));
    let attributes = vec![
        Field::new("http.route", "/orders/{id}"),
        Field::new("http.response.status_code", 503i64),
        Field::new("retried", true),
        Field::new("load", 0.75),
        Field::new("bytes", u64::MAX),
        Field::new("nothing", Value::None),
        Field::new("names", Value::List(vec!["größer".into(), "\u{1f980}".into(), (-7i64).into()])),
        Field::new("nested", Value::Fields(vec![Field::new("span", inner), Field::new("trace", trace)])),
    ];
    let span = Span {
        duration: Nanos(80_000),
        trace,
        span: inner,
        parent: Some(outer),
        name: "charge".into(),
        target: "shop::payments".into(),
        place: Place::new("src/payments.rs", 12, 1),
        span_kind: SpanKind::Client,
        status: Status::Error,
        error: "card declined: \"no\"\n".into(),
        task: Some(TaskId::new(1003)),
        busy: Some(Nanos(20_000)),
        idle: Some(Nanos(55_000)),
        queued: Some(Nanos(5_000)),
        flags: 1,
        attributes: Cow::Owned(attributes),
        links: vec![Link { trace: TraceId([0xff; 16]), span: SpanId([0xfe; 8]) }].into(),
    };
    let root = Span {
        span: outer,
        parent: None,
        duration: Nanos(120_000),
        name: "order".into(),
        ..Span { trace, ..Span::default() }
    };
    let log = Log {
        level: Level::Warn,
        target: "shop::payments".into(),
        message: "will be tried again".into(),
        place: Place::new("src/payments.rs", 30, 5),
        trace: Some(trace),
        span: Some(inner),
        fields: vec![Field::new("attempt", 2u64)].into(),
    };
    let user = User {
        name: "CacheMiss".into(),
        task: Some(TaskId::new(1003)),
        span: Some(inner),
        fields: vec![Field::new("key", "order:17")].into(),
    };
    vec![
        (0, START + 300_000, log.into()),
        (0, START + 310_000, user.into()),
        (0, START + 400_000, span.into()),
        (0, START + 420_000, root.into()),
    ]
}

fn end() -> Vec<Recorded> {
    let task = TaskId::new(2000);
    let spawn = BlockingSpawn {
        task,
        parent: Some(TaskId::new(1005)),
        runtime: 1,
        name: "shop::render".into(),
        place: Place::new("src/render.rs", 7, 3),
    };
    let run = BlockingRun { duration: Nanos(90_000), task, queued: Some(Nanos(10_000)), how: End::Panicked };
    let ended = TaskEnd { task: TaskId::new(1007), how: End::Cancelled, polls: Some(2) };
    let trigger = Trigger {
        why: "long_poll".into(),
        task: Some(TaskId::new(1003)),
        span: None,
        fields: vec![Field::new("bound_ms", 10u64)].into(),
    };
    let open = Open {
        duration: Nanos(50_000),
        what: Opened::Span,
        task: Some(TaskId::new(1003)),
        trace: Some(TraceId([1; 16])),
        span: Some(SpanId([2; 8])),
        parent: Some(SpanId([3; 8])),
        name: "never ended".into(),
        fields: vec![Field::new("step", 3u64)].into(),
    };
    let dump = TaskDump {
        task: TaskId::new(1003),
        waited: Some(Nanos(2_000_000_000)),
        frames: vec!["rx.recv()".into(), "shop::serve".into()].into(),
    };
    vec![
        (0, START + 450_000, spawn.into()),
        (2, START + 550_000, run.into()),
        (0, START + 560_000, ended.into()),
        (0, START + 570_000, Gap { lost: 12, why: Why::Full }.into()),
        (1, START + 580_000, trigger.into()),
        (1, START + 590_000, open.into()),
        (1, START + 600_000, dump.into()),
    ]
}

/// Writes events in small blocks, so that there are several.
pub(crate) fn write<W: TraceWriter>(events: &[Recorded], writer: W, codec: Codec) -> Encoder<W> {
    let options = Options { codec, level: 3, block_bytes: 600, recording: 0x5eed };
    let mut encoder = Encoder::new(writer, options);
    for (index, (thread, at, event)) in events.iter().enumerate() {
        if index % 30 == 29 {
            encoder.flush().expect("the writer takes it");
        }
        encoder.event(*thread, *at, event).expect("the writer takes it");
    }
    encoder.flush().expect("the writer takes it");
    encoder
}

/// As they should be read: by their time, and of the same time in the order in which they were written.
pub(crate) fn in_order(events: &[Recorded]) -> Vec<Record<'static>> {
    let mut records: Vec<_> = events
        .iter()
        .map(|(thread, at, event)| Record { thread: *thread, at: *at, event: event.clone() })
        .collect();
    records.sort_by_key(|record| record.at);
    records
}

/// A file of its own, which goes away with this.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) std::path::PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("spanwright-recording-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
