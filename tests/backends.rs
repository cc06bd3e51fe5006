//! The backends that judge what we write: found where they are installed, started on free ports of loopback.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value as Json;

pub(crate) use crate::built::workspace;
use crate::collector::Collector;
use crate::process::{Process, TempDir, free_port, http, say, until};

/// The backend, or a line that says why the test is skipped; where backends are required, a failure.
#[track_caller]
pub(crate) fn or_skip<T>(found: Result<T, String>) -> Option<T> {
    match found {
        Ok(backend) => Some(backend),
        Err(reason) if std::env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1") => {
            panic!("a backend is required, and missing: {reason}")
        }
        Err(reason) => {
            say(&format!("skipped: {reason}"));
            None
        }
    }
}

/// A program on the `PATH`.
pub(crate) fn on_path(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.ok_or_else(|| format!("`{name}` is not on the PATH (`.ci/backends.sh` installs it)"))
}

/// The Python environment: `SPANWRIGHT_VENV`, or `.venv` in the workspace.
pub(crate) fn venv() -> PathBuf {
    std::env::var_os("SPANWRIGHT_VENV").map_or_else(|| workspace().join(".venv"), PathBuf::from)
}

/// How to get the Python environment.
const VENV: &str = "`.ci/backends.sh` makes it, and SPANWRIGHT_VENV names another";

/// A program in the Python environment.
fn in_venv(name: &str) -> Result<PathBuf, String> {
    let file = venv().join("bin").join(name);
    if file.is_file() { Ok(file) } else { Err(format!("no {}: {VENV}", file.display())) }
}

/// The Python of the environment, where it has this package.
pub(crate) fn python_with(package: &str) -> Result<PathBuf, String> {
    let python = in_venv("python")?;
    let import = Command::new(&python).args(["-c", &format!("import {package}")]).output();
    let is_there = import.is_ok_and(|output| output.status.success());
    if is_there { Ok(python) } else { Err(format!("no Python package `{package}`: {VENV}")) }
}

/// A file of a package in the Python environment, whatever the version of Python.
fn in_packages(name: &str) -> Result<PathBuf, String> {
    let libraries = venv().join("lib");
    let versions = fs::read_dir(&libraries).into_iter().flatten().flatten();
    let mut files = versions.map(|version| version.path().join("site-packages").join(name));
    let found = files.find(|file| file.is_file());
    found.ok_or_else(|| format!("no `{name}` in {}: {VENV}", libraries.display()))
}

/// Runs a program on some input.
fn run_on(input: &str, command: &mut Command) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("piped");
    std::thread::scope(|scope| {
        // It may refuse before it has read everything; its answer says so.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output().expect("a child can be waited for")
    })
}

/// `promtool check metrics`: reads text 0.0.4, and minds names and help besides.
pub(crate) struct Promtool(PathBuf);

impl Promtool {
    pub(crate) fn find() -> Result<Self, String> {
        on_path("promtool").map(Self)
    }

    /// What it finds wrong.
    pub(crate) fn check_metrics(&self, text: &str) -> Result<(), String> {
        self.check(text, Command::new(&self.0).args(["check", "metrics"]))
    }

    /// What it finds wrong with rules, in YAML.
    pub(crate) fn check_rules(&self, rules: &str) -> Result<(), String> {
        self.check(
            rules,
            Command::new(&self.0).args(["check", "rules", "--lint=all", "--lint-fatal", "/dev/stdin"]),
        )
    }

    /// What it finds wrong where it runs the tests of rules in this file.
    pub(crate) fn test_rules(&self, tests: &Path) -> Result<(), String> {
        self.check("", Command::new(&self.0).args(["test", "rules"]).arg(tests))
    }

    fn check(&self, text: &str, command: &mut Command) -> Result<(), String> {
        let output = run_on(text, command);
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        if output.status.success() { Ok(()) } else { Err(said) }
    }
}

/// The parsers of `prometheus_client`, the reference for OpenMetrics.
pub(crate) struct StrictParser(PathBuf);

impl StrictParser {
    pub(crate) fn find() -> Result<Self, String> {
        in_venv("python").map(Self)
    }

    /// The families by name, of an exposition in `openmetrics` or `text`.
    #[track_caller]
    pub(crate) fn parse(&self, format: &str, exposition: &str) -> BTreeMap<String, Json> {
        self.parse_all(format, &[exposition.to_owned()]).remove(0)
    }

    /// The same of many expositions, since a start of Python takes longer than to read them.
    #[track_caller]
    pub(crate) fn parse_all(&self, format: &str, expositions: &[String]) -> Vec<BTreeMap<String, Json>> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("parse_metrics.py");
        let input = serde_json::to_string(expositions).expect("texts are JSON");
        let output = run_on(&input, Command::new(&self.0).arg(script).arg(format));
        let refused = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{format} was refused:\n{refused}");
        serde_json::from_slice(&output.stdout).expect("the script writes JSON")
    }
}

