//! What others wrote, which judges what is written here: found where it is installed.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Something that is installed, or a line that says why a test is skipped; where backends are required, a failure.
#[track_caller]
fn or_skip<T>(found: Result<T, String>) -> Option<T> {
    let reason = match found {
        Ok(found) => return Some(found),
        Err(reason) => format!("{reason}: `.ci/backends.sh` installs it"),
    };
    let is_required = std::env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
    assert!(!is_required, "a backend is required, and missing: {reason}");
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
    None
}

/// The environment of Python packages, in which others are too.
fn venv() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv");
    std::env::var_os("SPANWRIGHT_VENV").map_or_else(own, PathBuf::from)
}

/// A Python that has these packages.
#[track_caller]
pub(crate) fn python_with(packages: &str) -> Option<PathBuf> {
    let python = venv().join("bin/python");
    let mut check = Command::new(&python);
    check.args(["-c", &format!("import {packages}")]).stderr(Stdio::null());
    let is_there = check.status().is_ok_and(|status| status.success());
    or_skip(if is_there { Ok(python) } else { Err(format!("no {packages} in {}", venv().display())) })
}

/// A folder of packages for `node` that has this one.
#[track_caller]
pub(crate) fn node_with(package: &str) -> Option<PathBuf> {
    let modules = venv().join("node/node_modules");
    let has_package = modules.join(package).is_dir();
    or_skip(match (has_package, on_path("node")) {
        (false, _) => Err(format!("no {package} in {}", modules.display())),
        (_, None) => Err("no node".to_owned()),
        (true, Some(_)) => Ok(modules.canonicalize().expect("it is there")),
    })
}

/// `node` without any package.
#[track_caller]
pub(crate) fn node() -> Option<PathBuf> {
    or_skip(on_path("node").ok_or_else(|| "no node".to_owned()))
}

/// A browser.
#[track_caller]
pub(crate) fn chromium() -> Option<PathBuf> {
    or_skip(on_path("chromium").ok_or_else(|| "no chromium".to_owned()))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// What a script says, which ends well.
#[track_caller]
pub(crate) fn run(program: &Path, script: &str, args: &[&Path]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(script);
    let output = Command::new(program).arg(script).args(args).output().expect("it starts");
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{wrong}{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).expect("it says JSON")
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

/// A receiver of OTLP, which keeps what it gets, and ends with this.
pub(crate) struct OtlpReceiver {
    pub(crate) endpoint: String,
    process: Child,
}

impl OtlpReceiver {
    /// Starts one in a folder of its own.
    #[track_caller]
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        let program = venv().join("bin/ddapm-test-agent");
        let missing = || format!("no {}", program.display());
        let program = or_skip(program.canonicalize().map_err(|_| missing()))?;
        let ports = [(); 3].map(|()| free_port().to_string());
        let process = Command::new(program)
            .current_dir(folder)
            .args(["--host", "127.0.0.1", "--port", &ports[0]])
            .args(["--otlp-http-port", &ports[1], "--otlp-grpc-port", &ports[2]])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let receiver = Self { endpoint: format!("http://127.0.0.1:{}", ports[1]), process };
        let end = Instant::now() + Duration::from_secs(60);
        while receiver.session("traces").is_none() {
            assert!(Instant::now() < end, "the OTLP receiver does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(receiver)
    }

    /// The requests of a signal.
    fn session(&self, signal: &str) -> Option<Value> {
        let url = format!("{}/test/session/{signal}", self.endpoint);
        serde_json::from_str(&ureq::get(url).call().ok()?.body_mut().read_to_string().ok()?).ok()
    }

    /// All spans or log records, each with its resource's attributes below `resource`.
    pub(crate) fn items(&self, signal: &str, [of_resource, of_scope, items]: [&str; 3]) -> Vec<Value> {
        let requests = self.session(signal).expect("it answers");
        let each = |of: &Value, key: &str| of[key].as_array().cloned().unwrap_or_default();
        let mut all = Vec::new();
        for resource in requests.as_array().expect("a list").iter().flat_map(|one| each(one, of_resource)) {
            for scope in each(&resource, of_scope) {
                for mut item in each(&scope, items) {
                    item["resource"] = attributes(&resource["resource"]);
                    item["scope"] = scope["scope"]["name"].clone();
                    item["attributes"] = attributes(&item);
                    all.push(item);
                }
            }
        }
        all
    }
}

/// Attributes as one object, each value without its type.
fn attributes(of: &Value) -> Value {
    let value = |one: &Value| one.as_object().and_then(|value| value.values().next()).cloned();
    let pairs = of["attributes"].as_array().into_iter().flatten();
    let pairs =
        pairs.map(|one| (one["key"].as_str().unwrap_or_default().to_owned(), value(&one["value"]).into()));
    Value::Object(pairs.collect())
}

impl Drop for OtlpReceiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
