//! Which events are wanted.

use std::ops::Range;

use clap::Args;
use spanwright_recording::event::{KINDS, Value};
use spanwright_recording::{Names, Reader, Record};

use super::times::Moment;

/// Which events are wanted: those that pass all that is said.
#[derive(Debug, Default, Args)]
pub(crate) struct Filter {
    /// Only what ends from this time on: `1.5s` after the first event, `2023-11-14T22:13:20Z`, or nanoseconds since 1970.
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,
    /// Only what begins before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,
    /// Only these kinds: `poll,park`.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = known_kind)]
    kind: Vec<String>,
    /// Only what is about these tasks, by their numbers.
    #[arg(long, value_name = "TASK", value_delimiter = ',')]
    task: Vec<u64>,
    /// Only what these threads said, by their numbers or names.
    #[arg(long, value_name = "THREAD", value_delimiter = ',')]
    thread: Vec<String>,
}

impl Filter {
    /// The times that are wanted.
    pub(crate) fn time(&self, reader: &Reader) -> Range<u64> {
        let first = first(reader);
        self.from.map_or(0, |from| from.nanos(first))..self.to.map_or(u64::MAX, |to| to.nanos(first))
    }

    /// Whether an event of those times is wanted.
    pub(crate) fn wants(&self, record: &Record<'_>, names: &Names) -> bool {
        (self.kind.is_empty() || self.kind.iter().any(|kind| kind == record.event.kind()))
            && (self.thread.is_empty() || self.thread.iter().any(|thread| is_thread(thread, record, names)))
            && (self.task.is_empty() || is_about(&self.task, record))
    }
}

/// A kind of events that there is; nobody looks for those that only later versions know.
fn known_kind(text: &str) -> Result<String, String> {
    let names = || KINDS.iter().map(|kind| format!("`{}`", kind.name)).collect::<Vec<_>>().join(", ");
    match KINDS.iter().any(|kind| kind.name == text) {
        true => Ok(text.to_owned()),
        false => Err(format!("there is no kind `{text}`; there are {}", names())),
    }
}

fn is_thread(thread: &str, record: &Record<'_>, names: &Names) -> bool {
    thread.parse() == Ok(record.thread)
        || names.thread(record.thread).is_some_and(|known| &*known.name == thread)
}

fn is_about(tasks: &[u64], record: &Record<'_>) -> bool {
    record.event.fields().iter().any(|(name, value)| match value {
        Value::Uint(task) => matches!(*name, "task" | "by" | "parent") && tasks.contains(task),
        _ => false,
    })
}

/// The time of the first event: when the earliest of what had ended began.
pub(crate) fn first(reader: &Reader) -> u64 {
    reader.index().filter(|entry| entry.events > 0).map(|entry| entry.earliest).min().unwrap_or(0)
}
