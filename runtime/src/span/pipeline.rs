//! The queue of finished spans, and the thread that hands them to the exporters.
//!
//! A finished span stays in its slot, and the slot's handle waits in a bounded queue; when that is full, the span is
//! dropped and counted. One thread takes batches, turns them into plain data and calls the exporters, one after the
//! other.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spanwright_core::clock::{self, Ticks, Wall};
use spanwright_core::slots::value::{ERROR_TYPE, FieldWriter, OwnedValue, STATUS_MESSAGE};
use spanwright_core::slots::{self, Outcome, SlotHandle, Start};

use super::data::{AttributeValue, SpanBatch, SpanData};
use crate::export::{ExportError, SpanExporter};
use crate::own_metrics::{Lost, OwnMetrics};
use crate::telemetry;

/// The sizes and times of a pipeline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PipelineSettings {
    /// Finished spans that may wait.
    pub(crate) queue: usize,
    /// Spans handed to the exporters at a time.
    pub(crate) batch: usize,
    /// How long a span waits at most for its batch to fill.
    pub(crate) delay: Duration,
    /// How long one export may take.
    pub(crate) export_timeout: Duration,
}

/// Spans that have finished and not been exported.
#[derive(Debug)]
struct Queue {
    spans: VecDeque<SlotHandle>,
    capacity: usize,
    /// The batch's size: as many wake the thread.
    batch: usize,
    /// How often a flush was asked for, and how many of those are done, and whether without loss.
    flushes_wanted: u64,
    flushes_done: u64,
    lost_in_flush: bool,
    /// Spans that are being exported just now.
    exporting: usize,
    /// Spans that found no room, and nobody has been told yet.
    refused: u64,
    stop: bool,
    running: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    spans: VecDeque::new(),
    capacity: 0,
    batch: 1,
    flushes_wanted: 0,
    flushes_done: 0,
    lost_in_flush: false,
    exporting: 0,
    refused: 0,
    stop: false,
    running: false,
});
/// Wakes the thread.
static WORK: Condvar = Condvar::new();
/// Wakes those who wait for a flush.
static DONE: Condvar = Condvar::new();
/// Whether anybody takes spans from the queue. Without, a span's slot is given back at its end.
static EXPORTING: AtomicBool = AtomicBool::new(false);

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a slot; where there is none, the span is dropped and counted.
#[inline]
pub(crate) fn open(start: &Start) -> SlotHandle {
    let slot = slots::open(start);
    if !slot.is_some() {
        lose(Lost::SlotsFull);
    }
    slot
}

/// Ends a span and queues it.
pub(crate) fn finish(slot: SlotHandle, at: Ticks, outcome: Outcome) {
    if !EXPORTING.load(Ordering::Relaxed) {
        return slots::close(slot);
    }
    slots::end(slot, at, outcome);
    let mut queue = queue();
    if !queue.running || queue.spans.len() >= queue.capacity {
        queue.refused += 1;
        drop(queue);
        slots::close(slot);
        return lose(Lost::QueueFull);
    }
    queue.spans.push_back(slot);
    if queue.spans.len() == queue.batch {
        WORK.notify_one();
    }
}

#[cold]
fn lose(why: Lost) {
    OwnMetrics::global().spans_dropped_total.with(why).inc();
}

