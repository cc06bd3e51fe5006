//! Alerts: the rules that `spanwright alerts` makes of the program, judged by promtool and a real Prometheus.

use std::fs;
use std::process::Command;

use crate::backends::{Prometheus, Promtool, or_skip};
use crate::built::{example, spanwright, workspace};
use crate::process::{TempDir, until};
use crate::program::{SEED, eventflux};
use crate::system::Running;
use crate::table::rows_of;

/// The document asks for series of any job.
fn rules(more: &[&str]) -> String {
    let mut command = Command::new(spanwright());
    let output = command.arg("alerts").arg(example("eventflux")).args(["--job", ""]).args(more).output();
    let output = output.expect("it was built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

/// What is said of an alert, line by line.
fn alert<'a>(rules: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines = rules.lines().map(str::trim).skip_while(|line| *line != format!("- alert: {name}"));
    let first = lines.next().unwrap_or_else(|| panic!("no {name} in\n{rules}"));
    [first].into_iter().chain(lines.take_while(|line| !line.starts_with("- "))).collect()
}

#[test]
fn the_rules_are_those_of_the_document() {
    let rules = rules(&[]);
    for row in rows_of(SEED, "alert") {
        // `Name`: `expr`, `for: 5m`, `severity: warning`, summary `…`
        let [name, expr, rest @ ..] = &crate::table::quoted(&row.item)[..] else { panic!("{}", row.item) };
        let said = alert(&rules, name);
        let mut lines = vec![format!("expr: '{expr}'")];
        lines.extend(rest.iter().map(|part| match part.split_once(": ") {
            Some(("for" | "severity", _)) => (*part).to_owned(),
            _ => format!("summary: '{part}'"),
        }));
        for line in lines {
            assert!(said.contains(&line.as_str()), "{line} in {said:#?}");
        }
    }
    if let Some(promtool) = or_skip(Promtool::find()) {
        assert_eq!(promtool.check_rules(&rules), Ok(()), "{rules}");
    }
}

#[test]
fn there_are_ten_alerts_and_more_that_the_annotations_state() {
    let rules = rules(&[]);
    let stated = rules.split("name: 'eventflux: stated'").nth(1).or_else(|| rules.split(": stated").nth(1));
    let stated = stated.expect("there is a group of them");
    let names: Vec<_> = stated.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() >= 10, "{names:?}");
    for row in rows_of(SEED, "alert") {
        assert!(names.contains(&row.name()), "{names:?}");
    }
}

