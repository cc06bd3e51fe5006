//! Writers that fail or are slow, exporters beside the recorder, and files.

use std::io;
use std::time::Duration;

use spanwright::instrument;
use spanwright::recorder::{
    Recorder, RecorderHandle, RotatingWriter, Sealed, StartError, TraceWriter, TracedRuntime,
};
use spanwright_recording::Reader;
use spanwright_recording::event::{Event, Why};
use tokio::runtime::Builder;

use crate::admin::Admin;
use crate::recorded::{Kept, alone, multi_thread, polls, recorder, tasks, until};

#[test]
fn a_failing_writer_is_told_of_and_recording_goes_on_when_it_can() {
    let _alone = alone();
    let kept = Kept::default();
    *kept.fails.lock().unwrap() = true;
    let guard = Recorder::new(kept.clone()).start().unwrap();
    let handle = guard.handle();
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async { spanwright::spawn(async {}).await.unwrap() });
    assert!(!handle.flush(Duration::from_secs(5)));
    assert_eq!(handle.status().failing.as_deref(), Some("no space left"));
    *kept.fails.lock().unwrap() = false;
    runtime.block_on(async { spanwright::spawn(async {}).await.unwrap() });
    assert!(handle.flush(Duration::from_secs(5)));
    assert!(!handle.status().is_degraded());
    let lost = kept
        .events()
        .iter()
        .any(|record| matches!(&record.event, Event::Gap(gap) if gap.why == Why::Unwritten && gap.lost > 0));
    assert!(lost, "what was lost is told");
    drop((runtime, guard));
}

/// A writer with a mistake.
struct Panics;

impl TraceWriter for Panics {
    fn write_block(&mut self, _: &Sealed<'_>) -> io::Result<()> {
        panic!("on purpose");
    }
}

#[test]
fn a_writer_that_panics_ends_the_recording_and_that_is_told() {
    let _alone = alone();
    let admin = Admin::of(Recorder::new(Panics).without_recovery());
    let handle = RecorderHandle::current().unwrap();
    assert!(!handle.flush(Duration::from_secs(20)));
    until("its end", || RecorderHandle::current().is_none());
    assert!(!handle.is_enabled());
    handle.enable();
    assert!(!handle.is_enabled(), "nobody would take it");
    assert_eq!(handle.status().failing.as_deref(), Some("the recorder's thread has panicked"));
    assert!(admin.health().contains("degraded"), "{}", admin.health());
    drop(admin);
    let (guard, _) = recorder(|recorder| recorder);
    assert!(guard.handle().flush(Duration::from_secs(20)));
}

#[test]
fn a_process_has_one_recorder_and_another_after_it() {
    let _alone = alone();
    let (guard, _) = recorder(|recorder| recorder);
    assert!(matches!(Recorder::new(Kept::default()).start(), Err(StartError::Running)));
    assert!(RecorderHandle::current().is_some());
    drop(guard);
    assert!(RecorderHandle::current().is_none());
    let (guard, _) = recorder(|recorder| recorder);
    drop(guard);
}

#[test]
fn what_a_slow_writer_has_no_room_for_is_counted_and_told() {
    let _alone = alone();
    let kept = Kept { takes: Duration::from_millis(300), ..Kept::default() };
    let guard = Recorder::new(kept.clone()).delay(Duration::from_millis(1)).start().unwrap();
    let runtime = multi_thread(&guard, 1);
    runtime.block_on(async {
        spanwright::spawn(async {
            for _ in 0..700_000 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    });
    let handle = guard.handle();
    drop(runtime);
    assert!(handle.flush(Duration::from_secs(60)));
    drop(guard);
    let lost = handle.status().lost;
    let told: u64 = kept
        .events()
        .iter()
        .map(|record| match &record.event {
            Event::Gap(gap) if gap.why == Why::Full => gap.lost,
            _ => 0,
        })
        .sum();
    assert!(lost > 0 && lost == told, "{lost} {told}");
}

#[test]
fn files_rotate_and_are_read_back() {
    let _alone = alone();
    let folder = std::env::temp_dir().join(format!("spanwright-recorder-{}", std::process::id()));
    let writer = RotatingWriter::new(folder.join("trace.bin"), 64 << 10, 1 << 20).unwrap();
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    let (runtime, guard) = TracedRuntime::build_and_start(builder, Box::new(writer)).unwrap();
    runtime.block_on(async {
        spanwright::spawn(async {
            for _ in 0..50_000 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    });
    drop(runtime);
    drop(guard);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 1, "{files:?}");
    let mut sorted = files;
    sorted.sort_by_key(|path| path.to_string_lossy().split('.').nth(1).and_then(|n| n.parse::<u64>().ok()));
    let mut reader = Reader::open_all(&sorted).unwrap();
    let events: Vec<_> = reader.events().collect();
    let task = tasks(&events, "files_rotate")[0].task;
    assert_eq!(polls(&events, task).len(), 50_001);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[derive(Debug, Clone, Default)]
struct Exported(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl spanwright::export::SpanExporter for Exported {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn export(
        &mut self,
        spans: &[spanwright::span::SpanRef<'_>],
        _: Duration,
    ) -> Result<(), spanwright::export::ExportError> {
        self.0.fetch_add(spans.len(), std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }
}

#[instrument]
fn work() {}

#[test]
fn who_switches_it_at_the_same_time_leaves_it_as_it_says() {
    const ROUNDS: usize = 40;
    let _alone = alone();
    let builder = spanwright::Telemetry::builder().metrics_enabled(false).with_subscriber(false);
    let telemetry = builder.exporter(Exported::default()).install().unwrap();
    let (guard, kept) = recorder(|recorder| recorder);
    for _ in 0..ROUNDS {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    guard.disable();
                    guard.enable();
                });
            }
        });
        assert!(guard.handle().is_enabled());
        work();
        assert!(guard.handle().flush(Duration::from_secs(5)));
    }
    drop((guard, telemetry));
    let events = kept.events();
    let spans =
        events.iter().filter(|record| matches!(&record.event, Event::Span(span) if &*span.name == "work"));
    assert_eq!(spans.count(), ROUNDS);
}

#[test]
fn exporters_and_the_recorder_get_the_same_spans_whoever_starts_first() {
    let _alone = alone();
    let spans = |kept: &Kept| {
        let events = kept.events();
        events
            .iter()
            .filter(|record| matches!(&record.event, Event::Span(span) if &*span.name == "work"))
            .count()
    };
    for recorder_first in [true, false] {
        let exported = Exported::default();
        let install = || {
            let builder = spanwright::Telemetry::builder().metrics_enabled(false).with_subscriber(false);
            builder.exporter(exported.clone()).install().unwrap()
        };
        let (first, guard, kept, second);
        if recorder_first {
            (guard, kept) = recorder(|recorder| recorder);
            work();
            // What it has not read yet, the exporters get too.
            assert!(guard.handle().flush(Duration::from_secs(5)));
            first = None;
            second = Some(install());
        } else {
            first = Some(install());
            second = None;
            (guard, kept) = recorder(|recorder| recorder);
        }
        (0..10).for_each(|_| work());
        let telemetry = first.or(second).unwrap();
        assert!(telemetry.flush());
        assert_eq!(exported.0.load(std::sync::atomic::Ordering::Relaxed), 10, "{recorder_first}");
        drop(telemetry);
        // The pipeline has ended: the recorder reads the ring itself again.
        work();
        assert!(guard.handle().flush(Duration::from_secs(5)));
        until("all spans", || spans(&kept) == 11 + usize::from(recorder_first));
        drop(guard);
    }
}
