//! The metrics: names, labels and kinds as the document has them, on the page that the program serves.

use crate::program::{Page, SEED, eventflux};
use crate::system::Running;
use crate::table::{Row, rows_of};

/// The page of a program whose queries have emitted something, and some have failed.
#[track_caller]
fn page() -> Page {
    let running = Running::start(&mut eventflux(&["--load", "--trouble"]));
    running.page("the document's query to emit something", |page| {
        let query = [("query_id", "stock_aggregation")];
        page.sum("query_events_emitted_total", &query) > 0.0
            && page.sum("query_latency_seconds_count", &query) > 0.0
            && page.sum("eventflux_uptime_seconds", &[]) > 0.0
            && page.sum("query_execution_errors_total", &[]) > 0.0
            && page.sum("stream_backpressure_events_total", &[("stream", "StockStream")]) > 0.0
    })
}

/// `name{label, label="value"}`, as a row has it.
struct Wanted<'a> {
    name: &'a str,
    /// Labels, and the values of those whose value is stated.
    labels: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Wanted<'a> {
    fn of(row: &'a Row) -> Self {
        let (name, labels) = row.name().split_once('{').unwrap_or((row.name(), ""));
        let labels = labels.trim_end_matches('}').split(',').map(str::trim).filter(|label| !label.is_empty());
        let labels = labels.map(|label| match label.split_once('=') {
            Some((label, value)) => (label, Some(value.trim_matches('"'))),
            None => (label, None),
        });
        Self { name, labels: labels.collect() }
    }
}

#[test]
fn the_metrics_are_those_of_the_document() {
    let page = page();
    for row in rows_of(SEED, "metric") {
        let wanted = Wanted::of(&row);
        let (kind, help) = page.families().get(wanted.name).unwrap_or_else(|| panic!("no {}", row.item));
        assert!(!help.is_empty(), "{}", row.item);
        for stated in ["counter", "gauge", "histogram"] {
            if row.item.contains(&format!("({stated}")) || row.item.contains(&format!(", {stated})")) {
                assert_eq!(kind, stated, "{}", row.item);
            }
        }
        let is_histogram = kind == "histogram";
        let name = if is_histogram { format!("{}_count", wanted.name) } else { wanted.name.to_owned() };
        // A histogram's quantiles are series by a recording rule: `rules::the_quantiles_are_series_of_their_own`.
        let labels: Vec<_> = wanted.labels.iter().filter(|(label, _)| *label != "quantile").collect();
        let values: Vec<_> =
            labels.iter().filter_map(|(label, value)| value.map(|value| (*label, value))).collect();
        // Series of text labels are there from the first event on, and the document's query has no errors: others have.
        let values = if name.contains("errors") { Vec::new() } else { values };
        let found = page.with(&name, &values);
        let has_all = |labels_of: &std::collections::BTreeMap<String, String>| {
            labels.iter().all(|(label, _)| labels_of.contains_key(*label))
        };
        assert!(found.iter().any(|series| has_all(&series.labels)), "no series of {}: {found:?}", row.item);
    }
}

#[test]
fn both_forms_of_what_the_document_calls_twice_say_the_same() {
    let page = page();
    let query = [("query_id", "stock_aggregation")];
    for (one, other, labels) in [
        ("query_throughput_total", "query_events_processed_total", &query[..]),
        ("query_errors_total", "query_execution_errors_total", &query[..]),
        ("stream_events_total", "stream_events_received_total", &[][..]),
        ("stream_throughput", "stream_events_received_total", &[][..]),
        ("stream_backpressure", "stream_backpressure_events_total", &[][..]),
        ("active_queries", "query_active_count", &[][..]),
    ] {
        let (one_is, other_is) = (page.sum(one, labels), page.sum(other, labels));
        // A page is read while events come in.
        let difference = (one_is - other_is).abs() / one_is.max(1.0);
        assert!(difference < 0.2, "{one} is {one_is}, {other} is {other_is}");
    }
    assert!(page.sum("query_throughput_total", &query) > 0.0 && page.sum("active_queries", &[]) > 0.0);
    assert!(page.sum("stream_events_total", &[("stream", "StockStream")]) > 0.0);
}

#[test]
fn every_category_of_the_document_has_its_metrics() {
    let page = page();
    let families = |row: &Row| -> &[&str] {
        match row.item.split(':').next() {
            Some("System Metrics") => &[
                "process_cpu_seconds_total",
                "process_resident_memory_bytes",
                "process_threads",
                "process_open_fds",
                "eventflux_cpu_usage_percent",
            ],
            Some("Query Metrics") => {
                &["query_throughput_total", "query_latency_seconds", "query_errors_total"]
            }
            Some("Stream Metrics") => {
                &["stream_events_total", "stream_backpressure_events_total", "stream_buffer_utilization"]
            }
            Some("Processor Metrics") => &["query_window_size_bytes", "query_aggregation_efficiency"],
            Some("Network Metrics") => &[
                "network_sent_bytes_total",
                "network_received_bytes_total",
                "connection_pool_size",
                "connection_pool_in_use",
            ],
            _ => panic!("nothing is known of {}", row.item),
        }
    };
    for row in rows_of(SEED, "metric category") {
        for family in families(&row) {
            assert!(page.families().contains_key(*family), "{}: no {family}", row.item);
        }
    }
    for protocol in ["tcp", "grpc"] {
        let of = [("protocol", protocol)];
        assert_eq!(page.with("network_sent_bytes_total", &of).len(), 1, "{protocol}");
        assert_eq!(page.with("connection_pool_size", &of).len(), 1, "{protocol}");
    }
}

#[test]
fn there_are_a_hundred_families_and_more() {
    let page = page();
    let families = page.families();
    assert!(families.len() >= 100, "{} families: {:?}", families.len(), families.keys());
    // They cover what the document's parts are called by.
    for part in [
        "query_",
        "stream_",
        "pipeline_",
        "eventflux_",
        "connection",
        "network_",
        "source_",
        "sink_",
        "state_",
    ] {
        let own = families.keys().filter(|name| name.starts_with(part)).count();
        assert!(own > 1, "{part}: {own}");
    }
    let own = families
        .keys()
        .filter(|name| !["process_", "tokio_", "spanwright_"].iter().any(|of| name.starts_with(of)));
    assert!(own.count() > 60, "most are the processor's: {:?}", families.keys());
}

#[test]
fn what_happens_is_on_the_page_at_once() {
    let running = Running::start(&mut eventflux(&["--load"]));
    let count = |page: &Page| page.sum("events_processed_total", &[]);
    // Page after page there is more, without a minute's wait for anything.
    let mut last = 0.0;
    for _ in 0..5 {
        let page = running.page("more events", |page| count(page) > last);
        last = count(&page);
        for (name, labels) in [("query_buffer_utilization", "query_id"), ("pipeline_utilization", "pipeline")]
        {
            let shares = page.with(name, &[]);
            assert!(shares.iter().all(|series| (0.0..=1.0).contains(&series.value)), "{shares:?}");
            assert!(shares.iter().all(|series| series.labels.contains_key(labels)), "{shares:?}");
        }
    }
}
