//! What is measured of whom.

mod metrics;

use crate::harness::Batches::{self, Settled, Timed};
use crate::harness::Contender;

/// A table.
pub struct Row {
    /// What `--only` finds it by.
    pub name: &'static str,
    pub title: &'static str,
    pub measure: Measure,
    pub contenders: Vec<Contender>,
}

/// How it is measured, and shown.
#[derive(Clone, Copy)]
pub enum Measure {
    /// Nanoseconds, and those over the first contender; a call is shown as so many.
    Nanos { batches: Batches, per: u64 },
    /// Nanoseconds and what is dropped, where nobody waits for the exporter.
    Saturated,
    /// Nanoseconds on one thread, and on two at once, and those over the first contender where that is plain.
    Threads { batches: Batches },
    /// Allocations on the producing thread; a call is shown as so many.
    Allocations { per: u64 },
    /// CPU time on other threads for each span that is exported.
    Background,
    /// Time and memory of writing so many series as text.
    Scrape { series: u64 },
    /// Time and memory of families that grow.
    Growth,
}

/// The sizes that families grow to.
pub const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

const OURS: &str = "spanwright";
const TRACING: &str = "tracing + tracing-opentelemetry";
const SDK: &str = "OpenTelemetry SDK";

/// Spans that are produced at a time: with those that warm up, fewer than any queue of a contender holds.
const BURST: u64 = 1_000;
const SPANS: Measure = Measure::Nanos { batches: Settled(BURST), per: 1 };
const CALLS: Measure = Measure::Nanos { batches: Timed, per: 1 };

/// All tables, in their order.
pub fn all() -> Vec<Row> {
    let mut rows = metrics::all();
    rows.extend(unrecorded());
    rows.extend(recorded());
    rows.extend(queued());
    rows
}

fn row(
    name: &'static str,
    title: &'static str,
    measure: Measure,
    contenders: &[(&'static str, &'static str, &'static str)],
) -> Row {
    let contender = |&(label, setup, subject): &(&'static str, &'static str, &'static str)| Contender {
        label,
        setup,
        subject,
    };
    Row { name, title, measure, contenders: contenders.iter().map(contender).collect() }
}

/// A row of one subject, of all who can record it.
fn of_all(
    name: &'static str,
    title: &'static str,
    measure: Measure,
    plain: Option<&'static str>,
    subject: &'static str,
) -> Row {
    let mut contenders = Vec::new();
    contenders.extend(plain.map(|plain| ("plain", "none", plain)));
    let ours = if subject == "events" { "spanwright events" } else { OURS };
    contenders.extend([(OURS, ours, subject), ("fastrace", "fastrace", subject)]);
    if subject.ends_with(|last: char| last.is_ascii_digit()) {
        contenders.push((SDK, "sdk", subject));
    }
    contenders.push((TRACING, "tracing", subject));
    row(name, title, measure, &contenders)
}

fn unrecorded() -> Vec<Row> {
    vec![
        row(
            "filtered",
            "Level filtered out",
            CALLS,
            &[
                ("plain", "none", "plain"),
                (OURS, "none", "spanwright filtered"),
                ("tracing", "none", "tracing filtered"),
            ],
        ),
        row(
            "filtered-async",
            "Level filtered out, async",
            CALLS,
            &[
                ("plain", "none", "plain async"),
                (OURS, "none", "spanwright filtered async"),
                ("tracing", "none", "tracing filtered async"),
            ],
        ),
        row(
            "unsampled",
            "Not sampled, 3 fields",
            CALLS,
            &[
                ("plain", "none", "plain"),
                ("spanwright, root", "spanwright unsampled", "root 3"),
                ("spanwright, child", "spanwright unsampled", "child 3"),
                ("fastrace, root", "fastrace", "unsampled root 3"),
                ("fastrace, child", "fastrace", "unsampled child 3"),
                ("fastrace, without a root", "fastrace", "no root"),
                ("OpenTelemetry SDK, root", "sdk unsampled", "root 3"),
                ("OpenTelemetry SDK, child", "sdk unsampled", "child 3"),
                ("tracing + tracing-opentelemetry, root", "tracing unsampled", "root 3"),
                ("tracing + tracing-opentelemetry, child", "tracing unsampled", "child 3"),
            ],
        ),
    ]
}

fn recorded() -> Vec<Row> {
    vec![
        row(
            "logs",
            "Recorded for nobody but the logs, 3 fields",
            CALLS,
            &[
                ("plain", "none", "plain"),
                ("spanwright, root", "spanwright logs", "root 3"),
                ("spanwright, child", "spanwright logs", "child 3"),
                ("spanwright, child, with metrics", "spanwright logs", "child 3 metrics"),
            ],
        ),
        of_all("child-0", "Recorded, no fields", SPANS, Some("plain"), "child 0"),
        of_all("child-3", "Recorded, 3 fields", SPANS, Some("plain"), "child 3"),
        of_all("child-10", "Recorded, 10 fields", SPANS, Some("plain"), "child 10"),
        of_all("root-3", "Recorded, 3 fields, a trace each", SPANS, Some("plain"), "root 3"),
        row(
            "with-metrics",
            "Recorded, 3 fields, with calls, duration and outcome",
            SPANS,
            &[
                ("plain", "none", "plain"),
                (OURS, OURS, "child 3 metrics"),
                ("tracing + tracing-opentelemetry + autometrics", "tracing", "child 3 metrics"),
            ],
        ),
        of_all("async-3", "Recorded, 3 fields, async", SPANS, Some("plain async"), "child 3 async"),
        of_all(
            "polls",
            "A poll of a recorded future",
            Measure::Nanos { batches: Settled(20), per: 100 },
            Some("plain polls"),
            "polls",
        ),
        of_all(
            "events",
            "An event with a field, in a recorded span",
            Measure::Nanos { batches: Settled(10), per: 100 },
            None,
            "events",
        ),
    ]
}

fn queued() -> Vec<Row> {
    let allocations =
        |name, title, subject, per| of_all(name, title, Measure::Allocations { per }, None, subject);
    vec![
        of_all(
            "threads",
            "Recorded, 3 fields, on two threads at once",
            Measure::Threads { batches: Settled(600) },
            None,
            "child 3",
        ),
        of_all(
            "saturated",
            "Recorded, 3 fields, faster than anybody exports",
            Measure::Saturated,
            None,
            "child 3",
        ),
        allocations("allocations-0", "Allocations, no fields", "child 0", 1),
        allocations("allocations-3", "Allocations, 3 fields", "child 3", 1),
        allocations("allocations-10", "Allocations, 10 fields", "child 10", 1),
        allocations("allocations-root", "Allocations, 3 fields, a trace each", "root 3", 1),
        allocations("allocations-async", "Allocations, 3 fields, async", "child 3 async", 1),
        allocations("allocations-event", "Allocations, an event with a field", "events", 100),
        of_all("background", "CPU on other threads, for nobody", Measure::Background, None, "child 3"),
        row(
            "background-otlp",
            "CPU on other threads, as OTLP over HTTP",
            Measure::Background,
            &[
                (OURS, "spanwright otlp", "child 3"),
                ("fastrace + fastrace-opentelemetry", "fastrace otlp", "child 3"),
                (SDK, "sdk otlp", "child 3"),
                (TRACING, "tracing otlp", "child 3"),
            ],
        ),
    ]
}
