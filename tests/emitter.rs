//! The `emitter`, which does as it is told.

use std::collections::BTreeMap;
use std::process::Command;

use crate::built::without_telemetry;
use crate::process::{Process, until};

/// The program, under the test's control.
pub(crate) struct Emitter {
    pub(crate) process: Process,
    /// How many answers were read.
    answers: usize,
}

impl Emitter {
    /// Starts it with these variables and none of those around it.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        Self { process: Process::start_listening(&mut command(variables)), answers: 0 }
    }

    /// Gives a command, and waits for its answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.process.tell(command);
        let answer = until(&format!("an answer to `{command}`"), || {
            let stdout = self.process.stdout();
            stdout.lines().filter_map(|line| line.strip_prefix("> ")).nth(self.answers).map(str::to_owned)
        });
        self.answers += 1;
        answer
    }

    /// The telemetry's own counters.
    #[track_caller]
    pub(crate) fn counts(&mut self) -> BTreeMap<String, usize> {
        let answer = self.ask("counts");
        let count = |pair: &str| {
            let (name, value) = pair.rsplit_once('=')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        answer.split(' ').filter_map(count).collect()
    }
}

/// The program's command.
pub(crate) fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = without_telemetry(env!("CARGO_BIN_EXE_emitter"));
    command.env("SPANWRIGHT_METRICS_ENABLED", "false").env("SPANWRIGHT_SHUTDOWN_TIMEOUT", "25000");
    command.envs(variables.iter().copied());
    command
}