/// A Prometheus server that scrapes each second.
pub(crate) struct Prometheus {
    pub(crate) url: String,
    process: Process,
    data: TempDir,
}

impl Prometheus {
    /// One that scrapes this address.
    pub(crate) fn start(target: &str, features: &[&str]) -> Result<Self, String> {
        Self::start_with(&[("shop", target)], features)
    }

    /// One that scrapes these jobs, each at one address.
    pub(crate) fn start_with(jobs: &[(&str, &str)], features: &[&str]) -> Result<Self, String> {
        let mut text = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n".to_owned();
        for (job, target) in jobs {
            text += &format!("- {{job_name: {job}, static_configs: [{{targets: ['{target}']}}]}}\n");
        }
        Self::start_configured(&text, features)
    }

    /// One with this configuration.
    pub(crate) fn start_configured(config: &str, features: &[&str]) -> Result<Self, String> {
        let program = on_path("prometheus")?;
        let data = TempDir::new();
        let file = data.path().join("prometheus.yml");
        fs::write(&file, config).expect("the temporary directory is writable");
        let address = format!("127.0.0.1:{}", free_port());
        let process = Process::start(
            Command::new(program)
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.tsdb.path={}", data.path().join("data").display()))
                .arg(format!("--web.listen-address={address}"))
                .args(features.iter().map(|feature| format!("--enable-feature={feature}"))),
        );
        let url = format!("http://{address}");
        until("Prometheus to be ready", || {
            http().get(format!("{url}/-/ready")).call().ok()?.status().is_success().then_some(())
        });
        Ok(Self { url, process, data })
    }

    /// Gives it another configuration.
    pub(crate) fn configure(&self, config: &str) {
        fs::write(self.data.path().join("prometheus.yml"), config)
            .expect("the temporary directory is writable");
        self.process.signal("HUP");
    }

    /// An instant query's series: labels and value.
    #[track_caller]
    pub(crate) fn query(&self, promql: &str) -> Vec<(BTreeMap<String, String>, f64)> {
        let request = http().get(format!("{}/api/v1/query", self.url)).query("query", promql);
        let answer: Json =
            request.call().expect("it answers").body_mut().read_json().expect("it answers JSON");
        assert_eq!(answer["status"], "success", "{promql}: {answer}");
        let result = answer["data"]["result"].as_array().expect("a vector").clone();
        let series = |series: Json| {
            let labels = serde_json::from_value(series["metric"].clone()).expect("labels are text");
            let value = series["value"][1].as_str().and_then(|value| value.parse().ok()).expect("a number");
            (labels, value)
        };
        result.into_iter().map(series).collect()
    }

    /// The only value of a query; nothing where it has no series.
    #[track_caller]
    pub(crate) fn value(&self, promql: &str) -> Option<f64> {
        let series = self.query(promql);
        assert!(series.len() < 2, "{promql} has several series: {series:?}");
        series.first().map(|(_, value)| *value)
    }

    /// The exemplars of the series that a query selects, in the last ten minutes.
    #[track_caller]
    pub(crate) fn exemplars(&self, promql: &str) -> Vec<ReadExemplar> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
        let request = http().get(format!("{}/api/v1/query_exemplars", self.url)).query("query", promql);
        let request = request.query("start", (now - 600).to_string()).query("end", (now + 60).to_string());
        let answer: Json =
            request.call().expect("it answers").body_mut().read_json().expect("it answers JSON");
        assert_eq!(answer["status"], "success", "{promql}: {answer}");
        let mut all = Vec::new();
        for series in each(&answer, &["data"]) {
            let le = series["seriesLabels"]["le"].as_str().unwrap_or_default();
            all.extend(each(series, &["exemplars"]).map(|exemplar| ReadExemplar {
                le: le.to_owned(),
                labels: serde_json::from_value(exemplar["labels"].clone()).expect("labels are text"),
                value: exemplar["value"].as_str().and_then(|value| value.parse().ok()).expect("a number"),
                time: exemplar["timestamp"].as_f64().expect("a number"),
            }));
        }
        all
    }

    /// What Prometheus knows of a family: its type and help.
    pub(crate) fn metadata(&self, family: &str) -> Json {
        let request = http().get(format!("{}/api/v1/metadata", self.url)).query("metric", family);
        let answer: Json =
            request.call().expect("it answers").body_mut().read_json().expect("it answers JSON");
        answer["data"][family][0].clone()
    }
}

/// An exemplar as Prometheus has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReadExemplar {
    /// The bound of its series' bucket; empty where it is of no classic histogram.
    pub(crate) le: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
    /// Seconds since 1970.
    pub(crate) time: f64,
}

