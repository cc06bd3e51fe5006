//! What belongs to which test, and what of it has come.
//!
//! A test has a store of its own, which goes wherever its context goes. What begins in a test's store is the test's,
//! whatever trace it is in; and so is what happens in the test's trace, whatever store it is in: a server of the test's, say, that
//! is called over the network.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use spanwright_core::cells::StoreId;
use spanwright_core::context::Context;
use spanwright_core::ids::{SpanId, TraceId};
use spanwright_core::slots::{self, SlotHandle};
use tracing_subscriber::layer::SubscriberExt;

use crate::export::{ExportError, LogExporter, SpanExporter};
use crate::span::{self, EventData, EventRef, SpanData, SpanRef};
use crate::telemetry::{Guard, Telemetry};

/// How long a question waits, beside tests that record much.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was recorded in one test.
#[derive(Clone, Default)]
pub(super) struct Recorded {
    pub(super) spans: Vec<SpanData>,
    pub(super) events: Vec<EventData>,
    /// Those that had ended before the question, and have not come: there was no room for them.
    pub(super) missing_spans: usize,
    pub(super) missing_events: usize,
}

/// A test that runs.
#[derive(Default)]
struct Test {
    recorded: Recorded,
    /// Events that were written in the test's store, and how many of them have come.
    written: usize,
    come: usize,
}

#[derive(Default)]
struct All {
    tests: HashMap<StoreId, Test>,
    traces: HashMap<TraceId, StoreId>,
    /// Spans that were opened in the tests' stores and have not come.
    opened: HashMap<SpanId, (StoreId, SlotHandle)>,
}

static ALL: OnceLock<Mutex<All>> = OnceLock::new();

fn all() -> MutexGuard<'static, All> {
    ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// A test begins.
///
/// # Panics
/// Where the process has a telemetry that is not the tests'.
pub(super) fn begin(test: Context) {
    pipeline();
    let mut all = all();
    all.traces.insert(test.trace_id, test.store);
    all.tests.insert(test.store, Test::default());
}

/// A test has ended.
pub(super) fn end(test: Context) {
    let mut all = all();
    all.tests.remove(&test.store);
    all.traces.remove(&test.trace_id);
    all.opened.retain(|_, (store, _)| *store != test.store);
}

/// A span is opened in a store that is not the default one, in this slot where there was one.
#[cold]
pub(crate) fn span_opened(store: StoreId, span_id: SpanId, slot: SlotHandle) {
    let mut all = all();
    if let Some(test) = all.tests.get_mut(&store) {
        if slot.is_some() {
            all.opened.insert(span_id, (store, slot));
        } else {
            test.recorded.missing_spans += 1;
        }
    }
}

/// An event in a store that is not the default one is in the ring, or had no room there.
#[cold]
pub(crate) fn event_written(store: StoreId, written: bool) {
    if let Some(test) = all().tests.get_mut(&store) {
        if written {
            test.written += 1;
        } else {
            test.recorded.missing_events += 1;
        }
    }
}

/// What a test has recorded until now. What tests beside it lose is none of its business.
pub(super) fn recorded(test: Context) -> Recorded {
    let (ended, written) = all().due(test.store);
    let _what_is_missing_is_seen_below = pipeline().flush();
    all().look(test.store, &ended, written)
}

impl All {
    /// What is to come: the test's spans that have ended, and how many events.
    fn due(&self, store: StoreId) -> (Vec<SpanId>, usize) {
        // A slot is given back after the span's record was written.
        let has_ended = |slot| slots::spec(slot).is_none();
        let own = self.opened.iter().filter(|(_, (its, slot))| *its == store && has_ended(*slot));
        (own.map(|(span_id, _)| *span_id).collect(), self.tests.get(&store).map_or(0, |test| test.written))
    }

    fn look(&self, store: StoreId, ended: &[SpanId], written: usize) -> Recorded {
        let Some(test) = self.tests.get(&store) else { return Recorded::default() };
        let mut recorded = test.recorded.clone();
        recorded.missing_spans += ended.iter().filter(|span_id| self.opened.contains_key(span_id)).count();
        recorded.missing_events += written.saturating_sub(test.come);
        recorded
    }

    fn take_span(&mut self, span: &SpanRef<'_>) {
        let by_store = self.opened.remove(&span.span_id()).map(|(store, _)| store);
        let store = by_store.or_else(|| self.traces.get(&span.trace_id()).copied());
        if let Some(test) = store.and_then(|store| self.tests.get_mut(&store)) {
            test.recorded.spans.push(SpanData::from(*span));
        }
    }

    fn take_event(&mut self, event: &EventRef<'_>) {
        let is_own = event.store() != StoreId::DEFAULT;
        let by_trace = || self.traces.get(&event.trace_id()).copied();
        let store = if is_own { Some(event.store()) } else { by_trace() };
        if let Some(test) = store.and_then(|store| self.tests.get_mut(&store)) {
            test.come += usize::from(is_own);
            test.recorded.events.push(EventData::from(*event));
        }
    }
}

/// Keeps what belongs to a test that runs.
struct Capture;

impl SpanExporter for Capture {
    fn name(&self) -> &'static str {
        "test"
    }

    fn export(&mut self, spans: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        let mut all = all();
        spans.iter().for_each(|span| all.take_span(span));
        Ok(())
    }
}

impl LogExporter for Capture {
    fn name(&self) -> &'static str {
        "test"
    }

    fn export(&mut self, events: &[EventRef<'_>], _: Duration) -> Result<(), ExportError> {
        let mut all = all();
        events.iter().for_each(|event| all.take_event(event));
        Ok(())
    }
}

static PIPELINE: OnceLock<Guard> = OnceLock::new();

/// The tests' telemetry, and the global subscriber where nobody has set one.
fn pipeline() -> &'static Guard {
    PIPELINE.get_or_init(|| {
        let builder = Telemetry::builder()
            .metrics_enabled(false)
            .with_subscriber(false)
            .trace_filter("trace")
            .log_filter("trace")
            // An assertion that fails is the test's own, and no event of what is tested.
            .log_panics(false)
            .shutdown_timeout(PATIENCE)
            .exporter(Capture)
            .log_exporter(Capture);
        let guard = builder.install_for_tests().unwrap_or_else(|error| {
            panic!("`#[spanwright::test]` needs a process without another telemetry: {error}");
        });
        span::be_patient();
        let subscriber = tracing_subscriber::registry().with(span::layer());
        let _theirs_stays = tracing::subscriber::set_global_default(span::Answering::new(subscriber));
        guard
    })
}

/// Somebody in the process has recorded something, a test or not. Every 250th time they wait until all has come: so nobody,
/// however busy, takes the room that a test beside it needs. The ring has room for 32 threads that record the largest there
/// is, two KiB each; the queues have for thousands.
pub(crate) fn make_room() {
    static RECORDS: AtomicU32 = AtomicU32::new(0);
    if RECORDS.fetch_add(1, Ordering::Relaxed) % 250 == 0 {
        if let Some(pipeline) = PIPELINE.get() {
            let _what_is_missing_is_seen_by_whose_it_is = pipeline.flush();
        }
    }
}
