//! What a busy service records, as much of it as is asked for.

use std::path::Path;

use spanwright_recording::event::*;
use spanwright_recording::{Encoder, Options, SimpleBinaryWriter};

const WORKERS: u32 = 8;
/// Tasks that are alive at a time.
const ALIVE: u64 = 20_000;
const START: u64 = 1_700_000_000_000_000_000;

type File = Encoder<SimpleBinaryWriter>;

fn put(file: &mut File, thread: u32, at: u64, event: &impl Kind) -> u64 {
    file.event(thread, at, event).unwrap();
    1
}

/// Requests that come and go: a task each, which is woken and polled three times and has a span.
pub(crate) fn record(path: &Path, events: u64) {
    let writer = SimpleBinaryWriter::new(path).unwrap();
    let mut file = Encoder::new(writer, Options { recording: 7, ..Options::default() });
    let runtime = Runtime { id: 1, name: "main".into(), flavour: Flavour::MultiThread, workers: WORKERS };
    let mut written = put(&mut file, 0, START, &runtime);
    for id in 0..WORKERS {
        let name = format!("worker-{id}").into();
        let thread =
            Thread { id, name, role: Role::Worker, runtime: Some(1), worker: Some(id), ..Thread::default() };
        written += put(&mut file, id, START, &thread);
    }
    let mut clock = [START; WORKERS as usize];
    let mut round = 0u64;
    while written < events {
        // A worker says many things before another one does.
        let thread = (round / 512 % u64::from(WORKERS)) as u32;
        let at = &mut clock[thread as usize];
        written += request(&mut file, thread, at, round);
        round += 1;
    }
    file.finish().unwrap();
}

fn request(file: &mut File, thread: u32, at: &mut u64, round: u64) -> u64 {
    let (task, ended) = (TaskId::new(round + 1), TaskId::new((round + 1).saturating_sub(ALIVE)));
    let place = Place::new("src/serve.rs", 10 + (round % 40) as u32, 5);
    let name = format!("shop::serve_{}", round % 40).into();
    *at += 2_000;
    let made = TaskSpawn { task, runtime: 1, how: SpawnKind::Async, name, place, ..TaskSpawn::default() };
    let mut written = put(file, thread, *at, &made);
    for step in 0..3 {
        *at += 300 + round % 97 * 11;
        written += put(file, thread, *at, &Wake { task, by: None, how: WakeKind::ByRef });
        *at += 1_500 + (round + step) % 61 * 40;
        written += put(file, thread, *at, &Poll { duration: Nanos(900 + step * 100), task, worker: None });
    }
    if round & 3 == 0 {
        let id = round.to_be_bytes();
        let trace = TraceId([[7; 8], id].concat().try_into().unwrap());
        let duration = Nanos(9_000 + round % 1000);
        let span = Span {
            duration,
            trace,
            span: SpanId(id),
            name: "GET /orders".into(),
            task: Some(task),
            ..Span::default()
        };
        written += put(file, thread, *at, &span);
    }
    if round & 63 == 0 {
        *at += 40_000;
        written += put(file, thread, *at, &Park { duration: Nanos(39_000), worker: None });
        let queues = QueueDepth { runtime: 1, global: round % 9, ..QueueDepth::default() };
        written += put(file, thread, *at, &queues);
    }
    if ended != TaskId::new(0) {
        written += put(file, thread, *at, &TaskEnd { task: ended, how: End::Completed, polls: Some(3) });
    }
    written
}
