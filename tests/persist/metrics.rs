//! The metrics: names, buckets and exposition as the guide has them, its endpoint and its functions.

use std::collections::BTreeMap;

use persist_core::{Operation, PersistMetrics};
use spanwright::{Metrics, Registry};

use crate::process::{Process, free_port, http, until};
use crate::program::{Kept, SEED, persist};
use crate::system::Ended;
use crate::table::{quoted, rows_of};

/// "Example Metrics Output" of the guide, and the buckets of the row that it has of them.
const EXAMPLE: &str = r#"# HELP persist_s3_requests_total Total number of S3 requests
# TYPE persist_s3_requests_total counter
persist_s3_requests_total{operation="put_object"} 1234
persist_s3_requests_total{operation="get_object"} 5678

# HELP persist_s3_latency_seconds S3 operation latencies
# TYPE persist_s3_latency_seconds histogram
persist_s3_latency_seconds_bucket{operation="put_object",le="0.1"} 100
persist_s3_latency_seconds_bucket{operation="put_object",le="0.5"} 800
persist_s3_latency_seconds_bucket{operation="put_object",le="1.0"} 1200
persist_s3_latency_seconds_bucket{operation="put_object",le="+Inf"} 1234
persist_s3_latency_seconds_sum{operation="put_object"} 456.78
persist_s3_latency_seconds_count{operation="put_object"} 1234"#;

#[test]
fn the_example_output_of_the_guide_comes_out_letter_by_letter() {
    let metrics = PersistMetrics::register(&Registry::new());
    metrics.s3_requests_total.with(Operation::PutObject).add(1234);
    metrics.s3_requests_total.with(Operation::GetObject).add(5678);
    // 1234 requests that took 456.78 seconds together.
    for (requests, seconds) in [(100, 0.0625), (700, 0.25), (400, 0.5625), (33, 1.5), (1, 1.03)] {
        for _ in 0..requests {
            metrics.s3_latency_seconds.with(Operation::PutObject).observe(seconds);
        }
    }
    let text = metrics.gather_metrics().unwrap();
    let mut lines = text.lines().filter(|line| line.contains("latency_seconds"));
    for line in EXAMPLE.lines().filter(|line| line.contains("latency_seconds")) {
        assert_eq!(lines.next(), Some(line), "in their order");
    }
    for line in EXAMPLE.lines().filter(|line| !line.is_empty()) {
        assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
    }
    for row in rows_of(SEED, "buckets").iter().chain(&rows_of(SEED, "label value")) {
        for part in quoted(&row.item).into_iter().filter(|part| part.contains("=\"")) {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }
    for row in rows_of(SEED, "exposition") {
        for part in quoted(&row.item).into_iter().filter(|part| part.starts_with("persist_")) {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }
    let values: Vec<_> = rows_of(SEED, "label value").iter().map(|row| row.name().to_owned()).collect();
    let ours: Vec<_> = <Operation as spanwright::Label>::VALUES
        .iter()
        .map(|value| format!("operation=\"{value}\""))
        .collect();
    assert_eq!(ours, values, "there are no others");
}

/// Kind and help of each family of a page.
fn families(text: &str) -> BTreeMap<&str, (&str, &str)> {
    let mut families = BTreeMap::<_, (&str, &str)>::new();
    for line in text.lines() {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "TYPE", name, kind] => families.entry(name).or_default().0 = kind,
            ["#", "HELP", name, help] => families.entry(name).or_default().1 = help,
            _ => {}
        }
    }
    families.retain(|name, _| name.starts_with("persist_"));
    families
}

#[test]
fn the_metrics_are_those_of_the_guide() {
    let ended = Ended::of(&mut persist(&["--once", "--gather"]));
    let mut families = families(&ended.stdout);
    for row in rows_of(SEED, "metric") {
        let (name, labels) = row.name().split_once('{').unwrap_or((row.name(), ""));
        if name == "persist_error_rate" {
            // Prometheus works it out: `rules::the_rules_are_those_of_the_guide`.
            assert_eq!(PersistMetrics::DERIVED[0].name, name);
            continue;
        }
        let (kind, help) = families.remove(name).unwrap_or_else(|| panic!("no `{name}`"));
        assert!(row.item.contains(&format!("({kind})")), "{name} is a {kind}: {}", row.item);
        assert!(!help.is_empty() && (!row.item.contains("help `") || row.item.contains(help)), "{help}");
        if labels == "operation}" {
            let labelled = format!(
                "{name}{}{{operation=\"put_object\"",
                if kind == "histogram" { "_bucket" } else { "" }
            );
            assert!(ended.stdout.contains(&labelled), "{labelled}");
        }
    }
    assert!(families.is_empty(), "the guide has no such metrics: {families:?}");
}

#[test]
fn the_functions_of_the_guide_give_text_and_a_summary() {
    let stdout = Ended::of(&mut persist(&["--once", "--gather", "--agents", "2"])).stdout;
    // Of both agents, on the disk and in the bucket: the letters of their states, and not what is stored of them.
    let (_, rest) = stdout.split_once("\npersist_state_size_bytes_sum ").expect("it is there");
    assert_eq!(rest.lines().next(), Some("6560.0"));
    // Each is written once, read to be seen to be there, verified and loaded.
    for line in [
        "persist_s3_requests_total{operation=\"put_object\"} 2",
        "persist_s3_requests_total{operation=\"get_object\"} 6",
        "persist_s3_errors_total{operation=\"put_object\"} 0",
        "persist_state_size_bytes_count 4",
    ] {
        assert!(stdout.lines().any(|other| other == line), "{line} in {stdout}");
    }
    let (_, summary) = stdout.split_once("Metrics debug info: DebugInfo {\n").expect("it is printed");
    for line in [
        "    series: 9,",
        "        persist_s3_requests_total (counter, 2 series): {",
        "            {operation=\"get_object\"}: 6,",
    ] {
        assert!(summary.lines().any(|other| other == line), "{line} in {summary}");
    }
}

#[test]
fn metrics_are_served_where_the_guide_says() {
    let port = free_port();
    let kept = Kept::start(persist(&[]).env("PERSIST_METRICS_PORT", port.to_string()));
    assert_eq!(kept.running.admin, format!("http://127.0.0.1:{port}"));
    let text = until("a request that was counted", || {
        let text = kept.running.metrics();
        (!text.contains("persist_s3_requests_total{operation=\"put_object\"} 0")).then_some(text)
    });
    assert_eq!(families(&text).len(), 5, "{text}");
    // By default it is the guide's port, at which something else may listen here.
    let mut default = persist(&["--once", "--agents", "0"]);
    let default = default.env_remove("PERSIST_METRICS_PORT").env("PERSIST_METRICS_ENABLED", "true");
    let said = Ended::of(default.env("PERSIST_EXPLAIN_CONFIG", "true"));
    let explained = said.stdout + &said.stderr;
    assert!(explained.contains("metrics.addr = 127.0.0.1:9090"), "{explained}");
}

#[test]
fn metrics_can_be_switched_off() {
    let port = free_port();
    let mut command = persist(&[]);
    let command =
        command.env("PERSIST_METRICS_PORT", port.to_string()).env("PERSIST_METRICS_ENABLED", "false");
    let mut process = Process::start(command);
    until("the program to run", || process.stdout().contains("Snapshot loaded").then_some(()));
    assert!(http().get(format!("http://127.0.0.1:{port}/metrics")).call().is_err());
    process.signal("TERM");
    process.wait();
}
