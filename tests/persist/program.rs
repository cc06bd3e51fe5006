//! The program, and what it writes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::built::{example, without_telemetry};
use crate::process::{Process, TempDir, http, until};

/// The document's name in the tables.
pub(crate) const SEED: &str = "Persist";

/// The program's command: its lines are JSON, and its admin server has a port of its own.
pub(crate) fn persist(arguments: &[&str]) -> Command {
    persist_at(&example("persist"), arguments)
}

/// The same, of a program that was built in some way.
pub(crate) fn persist_at(program: &Path, arguments: &[&str]) -> Command {
    let mut command = without_telemetry(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PERSIST_") {
            command.env_remove(&name);
        }
    }
    command.args(arguments).env("PERSIST_METRICS_PORT", "0").env("PERSIST_DRAIN_PERIOD", "0");
    command
}

/// What a program has written when it ended.
pub(crate) struct Ended {
    pub(crate) succeeded: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut process = Process::start(command);
        let status = process.wait();
        Self { succeeded: status.success(), stdout: process.stdout(), stderr: process.stderr() }
    }

    /// Its log lines.
    pub(crate) fn lines(&self) -> Vec<Line> {
        lines(&self.stdout)
    }
}

/// A log line.
#[derive(Clone, Debug)]
pub(crate) struct Line(pub(crate) Json);

pub(crate) fn lines(stdout: &str) -> Vec<Line> {
    let objects = stdout.lines().filter(|line| line.starts_with("{\""));
    objects.map(|line| Line(serde_json::from_str(line).expect("a line is JSON"))).collect()
}

impl Line {
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    pub(crate) fn field(&self, name: &str) -> &Json {
        &self.0["fields"][name]
    }

    /// The names of its fields.
    pub(crate) fn fields(&self) -> BTreeSet<&str> {
        self.0["fields"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }
}

/// What stands in backticks.
pub(crate) fn quoted(item: &str) -> Vec<&str> {
    item.split('`').skip(1).step_by(2).collect()
}

/// The program while it goes on.
pub(crate) struct Running {
    // It is killed before its folder goes.
    _process: Process,
    _folder: TempDir,
    /// Where its admin server listens, as `host:port`.
    pub(crate) admin: String,
}

impl Running {
    /// Starts it, and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let folder = TempDir::new();
        let process = Process::start(command.arg("--directory").arg(folder.path()));
        let admin = until("the program to say where it listens", || {
            let stdout = process.stdout();
            let (_, rest) = stdout.split_once("What it says of itself: http://")?;
            Some(rest.split_once("/metrics")?.0.to_owned())
        });
        Self { _process: process, _folder: folder, admin }
    }

    /// What its page of metrics says.
    #[track_caller]
    pub(crate) fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.admin);
        let mut answer = http().get(url).call().expect("the admin server answers");
        answer.body_mut().read_to_string().expect("it is text")
    }
}
