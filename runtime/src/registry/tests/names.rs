//! Names that are somebody else's, in every format that is scraped; what OTLP calls them is tested with its writer.

use crate::export::exposition::{to_openmetrics, to_text};
use crate::registry::Registry;
use crate::{
    Alert, Comparison, Condition, Counter, Gauge, Histogram, Label, Metrics, Panel, PanelKind, Severity,
    Threshold, UpDownCounter,
};

#[derive(Clone, Copy, Label)]
#[label(crate = crate)]
#[allow(clippy::enum_variant_names, reason = "as S3 has them")]
enum Operation {
    PutObject,
    GetObject,
}

/// The metrics of the Persist guide, and nothing else.
#[derive(Metrics)]
#[metrics(prefix = "persist", global = false, crate = crate)]
struct Persist {
    /// Total number of S3 requests
    s3_requests_total: Counter<Operation>,
    /// Total number of S3 errors
    #[metric(alert(
        name = "PersistHighErrorRate",
        expr = "rate($metric[5m]) / rate(persist_s3_requests_total[5m]) > 0.05",
        for = "2m",
        summary = "High error rate in Persist S3 operations"
    ))]
    s3_errors_total: Counter<Operation>,
    /// Total number of retry attempts
    s3_retries_total: Counter<Operation>,
    /// S3 operation latencies
    #[metric(
        buckets = [0.1, 0.5, 1.0],
        alert(name = "PersistHighLatency", when = "> 1.0", quantile = 0.95, for = "5m"),
        panel(dashboard = "Times", title = "Latency", row = "S3", kind = heatmap),
        threshold(warning = 0.5, critical = 1)
    )]
    s3_latency_seconds: Histogram<Operation>,
    /// Agent state sizes
    #[metric(buckets = exponential(1024, 4, 3), threshold(warning = 20, critical = 10), panel(hidden))]
    state_size_bytes: Histogram,
}

