//! How and where log lines are written.

use std::path::PathBuf;

use super::{Kind, Reason, Shape, items};
use crate::config::near::nearest;
use crate::config::problem::ShownValue;

/// Where log lines are written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogOutput {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
    /// This file, to which lines are appended.
    File(PathBuf),
}

/// Where log lines are written.
pub(crate) struct Outputs;

const STREAMS: [&str; 2] = ["stdout", "stderr"];

impl Kind for Outputs {
    type Value = LogOutput;
    const EXPECTS: &'static str = "`stdout`, `stderr` or a file's path";

    fn show(value: &LogOutput) -> String {
        match value {
            LogOutput::Stdout => "stdout".to_owned(),
            LogOutput::Stderr => "stderr".to_owned(),
            LogOutput::File(path) => path.to_string_lossy().escape_debug().to_string(),
        }
    }

    fn parse(text: &str) -> Result<LogOutput, Reason> {
        match text.trim() {
            "stdout" | "-" => Ok(LogOutput::Stdout),
            "stderr" => Ok(LogOutput::Stderr),
            _ => Ok(LogOutput::File(PathBuf::from(text))),
        }
    }

    fn remark(text: &str) -> Option<String> {
        let lower = text.trim().to_ascii_lowercase();
        let meant = nearest(&lower, STREAMS.into_iter()).filter(|meant| *meant != text.trim())?;
        Some(format!("taken for a file; did you mean `{meant}`?"))
    }
}

/// When a new file of log lines is begun, beside when the file is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogRotation {
    /// Only when it is full.
    Never,
    /// With each minute.
    Minutely,
    /// With each hour.
    Hourly,
    /// With each day, in UTC.
    Daily,
}

words! {
    /// When a new file of log lines is begun.
    Rotations -> LogRotation, "`never`, `minutely`, `hourly` or `daily`",
    "never" => LogRotation::Never,
    "minutely" => LogRotation::Minutely,
    "hourly" => LogRotation::Hourly,
    "daily" => LogRotation::Daily,
    else {
        "weekly" => "the longest time is a day",
        "monthly" => "the longest time is a day",
    }
}

/// What the keys of a JSON line are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonKeys([String; JsonKeys::COUNT]);

/// A key of a JSON line, by its place in [`JsonKeys::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonKey {
    Timestamp,
    Level,
    Target,
    Message,
    Fields,
    Exception,
    Span,
    Spans,
    TraceId,
    SpanId,
}

impl JsonKeys {
    const COUNT: usize = 10;
    const NAMES: [&'static str; Self::COUNT] = [
        "timestamp",
        "level",
        "target",
        "message",
        "fields",
        "exception",
        "span",
        "spans",
        "trace_id",
        "span_id",
    ];
    /// Those that are in one object.
    const IN_LINE: usize = 8;

    pub(crate) fn name(&self, key: JsonKey) -> &str {
        &self.0[key as usize]
    }
}

impl Default for JsonKeys {
    fn default() -> Self {
        Self(Self::NAMES.map(str::to_owned))
    }
}

/// A list of keys of JSON lines, and what they are called instead.
pub(crate) struct JsonKeyList;

impl Kind for JsonKeyList {
    type Value = JsonKeys;
    const EXPECTS: &'static str = "a list as `target=logger,level=severity`";
    const SHAPE: Shape = Shape::Table;

    fn show(value: &JsonKeys) -> String {
        let named = JsonKeys::NAMES.iter().zip(&value.0).filter(|(name, its)| name != its);
        let shown = named.map(|(name, its)| format!("{name}={}", ShownValue::new(its).text()));
        shown.collect::<Vec<_>>().join(",")
    }

    fn parse(text: &str) -> Result<JsonKeys, Reason> {
        let mut pairs = Vec::new();
        for item in items(text) {
            let (key, name) = item
                .split_once('=')
                .ok_or_else(|| format!("`{}` has no `=`", ShownValue::new(item).text()))?;
            pairs.push((key.trim().to_owned(), name.trim().to_owned()));
        }
        Self::from_pairs(pairs)
    }

    fn from_pairs(pairs: Vec<(String, String)>) -> Result<JsonKeys, Reason> {
        let mut keys = JsonKeys::default();
        for (key, name) in pairs {
            let Some(at) = JsonKeys::NAMES.iter().position(|known| *known == key) else {
                let known = JsonKeys::NAMES.map(|name| format!("`{name}`")).join(", ");
                let meant = nearest(&key, JsonKeys::NAMES.into_iter());
                let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                let key = ShownValue::new(&key).text();
                return Err(format!("there is no key `{key}` among {known}{meant}").into());
            };
            if name.is_empty() {
                return Err(format!("`{key}` gets no name").into());
            }
            keys.0[at] = name;
        }
        let (line, span) = keys.0.split_at(JsonKeys::IN_LINE);
        // The object of the span has its name too.
        let in_span = span.iter().map(String::as_str).chain(["name", "fields"]);
        match twice(line.iter().map(String::as_str)).or(twice(in_span)) {
            Some(name) => Err(format!("two keys are called `{}`", ShownValue::new(name).text()).into()),
            None => Ok(keys),
        }
    }
}

/// The first name that is there twice.
fn twice<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let mut rest = names;
    while let Some(name) = rest.next() {
        if rest.clone().any(|other| other == name) {
            return Some(name);
        }
    }
    None
}