/// Writes fields into an open span; where they have to be given up, they are counted.
pub(crate) fn write(slot: SlotHandle, write: impl FnOnce(&mut FieldWriter<'_>)) {
    if !slots::write(slot, write) {
        OwnMetrics::global().fields_dropped_total.inc();
    }
}

/// The right to flush and stop the pipeline of this process.
#[derive(Clone, Debug)]
pub(crate) struct PipelineHandle(());

/// Starts recording spans for `exporters`. Without any, spans are recorded for the logs' sake and end with their calls.
///
/// # Errors
/// When a pipeline runs already, or the thread can't be started.
pub(crate) fn start(
    settings: PipelineSettings,
    exporters: Vec<Box<dyn SpanExporter>>,
) -> io::Result<PipelineHandle> {
    if !exporters.is_empty() {
        let mut queue = queue();
        if queue.running {
            return Err(io::Error::other("a span pipeline runs already"));
        }
        queue.capacity = settings.queue;
        queue.batch = settings.batch;
        queue.stop = false;
        std::thread::Builder::new()
            .name("spanwright-export".into())
            .spawn(move || run(settings, exporters))?;
        queue.running = true;
        drop(queue);
        EXPORTING.store(true, Ordering::Relaxed);
    }
    super::set_active(true);
    Ok(PipelineHandle(()))
}

impl PipelineHandle {
    /// Exports what has finished until now; `true` when all of it was delivered within `timeout`.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        let mut queue = queue();
        if !queue.running {
            return true;
        }
        queue.flushes_wanted += 1;
        let mine = queue.flushes_wanted;
        WORK.notify_one();
        let is_waiting = |queue: &mut Queue| queue.running && queue.flushes_done < mine;
        let waited = DONE.wait_timeout_while(queue, timeout, is_waiting);
        let (queue, result) = waited.unwrap_or_else(PoisonError::into_inner);
        !result.timed_out() && !queue.lost_in_flush
    }

    /// Says what is lost where the program ends now.
    pub(crate) fn report_undelivered(&self, timeout: Duration) {
        let pending = {
            let queue = queue();
            queue.spans.len() + queue.exporting
        };
        if pending > 0 {
            let message = "spans are not delivered: the end waited";
            telemetry::report(&format!("{pending} {message} {timeout:?} for their exporter"));
        }
        report_refused();
    }

    /// Stops recording, and exports what has finished; `true` when all of it was delivered within `timeout`.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        super::set_active(false);
        let start = Instant::now();
        let delivered = self.flush(timeout);
        EXPORTING.store(false, Ordering::Relaxed);
        let mut queue = queue();
        queue.stop = true;
        WORK.notify_one();
        // The next pipeline can start once the thread has ended.
        let left = timeout.saturating_sub(start.elapsed());
        drop(DONE.wait_timeout_while(queue, left, |queue| queue.running));
        delivered
    }
}

/// The pipeline's thread.
fn run(settings: PipelineSettings, mut exporters: Vec<Box<dyn SpanExporter>>) {
    let _suppressed = super::suppress();
    let _running = Running;
    let mut batch = SpanBatch::default();
    // Whether something was lost since the last flush that was waited for.
    let mut lost = false;
    loop {
        let work = wait_for_work(&settings);
        clock::recalibrate();
        report_refused();
        // What finishes meanwhile is the next round's, so that a flush ends under any load.
        let mut left = work.spans;
        while left > 0 {
            let most = left.min(settings.batch);
            take_batch(most, &mut batch);
            left -= most;
            lost |= export(&batch, &mut exporters, settings.export_timeout);
        }
        let mut queue = queue();
        queue.exporting = 0;
        if work.flushes > queue.flushes_done {
            queue.flushes_done = work.flushes;
            queue.lost_in_flush = lost;
            DONE.notify_all();
        }
        if queue.flushes_wanted == queue.flushes_done {
            lost = false;
        }
        if work.stop {
            return;
        }
    }
}

/// Says how many spans found no room since it was last said.
fn report_refused() {
    let (refused, capacity) = {
        let mut queue = queue();
        (std::mem::take(&mut queue.refused), queue.capacity)
    };
    if refused > 0 {
        telemetry::report(&format!(
            "{refused} spans were dropped, since the queue of {capacity} was full: sample, or raise \
             `OTEL_BSP_MAX_QUEUE_SIZE`"
        ));
    }
}

/// Says that the thread runs, until it is dropped: at the thread's end, whatever ended it.
struct Running;

impl Drop for Running {
    fn drop(&mut self) {
        EXPORTING.store(false, Ordering::Relaxed);
        let mut queue = queue();
        // What ends from here on finds no room.
        queue.running = false;
        let rest = std::mem::take(&mut queue.spans);
        DONE.notify_all();
        drop(queue);
        for slot in rest {
            slots::close(slot);
            lose(Lost::QueueFull);
        }
    }
}

/// What a round of the thread has to do.
struct Work {
    /// Spans to export.
    spans: usize,
    /// Flushes that are done by it.
    flushes: u64,
    /// Whether it is the last.
    stop: bool,
}

