//! Several exporters at once, each in a standard's form.

use crate::collector::Collector;
use crate::program::{Page, SEED, eventflux, lines};
use crate::system::Ended;
use crate::table::rows_of;

#[test]
fn several_exporters_run_at_once() {
    let collector = Collector::start();
    let mut command = eventflux(&["--once", "--gather"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).env("OTEL_LOGS_EXPORTER", "otlp");
    command.env("OTEL_TRACES_EXPORTER", "otlp,otlp/stdout").env("OTEL_BSP_MAX_QUEUE_SIZE", "50000");
    let ended = Ended::of(&mut command);
    assert!(ended.succeeded, "{}", ended.stderr);
    let spans = collector.spans();
    // What Jaeger, Datadog, New Relic and Loki take: OTLP. What Prometheus takes: its text. What Elasticsearch takes: JSON.
    assert!(spans.iter().any(|span| span.name == "Query Execution"));
    let pushed = collector.sums("events_processed_total");
    let last = pushed.values().flatten().copied().fold(0.0, f64::max);
    let page = Page::read(&ended.stdout);
    let shown = page.sum("events_processed_total", &[]);
    assert!(shown > 0.0 && last > 0.0 && last <= shown, "{last} were pushed, {shown} are shown");
    assert!(collector.logs().iter().any(|log| log.body == "Query executed successfully"));
    assert!(lines(&ended.stdout).iter().any(|line| line["message"] == "Query executed successfully"));
    let printed = ended.stdout.lines().filter(|line| line.starts_with("{\"resourceSpans\""));
    let printed: Vec<serde_json::Value> =
        printed.map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let count = |spans: &serde_json::Value| spans["spans"].as_array().map_or(0, Vec::len);
    let all = printed.iter().flat_map(|line| line["resourceSpans"].as_array().into_iter().flatten());
    let scopes = all.flat_map(|resource| resource["scopeSpans"].as_array().into_iter().flatten());
    assert_eq!(scopes.map(count).sum::<usize>(), spans.len(), "each exporter gets each span");
    assert_eq!(rows_of(SEED, "integration").len(), 1);
}
