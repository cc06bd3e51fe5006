//! What writers are told besides blocks, and what is told of their uploads.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use spanwright::recorder::{Recorder, RotatingWriter, Sealed, SimpleBinaryWriter, TraceWriter, UploadHealth};
use spanwright_recording::event::Event;
use spanwright_recording::{Reader, numbered_files};

use crate::folder::Folder;
use crate::recorded::{alone, until};

/// Counts what it is told.
#[derive(Clone, Debug, Default)]
struct Told {
    recordings: Arc<AtomicU64>,
    ticks: Arc<AtomicU64>,
    finished: Arc<AtomicU64>,
    uploads_fail: Arc<AtomicBool>,
}

impl TraceWriter for Told {
    fn write_block(&mut self, _: &Sealed<'_>) -> io::Result<()> {
        assert_eq!(self.finished.load(Ordering::Relaxed), 0, "no block comes after the end");
        Ok(())
    }

    fn tick(&mut self, now: u64) -> io::Result<()> {
        assert!(now > 1_700_000_000_000_000_000, "{now}");
        self.ticks.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn next_recording(&mut self) -> io::Result<()> {
        self.recordings.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn uploads(&self) -> Option<UploadHealth> {
        let mut health = UploadHealth::default();
        health.queued_files = 3;
        health.last_error = self.uploads_fail.load(Ordering::Relaxed).then(|| "the key is wrong".to_owned());
        Some(health)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.finished.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn flight(writer: impl TraceWriter + 'static) -> Recorder {
    Recorder::new(writer).flight(Duration::from_secs(30), 1 << 20).quiet(Duration::ZERO)
}

#[test]
fn each_dump_is_a_recording_and_the_end_comes_once() {
    let _alone = alone();
    let told = Told::default();
    let guard = flight(told.clone()).start().unwrap();
    for dumps in 1..=2 {
        guard.handle().trigger("on purpose");
        until("the dump", || guard.handle().status().dumps == dumps);
    }
    assert_eq!(told.finished.load(Ordering::Relaxed), 0);
    drop(guard);
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    assert_eq!((count(&told.recordings), count(&told.finished)), (2, 1));
}

#[test]
fn dumps_in_one_file_are_read_as_one() {
    let _alone = alone();
    let folder = Folder::new("one-file");
    let path = folder.0.join("trace.bin");
    let guard = flight(SimpleBinaryWriter::new(&path).unwrap()).start().unwrap();
    for dumps in 1..=2 {
        guard.handle().trigger("on purpose");
        until("the dump", || guard.handle().status().dumps == dumps);
    }
    drop(guard);
    let mut reader = Reader::open(&path).unwrap();
    let triggers = reader.events().filter(|record| matches!(record.event, Event::Trigger(_))).count();
    assert_eq!(triggers, 2);
    assert!(reader.problems().is_empty(), "{:?}", reader.problems());
}

#[test]
fn a_file_ends_by_the_clock_though_nothing_happens() {
    let _alone = alone();
    let folder = Folder::new("clock");
    let base = folder.0.join("trace.bin");
    let finished = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&finished);
    let writer = RotatingWriter::new(&base, 1 << 20, 8 << 20).unwrap().every(Duration::from_millis(500));
    let writer = writer.on_finished(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    // Samples of queues would be events.
    let guard = Recorder::new(writer).sample_every(Duration::from_secs(3_600)).start().unwrap();
    until("the end of a file", || finished.load(Ordering::Relaxed) > 0);
    drop(guard);
    assert!(!numbered_files(&base).unwrap().is_empty());
}

#[test]
fn uploads_that_fail_are_told_of_until_they_do_not() {
    let _alone = alone();
    let told = Told::default();
    told.uploads_fail.store(true, Ordering::Relaxed);
    let guard = Recorder::new(told.clone()).without_recovery().start().unwrap();
    let handle = guard.handle();
    until("what is told", || handle.status().is_degraded());
    let uploads = handle.status().uploads.unwrap();
    assert_eq!((uploads.queued_files, uploads.last_error.as_deref()), (3, Some("the key is wrong")));
    assert_eq!(handle.status().failing, None);
    told.uploads_fail.store(false, Ordering::Relaxed);
    until("that it is well", || !handle.status().is_degraded());
    assert!(told.ticks.load(Ordering::Relaxed) >= 2);
    drop(guard);
}