/// Waits until a batch is full, its time has come, or somebody asks.
fn wait_for_work(settings: &PipelineSettings) -> Work {
    let start = Instant::now();
    let mut queue = queue();
    loop {
        let asked = queue.flushes_wanted > queue.flushes_done || queue.stop;
        let left = settings.delay.saturating_sub(start.elapsed());
        if asked || queue.spans.len() >= queue.batch || left.is_zero() {
            return Work { spans: queue.spans.len(), flushes: queue.flushes_wanted, stop: queue.stop };
        }
        queue = WORK.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Takes up to `most` spans out of the queue and reads them into `batch`.
fn take_batch(most: usize, batch: &mut SpanBatch) {
    let taken: Vec<SlotHandle> = {
        let mut queue = queue();
        let most = most.min(queue.spans.len());
        queue.exporting = most;
        queue.spans.drain(..most).collect()
    };
    let wall = Wall::now();
    let read = |slot: SlotHandle| {
        let data = slots::view(slot).map(|view| read(&view, &wall));
        slots::close(slot);
        data
    };
    *batch = taken.into_iter().filter_map(read).collect();
}

/// Reads a finished span.
fn read(view: &slots::SpanView<'_>, wall: &Wall) -> SpanData {
    let spec = view.start.spec;
    let start_unix_nanos = wall.unix_nanos(view.start.at);
    let duration = view.end.map_or(0, |end| end.nanos_since(view.start.at));
    let mut span = SpanData {
        trace_id: view.start.trace_id,
        span_id: view.start.span_id,
        parent: view.start.parent,
        name: spec.name.into(),
        target: spec.target.into(),
        kind: spec.kind,
        start_unix_nanos,
        end_unix_nanos: start_unix_nanos + duration,
        outcome: view.outcome,
        dropped_attributes: view.dropped_fields.into(),
        ..SpanData::default()
    };
    let mut set = |key: &'static str, value| span.attributes.push((key.into(), value));
    for field in view.fields {
        let value = match field.value {
            OwnedValue::Bool(value) => AttributeValue::Bool(value),
            OwnedValue::I64(value) => AttributeValue::I64(value),
            OwnedValue::U64(value) => i64::try_from(value)
                .map_or_else(|_| AttributeValue::Str(value.to_string().into()), AttributeValue::I64),
            OwnedValue::F64(value) => AttributeValue::F64(value),
            OwnedValue::Str(value) => AttributeValue::Str(value.into()),
        };
        match (field.index, value) {
            (STATUS_MESSAGE, AttributeValue::Str(message)) => span.error = Some(message.into_owned()),
            (ERROR_TYPE, value) => set("error.type", value),
            (index, value) => {
                if let Some(name) = spec.fields.get(usize::from(index)) {
                    set(name, value);
                }
            }
        }
    }
    if matches!(view.outcome, Outcome::Cancelled | Outcome::Panicked) {
        set("error.type", AttributeValue::Str(view.outcome.as_str().into()));
    }
    if !spec.file.is_empty() {
        set("code.file.path", AttributeValue::Str(spec.file.into()));
        set("code.line.number", AttributeValue::I64(spec.line.into()));
    }
    span
}

/// Whether anything was lost.
fn export(batch: &SpanBatch, exporters: &mut [Box<dyn SpanExporter>], timeout: Duration) -> bool {
    let own = OwnMetrics::global();
    let spans: Vec<_> = batch.iter().collect();
    let mut lost = 0;
    for exporter in exporters {
        // An exporter may be anybody's code, and its end must not be ours.
        let exported = catch_unwind(AssertUnwindSafe(|| exporter.export(&spans, timeout)));
        let panicked = |_| Err(ExportError { lost: batch.len(), reason: "the exporter panicked".to_owned() });
        match exported.unwrap_or_else(panicked) {
            Ok(()) => own.spans_exported_total.add(batch.len() as u64),
            Err(error) => {
                let gone = error.lost.min(batch.len());
                lost += gone;
                own.spans_exported_total.add((batch.len() - gone) as u64);
                own.spans_dropped_total.with(Lost::Export).add(gone as u64);
                telemetry::report(&format!("exporter `{}`: {error}", exporter.name()));
            }
        }
    }
    lost > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::SpanRef;

    struct Panics;

    impl SpanExporter for Panics {
        fn name(&self) -> &'static str {
            "panics"
        }

        fn export(&mut self, _: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
            panic!("on purpose")
        }
    }

    #[test]
    fn an_exporter_that_panics_loses_its_batch_and_nothing_else() {
        let batch: SpanBatch = [SpanData::default()].into_iter().collect();
        let lost = export(&batch, &mut [Box::new(Panics), Box::new(Panics)], Duration::ZERO);
        assert!(lost);
    }
}
