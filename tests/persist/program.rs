//! The program, and what it writes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::built::example;
use crate::process::TempDir;
use crate::system::{Ended, Running, command};

/// The document's name in the tables.
pub(crate) const SEED: &str = "Persist";

/// The program's command: its lines are JSON.
pub(crate) fn persist(arguments: &[&str]) -> Command {
    persist_at(&example("persist"), arguments)
}

/// The same, of a program that was built in some way.
pub(crate) fn persist_at(program: &Path, arguments: &[&str]) -> Command {
    command(program, "PERSIST", arguments)
}

/// A log line.
#[derive(Clone, Debug)]
pub(crate) struct Line(pub(crate) Json);

/// The log lines among what was written.
pub(crate) fn lines(stdout: &str) -> Vec<Line> {
    let objects = stdout.lines().filter(|line| line.starts_with("{\""));
    objects.map(|line| Line(serde_json::from_str(line).expect("a line is JSON"))).collect()
}

impl Ended {
    /// Its log lines.
    pub(crate) fn lines(&self) -> Vec<Line> {
        lines(&self.stdout)
    }
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

/// The program while it goes on, in a folder of its own.
pub(crate) struct Kept {
    // It is killed before its folder goes.
    pub(crate) running: Running,
    _folder: TempDir,
}

impl Kept {
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let folder = TempDir::new();
        let running = Running::start(command.arg("--directory").arg(folder.path()));
        Self { running, _folder: folder }
    }
}
