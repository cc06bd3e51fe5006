//! What a test has recorded, and where it comes from.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use spanwright_core::cells::StoreId;
use spanwright_core::context::{Context, ContextGuard, RANDOM, RECORDED, SAMPLED};
use spanwright_core::ids::{SpanId, TraceId};

use super::found::{CapturedEvent, CapturedMetric, CapturedSpan};
use super::recorded::{self, Recorded};
use crate::registry::{Registry, Snapshot};
use crate::span::SpanData;

/// The spans, events and metrics of one test. Each question waits until all that has ended is there.
#[derive(Clone, Copy, Debug)]
pub struct Captured {
    /// The trace and the store of the test.
    context: Context,
}

impl Captured {
    /// All spans that have ended, in the order of their starts. Those right under the test have no parent.
    ///
    /// # Panics
    /// Where there was no room for some of them: this test and those beside it had more spans open at once than there can be,
    /// 65,536 in a process.
    #[track_caller]
    #[must_use]
    pub fn spans(&self) -> Vec<CapturedSpan> {
        let recorded = recorded::recorded(self.context);
        assert_all(recorded.missing_spans, "spans");
        self.spans_of(recorded)
    }

    fn spans_of(&self, recorded: Recorded) -> Vec<CapturedSpan> {
        let mut spans = recorded.spans;
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

    /// The spans as an indented tree of names, one a line, in the order of their starts: to be compared as a whole. A span
    /// whose parent is elsewhere, or has not ended, stands at the margin.
    ///
    /// # Panics
    /// As [`spans`](Self::spans).
    #[track_caller]
    #[must_use]
    pub fn tree(&self) -> String {
        tree_of(&self.spans())
    }

    /// All events, within spans and outside of them, in the order of their times: those of `tracing`'s macros, and errors that
    /// `err` reports.
    ///
    /// # Panics
    /// Where there was no room for some of them, as [`spans`](Self::spans).
    #[track_caller]
    #[must_use]
    pub fn events(&self) -> Vec<CapturedEvent> {
        let recorded = recorded::recorded(self.context);
        assert_all(recorded.missing_events, "events");
        events_of(recorded)
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

    /// All that was recorded, for somebody whose test has failed.
    fn report(&self) -> String {
        let recorded = recorded::recorded(self.context);
        let missing = [(recorded.missing_spans, "spans"), (recorded.missing_events, "events")];
        let mut report = String::from("what the test has recorded:\n");
        for line in tree_of(&self.spans_of(recorded.clone())).lines() {
            let _strings_take_all = writeln!(report, "  {line}");
        }
        for event in events_of(recorded) {
            let _strings_take_all = writeln!(report, "  {} {}", event.level.as_str(), event.message);
        }
        for (missing, what) in missing.into_iter().filter(|(missing, _)| *missing > 0) {
            let _strings_take_all = writeln!(report, "  and {missing} {what} that there was no room for");
        }
        report
    }
}

#[track_caller]
fn assert_all(missing: usize, what: &str) {
    assert!(
        missing == 0,
        "there was no room for {missing} {what} of this test: too many spans were open at once, in it or beside it"
    );
}

fn events_of(recorded: Recorded) -> Vec<CapturedEvent> {
    let mut events = recorded.events;
    events.sort_by_key(|event| event.unix_nanos);
    events.into_iter().map(CapturedEvent::new).collect()
}

fn tree_of(spans: &[CapturedSpan]) -> String {
    let places: HashMap<SpanId, usize> =
        spans.iter().enumerate().map(|(at, span)| (span.span_id, at)).collect();
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    // From the last to the first: what is pushed last is written first.
    for (at, span) in spans.iter().enumerate().rev() {
        children.entry(places.get(&span.parent).copied()).or_default().push(at);
    }
    let mut tree = String::new();
    let mut next: Vec<(usize, usize)> = Vec::new();
    let mut branch = |next: &mut Vec<_>, of, depth| {
        next.extend(children.remove(&of).into_iter().flatten().map(|at| (at, depth)));
    };
    branch(&mut next, None, 0);
    while let Some((at, depth)) = next.pop() {
        let _strings_take_all = writeln!(tree, "{:1$}{2}", "", 2 * depth, spans[at].name);
        branch(&mut next, Some(at), depth + 1);
    }
    tree
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
        let context = Context {
            trace_id: TraceId::random(),
            span_id: SpanId::random(),
            flags: SAMPLED | RECORDED | RANDOM,
            store: StoreId::create(),
            ..Context::NONE
        };
        recorded::begin(context);
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
            // A second panic would end the process, and with it the tests beside this one.
            let _shown_or_not = catch_unwind(AssertUnwindSafe(|| eprint!("{}", self.captured.report())));
        }
        recorded::end(self.captured.context);
    }
}
