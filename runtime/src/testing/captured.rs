//! What a test has recorded, and where it comes from.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use spanwright_core::cells::StoreId;
use spanwright_core::context::{Context, ContextGuard, RANDOM, RECORDED, SAMPLED};
use spanwright_core::ids::{SpanId, TraceId};
use tracing_subscriber::layer::SubscriberExt;

use super::found::{CapturedEvent, CapturedMetric, CapturedSpan};
use crate::export::{ExportError, LogExporter, SpanExporter};
use crate::registry::{Registry, Snapshot};
use crate::span::{self, EventData, EventRef, SpanData, SpanRef};
use crate::telemetry::{Guard, Telemetry};

/// The spans, events and metrics of one test. Each question waits until all that has ended is there.
#[derive(Clone, Copy, Debug)]
pub struct Captured {
    /// The trace and the store of the test.
    context: Context,
}

impl Captured {
    /// All spans that have ended, in the order of their starts. Those that no other of them is around have no parent.
    #[must_use]
    pub fn spans(&self) -> Vec<CapturedSpan> {
        self.recorded(|recorded| {
            let mut spans = recorded.spans.clone();
            spans.sort_by_key(|span| span.start_unix_nanos);
            for span in &mut spans {
                if span.parent == self.context.span_id {
                    span.parent = SpanId::NONE;
                }
            }
            let names: HashMap<SpanId, String> =
                spans.iter().map(|span| (span.span_id, span.name.to_string())).collect();
            let parent_of = |span: &SpanData| names.get(&span.parent).cloned();
            spans.into_iter().map(|span| CapturedSpan::new(parent_of(&span), span)).collect()
        })
    }

    /// The only span of that name.
    ///
    /// # Panics
    /// Where there is none, or more than one; says which there are.
    #[track_caller]
    #[must_use]
    pub fn span(&self, name: &str) -> CapturedSpan {
        let (mut named, others): (Vec<_>, Vec<_>) =
            self.spans().into_iter().partition(|span| span.name == name);
        match (named.pop(), named.len()) {
            (Some(span), 0) => span,
            (None, _) => {
                let others: Vec<_> = others.iter().map(|span| &*span.name).collect();
                panic!("there is no span `{name}`; there are {others:?}");
            }
            (Some(_), more) => panic!("there are {} spans `{name}`; look at `spans()`", more + 1),
        }
    }

    /// The spans as an indented tree of names, one a line, in the order of their starts: to be compared as a whole.
    #[must_use]
    pub fn tree(&self) -> String {
        let spans = self.spans();
        let mut tree = String::new();
        branch(&mut tree, &spans, SpanId::NONE, 0);
        tree
    }

    /// All events, within spans and outside of them, in the order of their times: those of `tracing`'s macros, and errors that
    /// `err` reports.
    #[must_use]
    pub fn events(&self) -> Vec<CapturedEvent> {
        self.recorded(|recorded| {
            let mut events = recorded.events.clone();
            events.sort_by_key(|event| event.unix_nanos);
            events.into_iter().map(CapturedEvent::new).collect()
        })
    }

    /// The only event with that message.
    ///
    /// # Panics
    /// Where there is none, or more than one; says which there are.
    #[track_caller]
    #[must_use]
    pub fn event(&self, message: &str) -> CapturedEvent {
        let (mut named, others): (Vec<_>, Vec<_>) =
            self.events().into_iter().partition(|event| event.message == message);
        match (named.pop(), named.len()) {
            (Some(event), 0) => event,
            (None, _) => {
                let others: Vec<_> = others.iter().map(|event| &*event.message).collect();
                panic!("there is no event {message:?}; there are {others:?}");
            }
            (Some(_), more) => panic!("there are {} events {message:?}; look at `events()`", more + 1),
        }
    }

    /// What the metrics of the default registry hold for this test: all begin at zero.
    #[must_use]
    pub fn metrics(&self) -> Snapshot {
        let _in_the_test = Context { store: self.context.store, ..Context::here() }.attach();
        Registry::global().snapshot()
    }

