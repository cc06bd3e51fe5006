//! The metrics: by the guide's names over OTLP, and by Prometheus' translation of them on the page.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};

use crate::backends::{Prometheus, or_skip};
use crate::collector::{Collector, number};
use crate::guide::SEED;
use crate::process::until;
use crate::program::eventsource;
use crate::system::{Ended, Running};
use crate::table::{Row, rows_of};

/// The rows of metrics of subscriptions; those of Kafka's bus are seen with a broker.
fn rows() -> Vec<Row> {
    let rows: Vec<_> =
        rows_of(SEED, "metric").into_iter().filter(|row| row.name().starts_with("subscription.")).collect();
    assert_eq!(rows.len(), 5);
    rows
}

/// What stands in brackets: the kind, and the unit where there is one.
fn kind_and_unit(row: &Row) -> (String, String) {
    let (_, rest) = row.item.split_once(" (").expect("it says its kind");
    let (inside, _) = rest.split_once(')').expect("it ends");
    let (kind, unit) = inside.split_once(", ").unwrap_or((inside, ""));
    (kind.to_owned(), unit.to_owned())
}

/// The subscriptions that a metric has points of.
fn subscriptions(metric: &Metric) -> Vec<String> {
    let attributes: Vec<_> = match metric.data.as_ref().expect("it has data") {
        Data::Sum(sum) => sum.data_points.iter().map(|point| &point.attributes).collect(),
        Data::Gauge(gauge) => gauge.data_points.iter().map(|point| &point.attributes).collect(),
        Data::Histogram(histogram) => histogram.data_points.iter().map(|point| &point.attributes).collect(),
        other => panic!("`{}` is {other:?}", metric.name),
    };
    attributes.into_iter().flatten().map(|pair| pair.key.clone()).collect()
}

#[test]
fn the_metrics_are_those_of_the_guide() {
    let collector = Collector::start();
    let mut command = eventsource(&["--once", "--orders", "3"]);
    Ended::well(
        command.env("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", format!("{}/v1/metrics", collector.endpoint)),
    );
    let pushed: BTreeMap<_, _> =
        collector.metrics().into_iter().map(|metric| (metric.name.clone(), metric)).collect();
    for row in rows() {
        let metric =
            pushed.get(row.name()).unwrap_or_else(|| panic!("no `{}` in {:?}", row.name(), pushed.keys()));
        let (kind, unit) = kind_and_unit(&row);
        let found = match metric.data.as_ref().expect("it has data") {
            Data::Sum(sum) if sum.is_monotonic => "counter",
            Data::Gauge(_) => "gauge",
            Data::Histogram(_) => "histogram",
            other => panic!("`{}` is {other:?}", row.name()),
        };
        assert_eq!(found, kind, "{}", row.item);
        assert!(unit.is_empty() || metric.unit == unit, "{}: {}", row.item, metric.unit);
        let (_, help) = row.item.split_once("): ").expect("it says what it is");
        assert!(
            metric.description.to_lowercase().starts_with(help.split(',').next().expect("a word")),
            "{}",
            row.item
        );
        let whose = subscriptions(metric);
        assert!(
            !whose.is_empty() && whose.iter().all(|key| key == "eventsource.subscription.name"),
            "{whose:?}"
        );
    }
    let ours = pushed.keys().filter(|name| name.starts_with("subscription."));
    assert_eq!(ours.count(), 5, "the guide has no others");
    // Durations are milliseconds, and not seconds: a memory's are no thousandths of those.
    let Some(Data::Histogram(durations)) = &pushed["subscription.processing.duration"].data else { panic!() };
    assert!(
        durations.data_points.iter().all(|point| point.sum.is_some_and(|sum| sum > 0.0) && point.count > 0)
    );
    assert!(
        durations.data_points.iter().all(|point| point.explicit_bounds.contains(&1000.0)),
        "{durations:?}"
    );
    let Some(Data::Gauge(states)) = &pushed["subscription.state"].data else { panic!() };
    assert!(
        states.data_points.iter().all(|point| [3.0, 5.0].contains(&number(point))),
        "live, or stopped at the end"
    );
}

#[test]
fn prometheus_has_them_by_its_names() {
    let running = Running::start(&mut eventsource(&[]));
    let page = until("an event that failed, of the third order", || {
        let page = running.metrics();
        page.contains("subscription_events_failed_total{").then_some(page)
    });
    // A real one has them.
    let address = running.admin.trim_start_matches("http://");
    let prometheus = or_skip(Prometheus::start(address, &[]));
    for row in rows() {
        let name = row.name().replace('.', "_");
        let (kind, unit) = kind_and_unit(&row);
        let suffix = match (&*kind, &*unit) {
            ("counter", _) => "_total",
            (_, "ms") => "_milliseconds",
            _ => "",
        };
        let name = format!("{name}{suffix}");
        assert!(page.contains(&format!("# TYPE {name} {kind}\n")), "{name} in {page}");
        let labelled = format!(
            "{name}{}{{eventsource_subscription_name=\"",
            if kind == "histogram" { "_bucket" } else { "" }
        );
        assert!(page.contains(&labelled), "{labelled} in {page}");
        if let Some(prometheus) = &prometheus {
            let series = labelled.replace("_bucket", "_count");
            let query = format!("{series}ShippingProjection\"}}");
            until("Prometheus to have it", || prometheus.value(&query));
        }
    }
}
