//! What is measured of metrics. What is plain evaluates the same labels and values.

use super::{Measure, OURS, Row, SDK, row};
use crate::harness::Batches::Timed;

const CALLS: Measure = Measure::Threads { batches: Timed };
const PROMETHEUS: &str = "prometheus";
const CLIENT: &str = "prometheus-client";
const MEASURED: &str = "measured";
const METRICS: &str = "metrics";
const FOUNDATIONS: &str = "foundations-metrics";

pub fn all() -> Vec<Row> {
    let mut rows = vec![counter(), kept(), histogram(), text(), gauge()];
    rows.extend([exemplars(), calls()]);
    rows.extend(many());
    rows
}

fn counter() -> Row {
    row(
        "counter",
        "Counter, 2 enum labels, by their values",
        CALLS,
        &[
            ("plain", "metrics plain", "counter"),
            (OURS, "metrics spanwright", "counter"),
            ("spanwright, shared", "metrics spanwright", "counter shared"),
            ("foundations-metrics, indexed, per thread", "metrics foundations", "counter indexed"),
            (FOUNDATIONS, "metrics foundations", "counter"),
            (MEASURED, "metrics measured", "counter"),
            (CLIENT, "metrics prometheus-client", "counter"),
            (PROMETHEUS, "metrics prometheus", "counter"),
            (METRICS, "metrics metrics", "counter"),
            (SDK, "metrics sdk", "counter"),
        ],
    )
}

fn kept() -> Row {
    row(
        "counter-kept",
        "Counter, a series that is kept",
        CALLS,
        &[
            ("plain", "metrics plain", "kept"),
            (OURS, "metrics spanwright", "kept"),
            ("spanwright, shared", "metrics spanwright", "kept shared"),
            ("foundations-metrics, per thread", "metrics foundations", "kept"),
            (MEASURED, "metrics measured", "kept"),
            (CLIENT, "metrics prometheus-client", "kept"),
            (PROMETHEUS, "metrics prometheus", "kept"),
            (METRICS, "metrics metrics", "kept"),
        ],
    )
}

fn histogram() -> Row {
    row(
        "histogram",
        "Histogram, 2 enum labels, 16 buckets, values from 10 µs to 10 s",
        CALLS,
        &[
            ("plain", "metrics plain", "histogram"),
            (OURS, "metrics spanwright", "histogram"),
            ("spanwright, shared", "metrics spanwright", "histogram shared"),
            ("spanwright, native", "metrics spanwright", "histogram native"),
            ("foundations-metrics, indexed", "metrics foundations", "histogram"),
            ("foundations-metrics, indexed, native", "metrics foundations", "histogram native"),
            (MEASURED, "metrics measured", "histogram"),
            (CLIENT, "metrics prometheus-client", "histogram"),
            ("prometheus-client, native", "metrics prometheus-client", "histogram native"),
            (PROMETHEUS, "metrics prometheus", "histogram"),
            (METRICS, "metrics metrics", "histogram"),
            (SDK, "metrics sdk", "histogram"),
        ],
    )
}

fn text() -> Row {
    row(
        "counter-text",
        "Counter, a label of text with 100 values",
        CALLS,
        &[
            ("plain", "metrics plain", "text"),
            (OURS, "metrics spanwright", "text"),
            ("spanwright, shared", "metrics spanwright", "text shared"),
            (FOUNDATIONS, "metrics foundations", "text"),
            (MEASURED, "metrics measured", "text"),
            (CLIENT, "metrics prometheus-client", "text"),
            (PROMETHEUS, "metrics prometheus", "text"),
            (METRICS, "metrics metrics", "text"),
            (SDK, "metrics sdk", "text"),
        ],
    )
}

fn gauge() -> Row {
    row(
        "gauge",
        "Gauge, 2 enum labels, set",
        CALLS,
        &[
            ("plain", "metrics plain", "gauge"),
            (OURS, "metrics spanwright", "gauge"),
            ("foundations-metrics, indexed", "metrics foundations", "gauge"),
            (MEASURED, "metrics measured", "gauge"),
            (CLIENT, "metrics prometheus-client", "gauge"),
            (PROMETHEUS, "metrics prometheus", "gauge"),
            (METRICS, "metrics metrics", "gauge"),
            (SDK, "metrics sdk", "gauge"),
        ],
    )
}

fn exemplars() -> Row {
    row(
        "exemplars",
        "Exemplars: within a span that is recorded, and without one",
        CALLS,
        &[
            ("plain", "metrics plain", "histogram"),
            ("spanwright, counter", OURS, "counter"),
            ("spanwright, counter, within a span", OURS, "within counter"),
            ("prometheus-client, counter, an exemplar each", "metrics prometheus-client", "exemplar"),
            ("spanwright, histogram", OURS, "histogram"),
            ("spanwright, histogram, within a span", OURS, "within histogram"),
            ("spanwright, shared counter, within a span", OURS, "within counter shared"),
            ("spanwright, shared histogram, within a span", OURS, "within histogram shared"),
        ],
    )
}

fn calls() -> Row {
    row(
        "calls",
        "Calls, duration and outcome of a function",
        CALLS,
        &[
            ("plain", "none", "plain"),
            (OURS, "none", "spanwright metrics"),
            ("spanwright, into a struct of one's own", "none", "spanwright reported"),
            ("autometrics", "none", "autometrics metrics"),
        ],
    )
}

fn many() -> Vec<Row> {
    vec![
        row(
            "scrape-counter",
            "A scrape of 100,000 counters",
            Measure::Scrape { series: 100_000 },
            &[
                (OURS, "", "spanwright counter"),
                (FOUNDATIONS, "", "foundations counter"),
                (MEASURED, "", "measured counter"),
                (CLIENT, "", "prometheus-client counter"),
                (PROMETHEUS, "", "prometheus counter"),
                (METRICS, "", "metrics counter"),
                ("OpenTelemetry SDK + opentelemetry-prometheus", "", "sdk counter"),
            ],
        ),
        row(
            "scrape-histogram",
            "A scrape of 5,000 histograms of 16 buckets",
            Measure::Scrape { series: 5_000 },
            &[
                (OURS, "", "spanwright histogram"),
                (FOUNDATIONS, "", "foundations histogram"),
                (MEASURED, "", "measured histogram"),
                (CLIENT, "", "prometheus-client histogram"),
                (PROMETHEUS, "", "prometheus histogram"),
                (METRICS, "", "metrics histogram"),
                ("OpenTelemetry SDK + opentelemetry-prometheus", "", "sdk histogram"),
            ],
        ),
        row(
            "growth",
            "A counter with a label of text that grows",
            Measure::Growth,
            &[
                (OURS, "", "spanwright counter"),
                ("spanwright, shared", "", "spanwright counter shared"),
                (MEASURED, "", "measured counter"),
                (CLIENT, "", "prometheus-client counter"),
                (PROMETHEUS, "", "prometheus counter"),
            ],
        ),
    ]
}
