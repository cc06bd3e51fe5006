//! Alerts and dashboards: the rules that `spanwright alerts` makes of the program, judged by promtool and a real Prometheus.

use std::fs;
use std::process::Command;

use crate::backends::{Prometheus, Promtool, or_skip};
use crate::built::{example, spanwright};
use crate::process::{TempDir, until};
use crate::program::{Kept, SEED, persist};
use crate::table::{quoted, rows_of};

/// The guide asks for series of any job.
fn rules(more: &[&str]) -> String {
    let mut command = Command::new(spanwright());
    let output = command.arg("alerts").arg(example("persist")).args(["--job", ""]).args(more).output();
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
fn the_rules_are_those_of_the_guide() {
    let rules = rules(&[]);
    for row in rows_of(SEED, "alert") {
        let [name, expr, hold, severity, summary] = quoted(&row.item)[..] else { panic!("{}", row.item) };
        let said = alert(&rules, name);
        // A number is written as shortly as it can be.
        let expr = expr.replace("> 1.0", "> 1");
        for line in
            [format!("expr: '{expr}'"), hold.to_owned(), severity.to_owned(), format!("summary: '{summary}'")]
        {
            assert!(said.contains(&line.as_str()), "{line} in {said:#?}");
        }
    }
    let derived = rules.split("- record: persist_error_rate").nth(1).expect("it is worked out");
    let expr = "expr: 'rate(persist_s3_errors_total[5m]) / rate(persist_s3_requests_total[5m])'";
    assert_eq!(derived.lines().nth(1).map(str::trim), Some(expr));
    if let Some(promtool) = or_skip(Promtool::find()) {
        assert_eq!(promtool.check_rules(&rules), Ok(()), "{rules}");
    }
}

/// Errors of 10 % and latencies of two seconds, for which both alerts are, and half a minute before neither is.
const TRIED: &str = "
rule_files: [rules.yml]
evaluation_interval: 30s
tests:
- interval: 30s
  input_series:
  - {series: 'persist_s3_requests_total{operation=\"put_object\"}', values: '0+100x40'}
  - {series: 'persist_s3_errors_total{operation=\"put_object\"}', values: '0+10x40'}
  - {series: 'persist_s3_requests_total{operation=\"get_object\"}', values: '0+100x40'}
  - {series: 'persist_s3_errors_total{operation=\"get_object\"}', values: '0+4x40'}
  - {series: 'persist_s3_latency_seconds_bucket{operation=\"put_object\",le=\"1.0\"}', values: '0+94x40'}
  - {series: 'persist_s3_latency_seconds_bucket{operation=\"put_object\",le=\"5.0\"}', values: '0+100x40'}
  - {series: 'persist_s3_latency_seconds_bucket{operation=\"put_object\",le=\"+Inf\"}', values: '0+100x40'}
  - {series: 'persist_s3_latency_seconds_bucket{operation=\"get_object\",le=\"1.0\"}', values: '0+96x40'}
  - {series: 'persist_s3_latency_seconds_bucket{operation=\"get_object\",le=\"+Inf\"}', values: '0+100x40'}
  promql_expr_test:
  - {expr: 'count(ALERTS{alertname=\"PersistHighErrorRate\",alertstate=\"firing\"})', eval_time: 2m, exp_samples: []}
  - {expr: 'ALERTS{alertname=\"PersistHighErrorRate\",alertstate=\"firing\"}', eval_time: 3m, exp_samples: [
      {labels: 'ALERTS{alertname=\"PersistHighErrorRate\",alertstate=\"firing\",operation=\"put_object\",severity=\"warning\"}', value: 1}]}
  - {expr: 'count(ALERTS{alertname=\"PersistHighLatency\",alertstate=\"firing\"})', eval_time: 5m, exp_samples: []}
  - {expr: 'ALERTS{alertname=\"PersistHighLatency\",alertstate=\"firing\"}', eval_time: 6m, exp_samples: [
      {labels: 'ALERTS{alertname=\"PersistHighLatency\",alertstate=\"firing\",operation=\"put_object\",severity=\"warning\"}', value: 1}]}
  - {expr: 'persist_error_rate', eval_time: 6m, exp_samples: [
      {labels: 'persist_error_rate{operation=\"get_object\"}', value: 0.04},
      {labels: 'persist_error_rate{operation=\"put_object\"}', value: 0.1}]}
";

#[test]
fn the_alerts_fire_when_the_guide_says() {
    let Some(promtool) = or_skip(Promtool::find()) else { return };
    let folder = TempDir::new();
    fs::write(folder.path().join("rules.yml"), rules(&[])).expect("the temporary directory is writable");
    let tests = folder.path().join("tests.yml");
    fs::write(&tests, TRIED).expect("the temporary directory is writable");
    assert_eq!(promtool.test_rules(&tests), Ok(()));
}

#[test]
fn every_query_of_the_dashboard_has_an_answer() {
    let kept = Kept::start(&mut persist(&["--slow-down-every", "4"]));
    let folder = TempDir::new();
    let file = folder.path().join("rules.yml");
    fs::write(&file, rules(&["--shorter", "60"])).expect("the temporary directory is writable");
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\n\
         scrape_configs:\n- {{job_name: persist, static_configs: [{{targets: ['{}']}}]}}\n",
        file.display(),
        kept.running.admin.trim_start_matches("http://")
    );
    let Some(prometheus) = or_skip(Prometheus::start_configured(&config, &[])) else { return };
    for row in rows_of(SEED, "dashboard query") {
        let query = row.item.split_once('`').expect("a query").1.trim_end_matches('`');
        let has_operation = !query.contains("state_size");
        let series = until(query, || {
            let series = prometheus.query(query);
            let is_good = series.iter().all(|(_, value)| value.is_finite() && *value >= 0.0)
                && series.iter().any(|(_, value)| *value > 0.0);
            is_good.then_some(series)
        });
        let operations: Vec<_> = series.iter().filter_map(|(labels, _)| labels.get("operation")).collect();
        assert_eq!(!operations.is_empty(), has_operation, "{query}: {series:?}");
    }
    // One of four requests fails, which is beyond the alert's 5 %, and after two seconds it fires.
    let firing = "ALERTS{alertname=\"PersistHighErrorRate\",alertstate=\"firing\"}";
    until("the alert", || prometheus.query(firing).pop());
    until("the derived metric", || prometheus.query("persist_error_rate > 0.05").pop());
    assert!(prometheus.query("ALERTS{alertname=\"PersistHighLatency\"}").is_empty());
}
