//! A recording that has something of everything: a poll that blocks, requests with their spans and logs, one that fails.

use std::path::Path;

use spanwright_recording::event::*;
use spanwright_recording::{Encoder, Options, SimpleBinaryWriter};

/// 2023-11-14, 22:13:20.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;
const MILLI: u64 = 1_000_000;
/// What would be markup if anybody took it for that.
pub(crate) const MARKUP: &str =
    "<img src=x onerror=\"document.title='taken'\"></script><script>document.title='taken'</script>";

type File = Encoder<SimpleBinaryWriter>;

fn put(file: &mut File, thread: u32, milli: u64, event: impl Into<Event<'static>>) {
    file.event(thread, START + milli * MILLI, &event.into()).expect("the disk has room");
}

pub(crate) fn write(path: &Path) {
    let writer = SimpleBinaryWriter::new(path).expect("the folder can be written to");
    // Many blocks, so that one may be damaged.
    let mut file = Encoder::new(writer, Options { recording: 5, block_bytes: 2048, ..Options::default() });
    begin(&mut file);
    for request in 0..200u64 {
        one(&mut file, request, 10 + request * 20);
    }
    file.finish().expect("the disk has room");
}

fn begin(file: &mut File) {
    let process = Process {
        pid: 71,
        service: "shop".into(),
        version: "1.2.3".into(),
        host: "north".into(),
        ..Process::default()
    };
    put(file, 0, 0, process);
    put(file, 0, 0, Runtime { id: 1, name: "main".into(), flavour: Flavour::MultiThread, workers: 2 });
    for id in 0..2 {
        let name = format!("worker-{id}").into();
        put(
            file,
            id,
            0,
            Thread { id, name, role: Role::Worker, runtime: Some(1), worker: Some(id), ..Thread::default() },
        );
    }
}

/// A request, which is a task with a span and a log; the hundredth blocks for 160 ms and fails.
fn one(file: &mut File, request: u64, at: u64) {
    let blocks = request == 100;
    // While one worker is blocked, the other does all the work.
    let thread = u32::from((101..109).contains(&request) || request % 2 == 1);
    let task = TaskId::new(request + 1);
    let took = if blocks { 160 } else { 3 + request % 4 };
    let place = Place::new("src/serve.rs", 12, 5);
    let made = TaskSpawn {
        task,
        runtime: 1,
        how: SpawnKind::Async,
        name: "shop::serve".into(),
        place: place.clone(),
        ..TaskSpawn::default()
    };
    put(file, thread, at, made);
    let (trace, span) = (TraceId([request as u8 + 1; 16]), SpanId([request as u8 + 1; 8]));
    let message = if blocks { MARKUP.into() } else { format!("order {request} served").into() };
    let level = if blocks { Level::Error } else { Level::Info };
    let log =
        Log { level, target: "shop".into(), message, trace: Some(trace), span: Some(span), ..Log::default() };
    put(file, thread, at + took, log);
    put(file, thread, at + took, Poll { duration: Nanos(took * MILLI), task, worker: None });
    let status = if blocks { Status::Error } else { Status::Ok };
    let duration = Nanos(took * MILLI);
    let name = if request.is_multiple_of(5) { "GET /basket" } else { "GET /orders" };
    put(
        file,
        thread,
        at + took,
        Span { duration, trace, span, name: name.into(), place, status, task: Some(task), ..Span::default() },
    );
    put(file, thread, at + took, TaskEnd { task, how: End::Completed, polls: Some(1) });
    if !blocks {
        put(file, thread, at + 19, Park { duration: Nanos((19 - took) * MILLI), worker: None });
    }
    put(file, 9, at + took, QueueDepth { runtime: 1, global: request % 7, ..QueueDepth::default() });
}
