//! From the ring to several exporters, and what is counted where something is full.

use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use spanwright::export::{ExportError, LogExporter, SpanExporter};
use spanwright::span::{AttributeValue, EventRef, SpanRef};
use spanwright::{Telemetry, instrument};

use crate::{install, own};

#[instrument(record(n))]
fn work(n: u64) {
    let _ = n;
}

/// Holds each batch back until it is told to go on.
struct Held(mpsc::Receiver<()>);

impl SpanExporter for Held {
    fn name(&self) -> &'static str {
        "held"
    }

    fn export(&mut self, _: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        // Who lets go drops the sender.
        let _ = self.0.recv();
        Ok(())
    }
}

#[test]
fn an_exporter_that_hangs_delays_no_other_and_no_call() {
    let (go, held) = mpsc::channel::<()>();
    let telemetry = install(|builder| builder.exporter(Held(held)).queue_size(100).batch_size(10));
    let (exported, dropped) =
        (own("spanwright_spans_exported_total", ""), own("spanwright_spans_dropped_total", ""));
    for n in 0..10 {
        (0..50).for_each(|_| work(n));
        // The other exporter gets everything, though this flush can't be told that all was delivered.
        let all = || telemetry.collected.spans().len() as u64 == (n + 1) * 50;
        while !all() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    drop(go);
    telemetry.flush();
    let exported = own("spanwright_spans_exported_total", "") - exported;
    let dropped = own("spanwright_spans_dropped_total", "") - dropped;
    assert_eq!(exported + dropped, 1_000, "each span once for each exporter");
    assert!(dropped >= 1_000 - 500 - 110, "one queue and one batch were held: {dropped}");
    assert_eq!(dropped, own("spanwright_spans_dropped_total", "queue_full"));
}

#[test]
fn it_is_measured_how_full_ring_and_queues_are() {
    let (go, held) = mpsc::channel::<()>();
    let telemetry =
        install(|builder| builder.exporter(Held(held)).queue_size(100).batch_delay(Duration::from_millis(1)));
    let waiting = || own("spanwright_export_queue_items", "signal=\"spans\",exporter=\"held\"");
    assert_eq!(waiting(), 0);
    (0..7).for_each(work);
    // The batch is handed on when it has waited for long enough.
    while waiting() < 7 {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(own("spanwright_export_queue_limit_items", "exporter=\"held\""), 100 + 100, "and a batch");
    assert!(own("spanwright_ring_used_bytes", "") > 0, "this thread has a chunk");
    assert_eq!(own("spanwright_ring_limit_bytes", ""), 14 << 20);
    drop(go);
    assert!(telemetry.flush());
    assert_eq!(waiting(), 0);
    drop(telemetry);
    let _without = install(|builder| builder.own_metrics(false));
    assert_eq!(own("spanwright_ring_limit_bytes", ""), 0);
}

#[test]
fn a_full_ring_drops_and_counts() {
    let telemetry = install(|builder| builder.ring_size(256 << 10).queue_size(1_000_000));
    let before = own("spanwright_spans_dropped_total", "ring_full");
    let burst = 100_000;
    (0..burst).for_each(work);
    let all_delivered = telemetry.flush();
    let dropped = own("spanwright_spans_dropped_total", "ring_full") - before;
    assert_eq!(all_delivered, dropped == 0);
    assert_eq!(telemetry.collected.spans().len() as u64 + dropped, burst);
    // Nothing of it stays behind.
    work(1);
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.spans().len() as u64 + dropped, burst + 1);
}

#[test]
fn what_many_threads_record_all_arrives() {
    let telemetry = install(|builder| builder.queue_size(1_000_000));
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| (0..100).for_each(work));
        }
    });
    assert!(telemetry.flush());
    let spans = telemetry.collected.spans();
    assert_eq!(spans.len(), 4_000);
    let ids: std::collections::HashSet<_> = spans.iter().map(|span| span.span_id).collect();
    assert_eq!(ids.len(), 4_000);
}