    /// The series of a metric in the default registry with these labels, in any order.
    ///
    /// # Panics
    /// Where there is none; says what there is.
    #[track_caller]
    #[must_use]
    pub fn metric(&self, name: &str, labels: &[(&str, &str)]) -> CapturedMetric {
        let snapshot = self.metrics();
        let Some(family) = snapshot.family(name) else {
            let names: Vec<_> = snapshot.families.iter().map(|family| family.name.as_str()).collect();
            panic!("there is no metric `{name}`; there are {names:?}");
        };
        let Some(series) = family.series(labels) else {
            let all: Vec<_> = family.series.iter().map(|series| &series.labels).collect();
            panic!("`{name}` has no series with the labels {labels:?}; it has {all:?}");
        };
        CapturedMetric::new(name, series.value.clone())
    }

    fn recorded<R>(&self, read: impl FnOnce(&Recorded) -> R) -> R {
        let pipeline = pipeline();
        assert!(pipeline.flush(), "what the test has recorded is delivered");
        read(all().get(&self.context.trace_id).unwrap_or(&Recorded::default()))
    }

    /// All that was recorded, for somebody whose test has failed.
    fn report(&self) -> String {
        let mut report = String::from("what the test has recorded:\n");
        for line in self.tree().lines() {
            let _strings_take_all = writeln!(report, "  {line}");
        }
        for event in self.events() {
            let _strings_take_all = writeln!(report, "  {} {}", event.level.as_str(), event.message);
        }
        report
    }
}

fn branch(tree: &mut String, spans: &[CapturedSpan], parent: SpanId, depth: usize) {
    for span in spans.iter().filter(|span| span.parent == parent) {
        let _strings_take_all = writeln!(tree, "{:1$}{2}", "", 2 * depth, span.name);
        branch(tree, spans, span.span_id, depth + 1);
    }
}

/// A test that runs, on its thread.
pub(super) struct Capturing {
    captured: Captured,
    _context: ContextGuard,
}

impl Capturing {
    /// # Panics
    /// Where the process has a telemetry that is not the tests'.
    pub(super) fn start() -> Self {
        pipeline();
        let context = Context {
            trace_id: TraceId::random(),
            span_id: SpanId::random(),
            flags: SAMPLED | RECORDED | RANDOM,
            store: StoreId::create(),
            ..Context::NONE
        };
        all().insert(context.trace_id, Recorded::default());
        Self { captured: Captured { context }, _context: context.attach() }
    }

    pub(super) fn captured(&self) -> Captured {
        self.captured
    }
}

impl Drop for Capturing {
    #[allow(clippy::print_stderr, reason = "a test that fails shows why")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint!("{}", self.captured.report());
        }
        all().remove(&self.captured.context.trace_id);
    }
}

/// What was recorded in one trace.
#[derive(Default)]
struct Recorded {
    spans: Vec<SpanData>,
    events: Vec<EventData>,
}

/// By the traces of tests that run.
static ALL: OnceLock<Mutex<HashMap<TraceId, Recorded>>> = OnceLock::new();

fn all() -> MutexGuard<'static, HashMap<TraceId, Recorded>> {
    ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps what belongs to a test that runs.
struct Capture;

impl SpanExporter for Capture {
    fn name(&self) -> &'static str {
        "test"
    }

    fn export(&mut self, spans: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        let mut all = all();
        for span in spans {
            if let Some(recorded) = all.get_mut(&span.trace_id()) {
                recorded.spans.push(SpanData::from(*span));
            }
        }
        Ok(())
    }
}

impl LogExporter for Capture {
    fn name(&self) -> &'static str {
        "test"
    }

    fn export(&mut self, events: &[EventRef<'_>], _: Duration) -> Result<(), ExportError> {
        let mut all = all();
        for event in events {
            if let Some(recorded) = all.get_mut(&event.trace_id()) {
                recorded.events.push(EventData::from(*event));
            }
        }
        Ok(())
    }
}

/// The tests' telemetry, and the global subscriber where nobody has set one.
fn pipeline() -> &'static Guard {
    static PIPELINE: OnceLock<Guard> = OnceLock::new();
    PIPELINE.get_or_init(|| {
        let builder = Telemetry::builder()
            .metrics_enabled(false)
            .with_subscriber(false)
            .trace_filter("trace")
            .log_filter("trace")
            // An assertion that fails is the test's own, and no event of what is tested.
            .log_panics(false)
            .exporter(Capture)
            .log_exporter(Capture);
        let guard = builder.install_for_tests().unwrap_or_else(|error| {
            panic!("`#[spanwright::test]` needs a process without another telemetry: {error}");
        });
        let subscriber = tracing_subscriber::registry().with(span::layer());
        let _theirs_stays = tracing::subscriber::set_global_default(span::Answering::new(subscriber));
        guard
    })
}