/// In which line of its file something is declared changes with all that stands before it.
fn without_lines(rules: &str) -> String {
    let declared = |line: &str| match line.split_once(".rs:") {
        Some((file, rest)) => format!("{file}.rs{}", rest.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => line.to_owned(),
    };
    rules.lines().map(declared).collect::<Vec<_>>().join("\n")
}

/// The file of the document is made by the command.
#[test]
fn the_documents_file_is_what_the_command_makes() {
    let file = workspace().join("examples/eventflux/alerts/eventflux_alerts.yml");
    let made = rules(&[]);
    if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("the workspace is writable");
        fs::write(&file, &made).expect("the workspace is writable");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(without_lines(&kept), without_lines(&made), "make it with SPANWRIGHT_BLESS=1");
    assert!(rows_of(SEED, "file").iter().any(|row| row.name() == "alerts/eventflux_alerts.yml"));
}

#[test]
fn each_alert_is_seen_to_fire_and_not_to_fire() {
    let Some(promtool) = or_skip(Promtool::find()) else { return };
    let folder = TempDir::new();
    let file = folder.path().join("rules.yml");
    rules(&["--out", file.to_str().expect("temporary directories have names in UTF-8"), "--test"]);
    assert_eq!(promtool.test_rules(&folder.path().join("rules.test.yml")), Ok(()));
}

/// Latencies beyond 0.1 s for five minutes, and 6,100 events of backpressure a minute for two, once five minutes of them are
/// known; and a bit less of each.
const TRIED: &str = "
rule_files: [rules.yml]
evaluation_interval: 30s
tests:
- interval: 30s
  input_series:
  - {series: 'query_latency_seconds_bucket{query_id=\"slow\",le=\"0.1\"}', values: '0+98x40'}
  - {series: 'query_latency_seconds_bucket{query_id=\"slow\",le=\"1.0\"}', values: '0+100x40'}
  - {series: 'query_latency_seconds_bucket{query_id=\"slow\",le=\"+Inf\"}', values: '0+100x40'}
  - {series: 'query_latency_seconds_bucket{query_id=\"fast\",le=\"0.1\"}', values: '0+100x40'}
  - {series: 'query_latency_seconds_bucket{query_id=\"fast\",le=\"1.0\"}', values: '0+100x40'}
  - {series: 'query_latency_seconds_bucket{query_id=\"fast\",le=\"+Inf\"}', values: '0+100x40'}
  - {series: 'stream_backpressure_events_total{stream_name=\"StockStream\"}', values: '0+3050x40'}
  - {series: 'stream_backpressure_events_total{stream_name=\"Trades\"}', values: '0+2950x40'}
  promql_expr_test:
  - {expr: 'count(query_latency_seconds{quantile=\"0.99\"})', eval_time: 5m, exp_samples: [{value: 2}]}
  - {expr: 'count(ALERTS{alertname=\"HighQueryLatency\",alertstate=\"firing\"})', eval_time: 5m, exp_samples: []}
  - {expr: 'ALERTS{alertname=\"HighQueryLatency\",alertstate=\"firing\"}', eval_time: 7m, exp_samples: [
      {labels: 'ALERTS{alertname=\"HighQueryLatency\",alertstate=\"firing\",query_id=\"slow\",quantile=\"0.99\",severity=\"warning\"}', value: 1}]}
  - {expr: 'count(ALERTS{alertname=\"StreamBackpressure\",alertstate=\"firing\"})', eval_time: 6m, exp_samples: []}
  - {expr: 'ALERTS{alertname=\"StreamBackpressure\",alertstate=\"firing\"}', eval_time: 9m, exp_samples: [
      {labels: 'ALERTS{alertname=\"StreamBackpressure\",alertstate=\"firing\",stream_name=\"StockStream\",severity=\"critical\"}', value: 1}]}
";

#[test]
fn the_alerts_fire_when_the_document_says() {
    let Some(promtool) = or_skip(Promtool::find()) else { return };
    let folder = TempDir::new();
    fs::write(folder.path().join("rules.yml"), rules(&[])).expect("the temporary directory is writable");
    let tests = folder.path().join("tests.yml");
    fs::write(&tests, TRIED).expect("the temporary directory is writable");
    assert_eq!(promtool.test_rules(&tests), Ok(()));
}

#[test]
fn the_quantiles_are_series_of_their_own() {
    let running = Running::start(&mut eventflux(&["--load"]));
    let folder = TempDir::new();
    let file = folder.path().join("rules.yml");
    fs::write(&file, rules(&["--shorter", "60"])).expect("the temporary directory is writable");
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\n\
         scrape_configs:\n- {{job_name: eventflux, static_configs: [{{targets: ['{}']}}]}}\n",
        file.display(),
        running.admin.trim_start_matches("http://")
    );
    let Some(prometheus) = or_skip(Prometheus::start_configured(&config, &[])) else { return };
    let rows = rows_of(SEED, "metric");
    let asked: Vec<_> =
        rows.iter().map(|row| row.name()).filter(|name| name.contains("quantile=\"0.99\"")).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    for query in asked {
        let (labels, value) = until(query, || prometheus.query(query).pop());
        assert!(value > 0.0 && labels["query_id"] == "stock_aggregation", "{labels:?} {value}");
    }
    // What a query takes of a core is worked out of its busy time.
    let query = "query_cpu_ratio{query_id='stock_aggregation'} > 0";
    let (_, share) = until(query, || prometheus.query(query).pop());
    assert!(share < 2.0, "{share}");
}