#[test]
fn immediately_means_without_a_flush() {
    let telemetry = install(|builder| builder.immediate(true).batch_delay(Duration::from_secs(3_600)));
    work(1);
    while telemetry.collected.spans().is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn a_burst_of_log_records_goes_out_in_batches() {
    let telemetry = install(|builder| builder);
    for n in 0..1_500 {
        tracing::info!(n, "burst");
    }
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.events().len(), 1_500);
    let largest = telemetry.collected.largest.load(Ordering::Relaxed);
    assert!(largest <= 512, "{largest} at once");
}

#[test]
fn a_field_may_be_named_message() {
    #[instrument(record(message), err)]
    fn send(message: &str) -> Result<(), String> {
        Err(format!("{message} was not sent"))
    }
    let telemetry = install(|builder| builder);
    send("it").unwrap_err();
    assert!(telemetry.flush());
    let [span] = &telemetry.collected.spans()[..] else { panic!("one span") };
    assert_eq!(span.attributes[0], ("message".into(), AttributeValue::Str("it".into())));
    assert_eq!(span.error.as_deref(), Some("it was not sent"));
}

#[test]
fn events_become_log_records_with_the_ids_of_their_spans() {
    let telemetry = install(|builder| builder);
    #[instrument(err)]
    fn fails() -> Result<(), String> {
        tracing::warn!(n = 3, "about to fail");
        Err("failed".into())
    }
    tracing::info!("outside");
    let _ = fails();
    assert!(telemetry.flush());
    let events = telemetry.collected.events();
    let said: Vec<_> = events.iter().map(|event| event.message.as_ref()).collect();
    assert_eq!(said, ["outside", "about to fail", "failed"]);
    assert!(!events[0].trace_id.is_some() && !events[0].span_id.is_some());
    let [span] = &telemetry.collected.spans()[..] else { panic!("one span") };
    for event in &events[1..] {
        assert_eq!((event.trace_id, event.span_id), (span.trace_id, span.span_id));
    }
    assert_eq!(events[2].name, "exception");
}

#[test]
fn the_next_telemetry_finds_nothing_of_the_last() {
    let mut telemetry = install(|builder| builder);
    work(1);
    telemetry.guard = None;
    work(2);
    telemetry.start(|builder| builder);
    work(3);
    assert!(telemetry.flush());
    let n = telemetry.collected.spans().into_iter().map(|span| span.attributes[0].1.clone());
    assert_eq!(n.collect::<Vec<_>>(), [AttributeValue::I64(1), AttributeValue::I64(3)]);
}

#[test]
fn the_guard_delivers_at_the_end_what_nobody_flushed() {
    let telemetry = install(|builder| builder.batch_delay(Duration::from_secs(3_600)));
    work(1);
    tracing::info!("last words");
    let collected = telemetry.collected.clone();
    drop(telemetry);
    assert_eq!((collected.spans().len(), collected.events().len()), (1, 1));
}

#[test]
fn an_exporter_of_logs_that_panics_is_nobody_elses_problem() {
    struct Panics;
    impl LogExporter for Panics {
        fn name(&self) -> &'static str {
            "panics"
        }

        fn export(&mut self, _: &[EventRef<'_>], _: Duration) -> Result<(), ExportError> {
            panic!("on purpose")
        }
    }
    let telemetry = install(|builder| builder.log_exporter(Panics));
    tracing::info!("said");
    assert!(!telemetry.flush(), "somebody lost something");
    assert_eq!(telemetry.collected.events().len(), 1);
}

#[test]
fn a_second_telemetry_is_refused_while_the_first_runs() {
    let _telemetry = install(|builder| builder);
    Telemetry::builder().install().unwrap_err();
}

#[test]
fn spans_keep_to_their_limits() {
    #[instrument]
    fn talks() {
        (0..200).for_each(|n| tracing::info!(n, "again"));
    }
    let telemetry = install(|builder| builder);
    talks();
    assert!(telemetry.flush());
    let [span] = &telemetry.collected.spans()[..] else { panic!("one span") };
    assert_eq!((span.events.len(), span.dropped_events), (128, 72));
}
