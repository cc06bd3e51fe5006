//! The four dashboards that `spanwright dashboards` makes of the running program, judged by Grafana's own model and by a
//! Prometheus that scrapes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::backends::{Prometheus, or_skip, python_with, workspace};
use crate::built::spanwright;
use crate::process::{TempDir, until};
use crate::program::{SEED, eventflux};
use crate::system::Running;
use crate::table::rows_of;

/// Makes them of a running program.
#[track_caller]
fn write_to(folder: &Path, running: &Running) {
    let mut command = Command::new(spanwright());
    let output = command.args(["dashboards", &running.admin, "--out"]).arg(folder).output();
    let output = output.expect("it was built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The dashboards of a folder, by title.
fn read(folder: &Path) -> BTreeMap<String, Json> {
    let files = fs::read_dir(folder).expect("it was made").map(|entry| entry.expect("a file").path());
    let text = |path| fs::read_to_string(path).expect("it is text");
    let dashboards = files.map(|path| serde_json::from_str::<Json>(&text(path)).expect("it is JSON"));
    dashboards.map(|json| (json["title"].as_str().expect("it has one").to_owned(), json)).collect()
}

fn panels(dashboard: &Json) -> Vec<&Json> {
    let all = dashboard["panels"].as_array().into_iter().flatten();
    all.filter(|panel| panel["type"] != "row").collect()
}

/// The document's four, of a program under load.
#[track_caller]
fn documents() -> BTreeMap<String, Json> {
    let running = Running::start(&mut eventflux(&["--load"]));
    running.page("the first events", |page| page.sum("events_processed_total", &[]) > 0.0);
    let folder = TempDir::new();
    write_to(folder.path(), &running);
    let mut made = read(folder.path());
    let rows = rows_of(SEED, "dashboard");
    let taken = rows.iter().map(|row| {
        let one = made.remove(row.name()).unwrap_or_else(|| panic!("no {} in {:?}", row.item, made.keys()));
        (row.name().to_owned(), one)
    });
    taken.collect()
}

#[test]
fn the_dashboards_and_their_panels_are_those_of_the_document() {
    let dashboards = documents();
    assert_eq!(dashboards.len(), 4);
    for row in rows_of(SEED, "panel") {
        let (dashboard, title) = row.item.split_once(": ").expect("a dashboard and a panel");
        let (_, dashboard) = dashboards
            .iter()
            .find(|(title, _)| title.ends_with(dashboard))
            .unwrap_or_else(|| panic!("no dashboard of {}", row.item));
        let wanted = title.trim_end_matches(" (if applicable)").to_lowercase();
        let found = panels(dashboard);
        let titled: Vec<_> = found.iter().map(|panel| panel["title"].as_str().unwrap_or_default()).collect();
        let at = titled.iter().position(|title| title.to_lowercase() == wanted);
        let panel = found[at.unwrap_or_else(|| panic!("{} is not among {titled:?}", row.item))];
        assert!(panel["targets"].as_array().is_some_and(|queries| !queries.is_empty()), "{}", row.item);
    }
    let panel = |dashboard: &str, title: &str| {
        let found = panels(&dashboards[dashboard]).into_iter().find(|panel| panel["title"] == title);
        found.unwrap_or_else(|| panic!("no {title}")).clone()
    };
    let asked = |panel: &Json| panel["targets"].to_string();
    let uptime = asked(&panel("EventFlux Overview", "System uptime and version"));
    assert!(uptime.contains("eventflux_uptime_seconds") && uptime.contains("version"), "{uptime}");
    let latency = asked(&panel("Query Performance", "Query latency p50, p95, p99 (per query)"));
    for part in ["0.5,", "0.95,", "0.99,", "query_id"] {
        assert!(latency.contains(part), "{part} in {latency}");
    }
    assert_eq!(panel("Query Performance", "Query execution timeline")["type"], "state-timeline");
}

#[test]
fn each_is_imported_with_one_click_and_has_thresholds() {
    let mut thresholds = 0;
    for (title, dashboard) in documents() {
        // What Grafana's import asks for is the data source alone, and all that it draws with is named.
        let inputs = dashboard["__inputs"].as_array().expect("it has some");
        assert_eq!((inputs.len(), &inputs[0]["pluginId"]), (1, &Json::from("prometheus")), "{title}");
        let required: Vec<_> = dashboard["__requires"].as_array().into_iter().flatten().collect();
        for panel in panels(&dashboard) {
            assert!(
                required.iter().any(|plugin| plugin["id"] == panel["type"]),
                "{title}: {}",
                panel["type"]
            );
            assert_eq!(panel["datasource"]["uid"], "${DS_PROMETHEUS}");
            let steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array();
            thresholds += usize::from(steps.is_some_and(|steps| steps.len() > 1));
        }
        assert!(dashboard["uid"].as_str().is_some_and(|uid| !uid.is_empty()) && dashboard["id"].is_null());
    }
    assert!(thresholds >= 4, "{thresholds} panels have thresholds");
}

#[test]
fn every_panel_has_an_answer() {
    let Some(python) = or_skip(python_with("grafana_foundation_sdk")) else { return };
    // A query that fails, so that there are errors to show.
    let running = Running::start(&mut eventflux(&["--load", "--trouble"]));
    let folder = TempDir::new();
    let [all, dashboards] = ["all", "dashboards"].map(|name| folder.path().join(name));
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
         scrape_configs:\n- {{job_name: eventflux, static_configs: [{{targets: ['{}']}}]}}\n",
        running.admin.trim_start_matches("http://")
    );
    let Some(prometheus) = or_skip(Prometheus::start_configured(&config, &[])) else { return };
    running.page("the first events", |page| page.sum("events_processed_total", &[]) > 0.0);
    write_to(&all, &running);
    // The document's: what else there is has panels of what need not happen in a run.
    fs::create_dir(&dashboards).expect("the temporary directory is writable");
    for (index, row) in rows_of(SEED, "dashboard").iter().enumerate() {
        let found = read(&all).remove(row.name()).expect("it was made").to_string();
        fs::write(dashboards.join(format!("{index}.json")), found).expect("it is writable");
    }
    // Rates over the script's window need it filled.
    for filled in ["count_over_time(query_active_count[30s]) > 20", "count_over_time(errors_total[30s]) > 5"]
    {
        until("Prometheus to have scraped for a while", || prometheus.query(filled).pop());
    }
    let mut check = Command::new(python);
    check.arg(workspace().join("tests/check_dashboards.py")).arg(&prometheus.url).arg(&dashboards);
    let checked = check.output().expect("Python runs");
    let said = String::from_utf8_lossy(&[checked.stdout, checked.stderr].concat()).into_owned();
    assert!(checked.status.success() && said.starts_with("{\"dashboards\": 4, "), "{said}");
}
