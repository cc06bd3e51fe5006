//! The telemetry of this test process: one pipeline, whose spans every test reads by its own trace.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use spanwright::export::{ExportError, SpanExporter};
use spanwright::span::{SpanData, SpanRef, TraceId};
use spanwright::{Context, Guard, Telemetry, instrument};

static SPANS: Mutex<Vec<SpanData>> = Mutex::new(Vec::new());

struct Collect;

impl SpanExporter for Collect {
    fn name(&self) -> &'static str {
        "collect"
    }

    fn export(&mut self, spans: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        SPANS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(spans.iter().copied().map(SpanData::from));
        Ok(())
    }
}

/// Starts the pipeline once for all tests.
pub(crate) fn telemetry() -> &'static Guard {
    static TELEMETRY: OnceLock<Guard> = OnceLock::new();
    TELEMETRY.get_or_init(|| {
        let builder = Telemetry::builder().service_name("tests").metrics_enabled(false);
        crate::configured(builder.exporter(Collect)).install().expect("telemetry starts")
    })
}

/// The spans of a trace, by the order in which they ended; the root, named `root`, is left out.
pub(crate) struct Trace {
    pub(crate) root: SpanData,
    pub(crate) spans: Vec<SpanData>,
}

impl Trace {
    /// The only span of that name.
    pub(crate) fn one(&self, name: &str) -> &SpanData {
        let named: Vec<_> = self.spans.iter().filter(|span| span.name == name).collect();
        let [span] = named[..] else { panic!("{} spans named `{name}` in {:?}", named.len(), self.names()) };
        span
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.spans.iter().map(|span| span.name.as_ref()).collect()
    }

    /// The names from a span up to the root.
    pub(crate) fn path(&self, name: &str) -> Vec<&str> {
        let mut path = Vec::new();
        let mut span = self.one(name);
        loop {
            path.push(span.name.as_ref());
            match self.spans.iter().chain([&self.root]).find(|other| other.span_id == span.parent) {
                Some(parent) => span = parent,
                None => return path,
            }
        }
    }
}

#[instrument]
fn root<R>(body: impl FnOnce() -> R) -> (R, Context) {
    (body(), Context::current())
}

/// What was recorded of a trace until now.
pub(crate) fn spans_of(telemetry: &Guard, trace_id: TraceId) -> Vec<SpanData> {
    assert!(telemetry.flush(), "everything is delivered");
    let all = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().filter(|span| span.trace_id == trace_id).cloned().collect()
}

/// Runs `body` in a trace of its own, and gives what it returned and what was recorded.
pub(crate) fn traced<R>(body: impl FnOnce() -> R) -> (R, Trace) {
    let telemetry = telemetry();
    let (returned, context) = root(body);
    let is_root = |span: &SpanData| span.span_id == context.span_id;
    let (roots, spans): (Vec<_>, Vec<_>) =
        spans_of(telemetry, context.trace_id).into_iter().partition(is_root);
    let root = roots.into_iter().next().expect("the root is recorded");
    (returned, Trace { root, spans })
}