#[test]
fn the_set_of_the_persist_guide_is_exactly_itself() {
    let registry = Registry::new();
    let persist = Persist::register(&registry);
    persist.s3_requests_total.with(Operation::PutObject).add(1234);
    persist.s3_latency_seconds.with(Operation::PutObject).observe(0.2);
    persist.s3_retries_total.with(Operation::GetObject).inc();
    let text = to_text(&registry.snapshot());
    let families: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert_eq!(
        families,
        [
            "persist_s3_errors_total counter",
            "persist_s3_latency_seconds histogram",
            "persist_s3_requests_total counter",
            "persist_s3_retries_total counter",
            "persist_state_size_bytes histogram",
        ]
    );
    for line in [
        "# HELP persist_s3_requests_total Total number of S3 requests",
        "persist_s3_requests_total{operation=\"put_object\"} 1234",
        "persist_s3_latency_seconds_bucket{operation=\"put_object\",le=\"0.1\"} 0",
        "persist_s3_latency_seconds_bucket{operation=\"put_object\",le=\"0.5\"} 1",
        "persist_state_size_bytes_bucket{le=\"16384.0\"} 0",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
}

#[test]
fn dashboards_and_alerts_find_what_was_written() {
    let [_, errors, _, latency, size] = Persist::DESCRIPTORS else { panic!("five") };
    assert_eq!(
        errors.alerts,
        [Alert {
            name: "PersistHighErrorRate",
            condition: Condition::Expr("rate($metric[5m]) / rate(persist_s3_requests_total[5m]) > 0.05"),
            hold: "2m",
            severity: Severity::Warning,
            summary: "High error rate in Persist S3 operations",
        }]
    );
    let condition =
        Condition::When { comparison: Comparison::Above, value: 1.0, quantile: Some(Alert::QUANTILE) };
    assert_eq!((latency.alerts[0].condition, latency.alerts[0].summary), (condition, ""));
    assert_eq!(
        latency.panel,
        Panel {
            dashboard: "Times",
            title: "Latency",
            row: "S3",
            kind: Some(PanelKind::Heatmap),
            is_hidden: false
        }
    );
    assert_eq!(latency.threshold, Some(Threshold { warning: Some(0.5), critical: Some(1.0) }));
    assert!(!latency.threshold.unwrap().is_lower_bound() && size.threshold.unwrap().is_lower_bound());
    assert!(size.panel.is_hidden && errors.threshold.is_none());
}

/// Metrics that are called what others call them.
#[derive(Metrics)]
#[metrics(prefix = "ours", global = false, crate = crate)]
struct Others {
    /// A counter without `_total`.
    #[metric(name_exact = "legacy_requests")]
    requests: Counter,
    /// A gauge that is called like a counter.
    #[metric(name_exact = "things_total")]
    things: Gauge,
    /// Seconds, in a name that does not say so.
    #[metric(name_exact = "query:latency", unit = "seconds", buckets = [1])]
    latency: Histogram,
    /// OpenTelemetry's.
    #[metric(name_exact = "bus.lag", unit = "{event}")]
    lag: UpDownCounter,
    /// OpenTelemetry's.
    #[metric(name_exact = "bus.sent", unit = "By")]
    sent: Counter,
    /// OpenTelemetry's.
    #[metric(name_exact = "bus.load", unit = "1")]
    load: Gauge,
    /// Ours to Prometheus.
    #[metric(otel_name = "ours.open")]
    open: Gauge,
}

#[test]
fn exact_names_are_exactly_so_in_text() {
    let registry = Registry::new();
    let others = Others::register(&registry);
    others.requests.inc();
    let text = to_text(&registry.snapshot());
    let families: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert_eq!(
        families,
        [
            "bus_lag gauge",
            "bus_load_ratio gauge",
            "bus_sent_bytes_total counter",
            "legacy_requests counter",
            "ours_open gauge",
            "query:latency histogram",
            "things_total gauge",
        ]
    );
    assert!(text.contains("\nlegacy_requests 1\n"), "{text}");
}

#[test]
fn exact_names_are_what_openmetrics_allows() {
    let registry = Registry::new();
    let others = Others::register(&registry);
    others.requests.inc();
    let text = to_openmetrics(&registry.snapshot());
    for line in [
        "# TYPE legacy_requests unknown",
        "legacy_requests 1",
        "# TYPE bus_sent_bytes counter",
        "# UNIT bus_sent_bytes bytes",
        "bus_sent_bytes_total 0",
        "# UNIT bus_load_ratio ratio",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
    assert!(
        !text.contains("UNIT query:latency"),
        "a unit that the name does not have is no OpenMetrics: {text}"
    );
}

#[test]
fn what_opentelemetry_calls_it_belongs_to_what_a_metric_is() {
    #[derive(Metrics)]
    #[metrics(prefix = "ours", global = false, crate = crate)]
    struct Same {
        /// Ours to Prometheus.
        #[metric(otel_name = "theirs.open")]
        open: Gauge,
    }

    let registry = Registry::new();
    let (_others, _same) = (Others::register(&registry), Same::register(&registry));
    let conflicts = registry.conflicts();
    assert_eq!(conflicts.len(), 1);
    assert!(conflicts[0].problem.contains("different names for OpenTelemetry"), "{}", conflicts[0]);
}

#[test]
fn a_documentation_may_come_from_a_macro() {
    macro_rules! metrics {
        ($doc:literal, $made:expr) => {
            #[derive(Metrics)]
            #[metrics(global = false, crate = crate)]
            struct Made {
                #[doc = $doc]
                one: Gauge,
                /// First.
                #[doc = $made]
                two: Gauge,
                #[doc = concat!("  Of ", stringify!(three), "\n")]
                three: Gauge,
            }
        };
    }
    metrics!(" One.", concat!("And ", "second."));
    let helps: Vec<&str> = Made::DESCRIPTORS.iter().map(|descriptor| descriptor.help).collect();
    assert_eq!(helps, ["One.", "First. And second.", "Of three"]);
    let made = Made::register(&Registry::new());
    drop((made.one, made.two, made.three));
}