/// A receiver of OTLP, which keeps what it gets.
pub(crate) struct OtlpReceiver {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub(crate) endpoint: String,
    /// The same for gRPC.
    pub(crate) grpc_endpoint: String,
    ports: (u16, u16),
    _process: Process,
    _folder: TempDir,
}

/// The collector `rotel`, which hands on what it gets to one of ours.
pub(crate) struct Rotel {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub(crate) endpoint: String,
    /// The same for gRPC.
    pub(crate) grpc_endpoint: String,
    _process: Process,
    _folder: TempDir,
}

impl Rotel {
    /// Starts one that hands on to `to`.
    pub(crate) fn start(to: &Collector) -> Result<Self, String> {
        let program = in_packages("rotel/rotel-agent")?;
        let folder = TempDir::new();
        let [http, grpc] = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
        let process = Process::start(
            Command::new(program)
                .arg("start")
                .args(["--otlp-http-endpoint", &http, "--otlp-grpc-endpoint", &grpc])
                .args(["--exporter", "otlp", "--otlp-exporter-protocol", "http"])
                .args(["--otlp-exporter-endpoint", &to.endpoint])
                .arg("--pid-file")
                .arg(folder.path().join("pid"))
                .args(["--log-file", "/dev/null"]),
        );
        until("rotel to listen", || {
            [&http, &grpc].into_iter().all(|address| TcpStream::connect(address).is_ok()).then_some(())
        });
        let [endpoint, grpc_endpoint] = [http, grpc].map(|address| format!("http://{address}"));
        Ok(Self { endpoint, grpc_endpoint, _process: process, _folder: folder })
    }
}

/// A span as the receiver had it.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// Empty for a root.
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) trace_state: String,
    /// The instrumentation scope's name.
    pub(crate) scope: String,
    pub(crate) service: String,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) is_error: bool,
    pub(crate) status_message: String,
    pub(crate) attributes: Attributes,
    /// Names and attributes.
    pub(crate) events: Vec<(String, Attributes)>,
    /// The ids of the spans that it is linked to.
    #[allow(dead_code, reason = "not all targets have spans with links")]
    pub(crate) links: Vec<String>,
}

impl Span {
    /// An attribute of text.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        text(&self.attributes, key)
    }

    /// An attribute that is an integer.
    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        int(&self.attributes, key)
    }
}

/// A log record as the receiver had it.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) body: String,
    pub(crate) severity: String,
    /// The instrumentation scope's name.
    pub(crate) scope: String,
    pub(crate) service: String,
    pub(crate) attributes: Attributes,
}

/// Attributes: protobuf's JSON of an `AnyValue` by key.
pub(crate) type Attributes = BTreeMap<String, Json>;

/// An attribute of text.
pub(crate) fn text<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a str> {
    attributes.get(key)?["string_value"].as_str()
}

/// An attribute that is an integer. Protobuf's JSON writes those as text.
pub(crate) fn int(attributes: &Attributes, key: &str) -> Option<i64> {
    attributes.get(key)?["int_value"].as_str()?.parse().ok()
}

impl OtlpReceiver {
    pub(crate) fn start() -> Result<Self, String> {
        Self::start_at(free_port(), free_port())
    }

    /// One that listens on these ports, which are free.
    fn start_at(http: u16, grpc: u16) -> Result<Self, String> {
        let program = in_venv("ddapm-test-agent")?;
        let folder = TempDir::new();
        let process = Process::start(
            Command::new(program)
                .current_dir(folder.path())
                .args(["--host", "127.0.0.1", "--port", &free_port().to_string()])
                .args(["--otlp-http-port", &http.to_string(), "--otlp-grpc-port", &grpc.to_string()]),
        );
        let receiver = Self {
            endpoint: format!("http://127.0.0.1:{http}"),
            grpc_endpoint: format!("http://127.0.0.1:{grpc}"),
            ports: (http, grpc),
            _process: process,
            _folder: folder,
        };
        until("the OTLP receiver to be ready", || receiver.requests());
        Ok(receiver)
    }

    /// Ends it, does `meanwhile`, and starts another one in its place, which has got nothing yet.
    pub(crate) fn replace(self, meanwhile: impl FnOnce()) -> Self {
        let (http, grpc) = self.ports;
        drop(self);
        meanwhile();
        Self::start_at(http, grpc).expect("it was there before")
    }

    /// Everything it has got, as it tells it.
    pub(crate) fn raw(&self) -> String {
        self.requests().expect("it answers").to_string()
    }

    fn requests(&self) -> Option<Json> {
        self.session("traces")
    }

    /// What it tells of a signal: its requests.
    pub(crate) fn session(&self, signal: &str) -> Option<Json> {
        let url = format!("{}/test/session/{signal}", self.endpoint);
        http().get(url).call().ok()?.body_mut().read_json().ok()
    }

