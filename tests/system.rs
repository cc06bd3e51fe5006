//! A reference system as a program, and what it writes.

use std::path::Path;
use std::process::Command;

use crate::built::without_telemetry;
use crate::process::{Process, http, until};

/// The command of a program whose variables have this prefix, with none of them from here: its admin server has a port of its own, and
/// its end waits for nobody.
pub(crate) fn command(program: &Path, prefix: &str, arguments: &[&str]) -> Command {
    let mut command = without_telemetry(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with(&format!("{prefix}_")) {
            command.env_remove(&name);
        }
    }
    command
        .args(arguments)
        .env(format!("{prefix}_METRICS_PORT"), "0")
        .env(format!("{prefix}_DRAIN_PERIOD"), "0");
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

    /// The same of one that ends well.
    #[track_caller]
    pub(crate) fn well(command: &mut Command) -> Self {
        let ended = Self::of(command);
        assert!(ended.succeeded, "{}", ended.said());
        ended
    }

    /// All that it has written.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// The program while it goes on.
pub(crate) struct Running {
    pub(crate) process: Process,
    /// Where its admin server listens, as `http://host:port`.
    pub(crate) admin: String,
}

impl Running {
    /// Starts it, and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let process = Process::start(command);
        let admin = until("the program to say where it listens", || {
            let stdout = process.stdout();
            let (before, _) = stdout.split_once("/metrics")?;
            Some(format!("http://{}", before.rsplit_once("http://")?.1))
        });
        Self { process, admin }
    }

    /// The status and the text of an answer.
    #[track_caller]
    pub(crate) fn ask(&self, path: &str) -> (u16, String) {
        let mut answer =
            http().get(format!("{}{path}", self.admin)).call().expect("the admin server answers");
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("it is text"))
    }

    /// What its page of metrics says.
    #[track_caller]
    pub(crate) fn metrics(&self) -> String {
        self.ask("/metrics").1
    }
}
