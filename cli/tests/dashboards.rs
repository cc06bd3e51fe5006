//! `spanwright dashboards`, judged by a Prometheus that scrapes the shop under load, and by Grafana's own model of dashboards.
//!
//! Without Prometheus or the Python environment it is skipped with a line that says so, unless `SPANWRIGHT_REQUIRE_BACKENDS=1`.
//! `SPANWRIGHT_PICTURES=DIR` keeps a picture of each dashboard, for which the environment needs `matplotlib`, and
//! `SPANWRIGHT_GRAFANA_SCHEMAS=DIR` names the folder `jsonschema` of github.com/grafana/grafana-foundation-sdk.

use std::env;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take that is waited for. Far beyond what it takes: machines are shared.
const PATIENCE: Duration = Duration::from_secs(60);

const CATALOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/running-shop.json");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_dashboards.py");

/// A running program; killed when dropped.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Result<Self, String> {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet
            .spawn()
            .map(Self)
            .map_err(|error| format!("{:?} does not start: {error}", command.get_program()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A Python with what the script needs.
fn python() -> Result<PathBuf, String> {
    let venv = env::var_os("SPANWRIGHT_VENV").map_or_else(|| workspace().join(".venv"), PathBuf::from);
    let python = venv.join("bin/python");
    let found = Command::new(&python).args(["-c", "import grafana_foundation_sdk"]).output();
    match found {
        Ok(output) if output.status.success() => Ok(python),
        _ => Err(format!(
            "no grafana-foundation-sdk in {}: `.ci/backends.sh` installs it, and SPANWRIGHT_VENV names another environment",
            venv.display()
        )),
    }
}

/// The shop's program, built where it is missing or older than its sources.
fn shop() -> PathBuf {
    let tests = Path::new(env!("CARGO_BIN_EXE_spanwright")).parent().unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "spanwright-examples", "--example", "shop"]);
    build.current_dir(workspace()).arg("--target-dir").arg(tests.parent().unwrap());
    assert!(build.status().unwrap().success(), "the shop does not build");
    tests.join("examples/shop")
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[track_caller]
fn or_skip<T>(found: Result<T, String>) -> Option<T> {
    let is_required = env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
    match found {
        Ok(found) => Some(found),
        Err(reason) if is_required => panic!("a backend is required, and missing: {reason}"),
        Err(reason) => {
            // Past the harness, which keeps to itself what a test says that passes.
            let _ = writeln!(std::io::stderr(), "skipped: {reason}");
            None
        }
    }
}

/// A Prometheus that scrapes an address each second, and where it listens.
fn prometheus(folder: &Path, target: &str) -> Result<(Process, String), String> {
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n\
         - {{job_name: shop, static_configs: [{{targets: ['{target}']}}]}}\n"
    );
    fs::write(folder.join("prometheus.yml"), config).unwrap();
    let address = free_address();
    let mut command = Command::new("prometheus");
    command.current_dir(folder).arg("--config.file=prometheus.yml").arg("--storage.tsdb.path=data");
    command.arg(format!("--web.listen-address={address}"));
    Ok((Process::start(&mut command)?, format!("http://{address}")))
}

/// Whether Prometheus answers this with something.
fn has_answer(prometheus: &str, expr: &str) -> bool {
    let url = format!("{prometheus}/api/v1/query");
    let answer = ureq::get(&url).query("query", expr).call();
    answer.is_ok_and(|mut answer| {
        answer.body_mut().read_to_string().is_ok_and(|text| text.contains("\"value\""))
    })
}

#[test]
fn every_panel_of_every_dashboard_has_an_answer() {
    let Some(python) = or_skip(python()) else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboards");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let admin = free_address();
    let Some((_prometheus, url)) = or_skip(prometheus(&folder, &admin)) else { return };

    let mut shop = Command::new(shop());
    shop.args(["--listen", "127.0.0.1:0", "--load", "--seconds", "600"]);
    shop.env("SPANWRIGHT_METRICS_PORT", admin.rsplit(':').next().unwrap());
    // Nobody is there. Queues of exporters have series all the same.
    shop.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", free_address()));
    let _shop = Process::start(&mut shop).unwrap();
    let since = Instant::now();
    // Rates over the script's window need it filled.
    while !has_answer(&url, "count_over_time(shop_orders_to_ship[30s]) > 20") {
        assert!(since.elapsed() < PATIENCE, "the shop is not scraped");
        sleep(Duration::from_millis(200));
    }

    let dashboards = folder.join("written");
    let mut spanwright = Command::new(env!("CARGO_BIN_EXE_spanwright"));
    let written = spanwright.args(["dashboards", CATALOG, "--out"]).arg(&dashboards).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let files = String::from_utf8(written.stdout).unwrap();
    assert_eq!(files.lines().count(), 10, "{files}");

    let mut check = Command::new(python);
    check.arg(SCRIPT).arg(&url).arg(&dashboards);
    for (option, variable) in
        [("--pictures", "SPANWRIGHT_PICTURES"), ("--schemas", "SPANWRIGHT_GRAFANA_SCHEMAS")]
    {
        if let Some(folder) = env::var_os(variable) {
            check.arg(option).arg(folder);
        }
    }
    let checked = check.output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(said.starts_with(r#"{"dashboards": 10, "queries": 1"#), "{said}");
}