    /// The log records it has got.
    pub(crate) fn logs(&self) -> Vec<Log> {
        let requests = self.session("logs").expect("it answers");
        let mut logs = Vec::new();
        for resource in each(&requests, &[]).flat_map(|request| each(request, &["resource_logs"])) {
            let of_resource = attributes(&resource["resource"]);
            let service = text(&of_resource, "service.name").unwrap_or_default();
            for scope in each(resource, &["scope_logs"]) {
                let scope_name = scope["scope"]["name"].as_str().unwrap_or_default();
                logs.extend(each(scope, &["log_records"]).map(|log| read_log(log, scope_name, service)));
            }
        }
        logs
    }

    /// The spans it has got.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let requests = self.requests().expect("it answers");
        let mut spans = Vec::new();
        for resource in each(&requests, &[]).flat_map(|request| each(request, &["resource_spans"])) {
            let of_resource = attributes(&resource["resource"]);
            let service = text(&of_resource, "service.name").unwrap_or_default();
            for scope in each(resource, &["scope_spans"]) {
                let scope_name = scope["scope"]["name"].as_str().unwrap_or_default();
                spans.extend(each(scope, &["spans"]).map(|span| read_span(span, scope_name, service)));
            }
        }
        spans
    }

    /// The spans of the trace that has a span for which `wanted` is true, once it has all of these names.
    #[track_caller]
    pub(crate) fn trace(&self, names: &[&str], wanted: impl Fn(&Span) -> bool) -> Vec<Span> {
        until(&format!("a trace with the spans {names:?}"), || {
            let spans = self.spans();
            let trace_id = spans.iter().find(|span| wanted(span))?.trace_id.clone();
            let trace: Vec<_> = spans.into_iter().filter(|span| span.trace_id == trace_id).collect();
            names.iter().all(|name| trace.iter().any(|span| span.name == *name)).then_some(trace)
        })
    }
}

pub(crate) fn each<'a>(json: &'a Json, path: &[&str]) -> impl Iterator<Item = &'a Json> {
    path.iter().fold(json, |json, key| &json[*key]).as_array().into_iter().flatten()
}

pub(crate) fn attributes(of: &Json) -> Attributes {
    let pair = |attribute: &Json| Some((attribute["key"].as_str()?.to_owned(), attribute["value"].clone()));
    each(of, &["attributes"]).filter_map(pair).collect()
}

fn read_span(span: &Json, scope: &str, service: &str) -> Span {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let nanos = |json: &Json| json.as_str().and_then(|nanos| nanos.parse().ok()).unwrap_or_default();
    Span {
        trace_id: hex(&span["trace_id"]),
        span_id: hex(&span["span_id"]),
        parent: hex(&span["parent_span_id"]),
        name: text(&span["name"]),
        kind: text(&span["kind"]),
        trace_state: text(&span["trace_state"]),
        scope: scope.to_owned(),
        service: service.to_owned(),
        start: nanos(&span["start_time_unix_nano"]),
        end: nanos(&span["end_time_unix_nano"]),
        is_error: span["status"]["code"] == "STATUS_CODE_ERROR",
        status_message: text(&span["status"]["message"]),
        attributes: attributes(span),
        events: each(span, &["events"]).map(|event| (text(&event["name"]), attributes(event))).collect(),
        links: each(span, &["links"]).map(|link| hex(&link["span_id"])).collect(),
    }
}

fn read_log(log: &Json, scope: &str, service: &str) -> Log {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    Log {
        trace_id: hex(&log["trace_id"]),
        span_id: hex(&log["span_id"]),
        body: text(&log["body"]["string_value"]),
        severity: text(&log["severity_text"]),
        scope: scope.to_owned(),
        service: service.to_owned(),
        attributes: attributes(log),
    }
}

/// Ids come in base64, as protobuf's JSON has bytes; everybody else writes them in hexadecimal.
pub(crate) fn hex(base64: &Json) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = base64.as_str().unwrap_or_default().trim_end_matches('=');
    let (mut bits, mut width, mut hex) = (0_u32, 0, String::new());
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte).expect("base64");
        (bits, width) = (bits << 6 | value as u32, width + 6);
        if width >= 8 {
            width -= 8;
            hex += &format!("{:02x}", bits >> width & 0xff);
        }
    }
    hex
}

#[test]
fn ids_are_read_from_base64() {
    assert_eq!(hex(&"AAECAwQFBgcICQoLDA0ODw==".into()), "000102030405060708090a0b0c0d0e0f");
    assert_eq!(hex(&"//79/Pv6+fg=".into()), "fffefdfcfbfaf9f8");
    assert_eq!(hex(&Json::Null), "");
}
