//! The program, and the lines that its subscriber writes.

use std::collections::BTreeMap;
use std::process::Command;

use crate::built::{example, without_telemetry};
use crate::process::Process;

/// A line of `tracing_subscriber`'s compact format.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) level: String,
    pub(crate) target: String,
    pub(crate) message: String,
    pub(crate) fields: BTreeMap<String, String>,
}

impl Line {
    /// Time, level, spans, target, message, fields.
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once('Z')?;
        let (level, rest) = rest.trim_start().split_once(' ')?;
        let at = ["bop_rs::aof2::", "aof_tracing: "].iter().find_map(|target| rest.find(target))?;
        let (target, rest) = rest[at..].split_once(": ")?;
        let mut line = Self {
            level: level.to_owned(),
            target: target.to_owned(),
            message: String::new(),
            fields: BTreeMap::new(),
        };
        let mut last = None;
        for word in rest.split(' ') {
            match word.split_once('=') {
                Some((name, value)) => {
                    line.fields.insert(name.to_owned(), value.trim_matches('"').to_owned());
                    last = Some(name);
                }
                // A value with spaces goes on.
                None => match last.and_then(|name| line.fields.get_mut(name)) {
                    Some(value) => *value = format!("{value} {}", word.trim_matches('"')),
                    None => line.message = format!("{} {word}", line.message).trim_start().to_owned(),
                },
            }
        }
        Some(line)
    }

    pub(crate) fn number(&self, field: &str) -> u64 {
        self.fields[field].parse().expect("a number")
    }
}

/// All lines of an output.
pub(crate) fn lines(stdout: &str) -> Vec<Line> {
    stdout.lines().filter_map(Line::parse).collect()
}

/// The program's command; its admin server is off, and its lines have no colours.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = without_telemetry(example("aof_tracing"));
    command.args(arguments).env("NO_COLOR", "1").env("SPANWRIGHT_METRICS_ENABLED", "false");
    command
}

/// Runs it to its good end; what it has written.
#[track_caller]
pub(crate) fn run(arguments: &[&str], rust_log: Option<&str>) -> String {
    let mut command = command(arguments);
    if let Some(filter) = rust_log {
        command.env("RUST_LOG", filter);
    }
    let mut process = Process::start(&mut command);
    let status = process.wait();
    assert!(status.success(), "{status}\n{}\n{}", process.stdout(), process.stderr());
    process.stdout()
}
