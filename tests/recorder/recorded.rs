//! What was recorded, read back.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spanwright::recorder::{Recorder, RecorderGuard, Sealed, TraceWriter};
use spanwright_recording::Reader;
use spanwright_recording::event::{Event, Record, TaskId, TaskSpawn};
use tokio::runtime::{Builder, Runtime};

/// Recorders are the process'.
static ALONE: Mutex<()> = Mutex::new(());

/// One recorder at a time.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps what is written to it; may be told to fail, or to be slow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) bytes: Arc<Mutex<Vec<u8>>>,
    pub(crate) fails: Arc<Mutex<bool>>,
    pub(crate) takes: Duration,
}

impl TraceWriter for Kept {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        std::thread::sleep(self.takes);
        if *self.fails.lock().unwrap() {
            return Err(io::Error::other("no space left"));
        }
        self.bytes.lock().unwrap().extend_from_slice(block.bytes);
        Ok(())
    }
}

impl Kept {
    /// All events so far.
    pub(crate) fn events(&self) -> Vec<Record<'static>> {
        let mut reader = Reader::from_bytes(self.bytes.lock().unwrap().clone());
        let all: Vec<_> = reader.events().collect();
        assert!(reader.problems().is_empty(), "{:?}", reader.problems());
        all
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.lock().unwrap().is_empty()
    }
}

/// A recorder that writes into memory, and where that is.
pub(crate) fn recorder(set: impl FnOnce(Recorder) -> Recorder) -> (RecorderGuard, Kept) {
    let kept = Kept::default();
    // Nobody else's remains are adopted.
    let recorder = Recorder::new(kept.clone()).recover_as(format!("tests-{}", std::process::id()));
    (set(recorder).start().unwrap(), kept)
}

pub(crate) fn multi_thread(guard: &RecorderGuard, workers: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(workers).enable_all();
    guard.handle().build(builder, "several").unwrap()
}

/// The tasks that were made for a future whose type's name, or whose place, has this in it.
pub(crate) fn tasks<'e>(events: &'e [Record<'static>], of: &str) -> Vec<&'e TaskSpawn<'static>> {
    let made = events.iter().filter_map(|record| match &record.event {
        Event::TaskSpawn(made) if made.name.contains(of) => Some(&**made),
        _ => None,
    });
    let mut tasks: Vec<&TaskSpawn<'static>> = made.collect();
    tasks.sort_by_key(|made| made.task.get());
    tasks.dedup_by_key(|made| made.task);
    tasks
}

/// The polls of a task.
pub(crate) fn polls(events: &[Record<'_>], of: TaskId) -> Vec<Duration> {
    let polls = events.iter().filter_map(|record| match &record.event {
        Event::Poll(poll) if poll.task == of => Some(Duration::from_nanos(poll.duration.0)),
        _ => None,
    });
    polls.collect()
}

#[track_caller]
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(120), "waited for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
