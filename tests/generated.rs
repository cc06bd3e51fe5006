//! What `spanwright` makes of the running shop's catalogue, judged by promtool, by a Prometheus that scrapes the shop under
//! load, by Grafana's own model of dashboards, and by its schemas.
//!
//! `SPANWRIGHT_PICTURES=DIR` keeps a picture of each dashboard, for which the Python environment needs `matplotlib`, and
//! `SPANWRIGHT_GRAFANA_SCHEMAS=DIR` names the folder `jsonschema` of github.com/grafana/grafana-foundation-sdk, where it is not
//! `grafana-schemas` in the environment.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use spanwright_catalog::Catalog;

use crate::backends::{Prometheus, Promtool, or_skip, python_with, venv, workspace};
use crate::process::{TempDir, say, until};
use crate::shop::{Shop, program, spanwright};

/// The catalogue of the shop's binary, as it was when its readers last agreed to it.
const AGREED: &str = "examples/shop/catalog.json";

/// Runs `spanwright`, which has to do it.
#[track_caller]
pub(crate) fn made(args: &[&str]) -> String {
    let output = Command::new(spanwright()).args(args).output().expect("it was built");
    assert!(output.status.success(), "{args:?}: {}", said(&output));
    String::from_utf8(output.stdout).expect("it writes text")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("temporary directories have names in UTF-8")
}

/// A shop that sends orders to itself. Nobody takes its spans: queues of exporters have series all the same.
fn busy_shop() -> Shop {
    let shop = Shop::start().arg("--load").arg("--seconds=600");
    shop.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9").serve()
}

#[test]
fn promtool_takes_the_running_shops_rules_and_sees_each_alert_fire_and_not_fire() {
    let Some(promtool) = or_skip(Promtool::find()) else { return };
    let shop = busy_shop();
    let folder = TempDir::new();
    let rules = folder.path().join("rules.yml");
    let said = made(&["alerts", &shop.admin, "--out", text(&rules), "--test"]);
    let alerts: u32 =
        said.split(' ').next().and_then(|number| number.parse().ok()).expect("it says how many");
    assert!(alerts >= 10, "{said}");
    let yaml = fs::read_to_string(&rules).expect("it was written");
    assert_eq!(promtool.check_rules(&yaml), Ok(()), "{yaml}");
    let tests = folder.path().join("rules.test.yml");
    assert!(!fs::read_to_string(&tests).expect("it was written").contains("not tested"));
    assert_eq!(promtool.test_rules(&tests), Ok(()));
}

#[test]
fn every_panel_of_every_dashboard_has_an_answer() {
    let Some(python) = or_skip(python_with("grafana_foundation_sdk")) else { return };
    let shop = busy_shop();
    let folder = TempDir::new();
    let [rules, dashboards] = ["rules.yml", "dashboards"].map(|name| folder.path().join(name));
    made(&["alerts", &shop.admin, "--out", text(&rules)]);
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\n\
         scrape_configs:\n- {{job_name: shop, static_configs: [{{targets: ['{}']}}]}}\n",
        rules.display(),
        shop.admin_address()
    );
    let Some(prometheus) = or_skip(Prometheus::start_configured(&config, &[])) else { return };
    let written = made(&["dashboards", &shop.admin, "--out", text(&dashboards)]);
    // Rates over the script's window need it filled, and rules their groups' first turns.
    for asked in [
        "count_over_time(shop_shipping_queue_orders[30s]) > 20",
        "shop_decline_ratio > 0",
        "shop_order_pieces{quantile='0.95'} > 1",
    ] {
        until("Prometheus to have scraped for a while", || prometheus.query(asked).pop());
    }

    let mut check = Command::new(python);
    check.arg(workspace().join("tests/check_dashboards.py")).arg(&prometheus.url).arg(&dashboards);
    match schemas() {
        Some(folder) => drop(check.arg("--schemas").arg(folder)),
        None => say("Grafana's schemas are not there: `.ci/backends.sh` fetches them"),
    }
    if let Some(folder) = env::var_os("SPANWRIGHT_PICTURES") {
        check.arg("--pictures").arg(folder);
    }
    let checked = check.output().expect("Python runs");
    assert!(checked.status.success(), "{}", said(&checked));
    let asked = format!("{{\"dashboards\": {}, \"queries\": 1", written.lines().count());
    assert!(said(&checked).starts_with(&asked), "{asked} {}", said(&checked));
}

fn schemas() -> Option<PathBuf> {
    let stated = env::var_os("SPANWRIGHT_GRAFANA_SCHEMAS").map(PathBuf::from);
    let folder = stated.unwrap_or_else(|| venv().join("grafana-schemas"));
    folder.join("dashboard.jsonschema.json").is_file().then_some(folder)
}

/// What `check` finds in the shop's binary, against what its readers have agreed to.
fn checked(agreed: &Path) -> Output {
    let mut check = Command::new(spanwright());
    check.arg("check").arg(program()).arg("--against").arg(agreed);
    check.output().expect("it was built")
}

/// Whoever renames a metric of the shop is told here how, and renews the file if that is meant.
#[test]
fn the_shop_emits_what_was_agreed() {
    let agreed = workspace().join(AGREED);
    if env::var_os("SPANWRIGHT_BLESS").is_some() {
        fs::write(&agreed, made(&["catalog", text(program())])).expect("the workspace is writable");
    }
    let output = checked(&agreed);
    let changes = said(&output);
    assert!(
        output.status.success() && !changes.contains("was added"),
        "the shop no longer emits what {AGREED} says; if that is meant, renew it with SPANWRIGHT_BLESS=1\n{changes}"
    );
}

#[test]
fn a_shop_whose_metrics_were_others_is_told_how() {
    let folder = TempDir::new();
    let older = folder.path().join("older.json");
    let agreed = fs::read_to_string(workspace().join(AGREED)).expect("it is committed");
    let mut catalog = Catalog::from_json(&agreed).expect("it is one");
    let mut change = |name: &str, change: &dyn Fn(&mut spanwright_catalog::Metric)| {
        let metric = catalog.metrics.iter_mut().find(|metric| metric.name == name);
        change(metric.expect("the shop has it"));
    };
    change("shop_revenue_cents_total", &|metric| metric.name = "shop_income_cents_total".to_owned());
    change("shop_orders_total", &|metric| metric.labels[0].name = "state".to_owned());
    change("shop_order_pieces", &|metric| metric.kind = spanwright_catalog::Kind::Gauge);
    fs::write(&older, catalog.to_json()).expect("the temporary directory is writable");

    let output = checked(&older);
    assert_eq!(output.status.code(), Some(1));
    let changes = said(&output);
    for change in [
        "metric `shop_income_cents_total` was renamed to `shop_revenue_cents_total`",
        "metric `shop_orders_total` lost its label `state`",
        "metric `shop_order_pieces` changed its kind from `gauge` to `histogram`",
    ] {
        assert!(changes.contains(change), "{change} is not in:\n{changes}");
    }
}
