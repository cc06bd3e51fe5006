//! What the programs on recordings share: where the files are, and the long polls in them.

#![allow(dead_code, reason = "each program uses a part of it")]

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spanwright::recorder::{Recorder, RecorderGuard, SimpleBinaryWriter, TracedRuntime};
use spanwright_recording::Reader;
use spanwright_recording::event::{End, Event, TaskId};
use tokio::runtime::{Builder, Runtime};

/// From here on a poll is long: others wait meanwhile.
pub const LONG: Duration = Duration::from_millis(50);

/// Where recordings go.
pub fn folder() -> PathBuf {
    std::env::temp_dir().join("my_traces")
}

/// A runtime of two workers that is recorded into one file, and what to keep until the end. While a poll is long already, the
/// recording says so, and where tasks are that have been there for as long.
pub fn recorded(name: &str) -> io::Result<(Runtime, RecorderGuard, PathBuf)> {
    fs::create_dir_all(folder())?;
    let path = folder().join(format!("{name}.bin"));
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    let recorder = Recorder::new(SimpleBinaryWriter::new(&path)?).long_poll(LONG).task_dumps(LONG);
    let (runtime, guard) = TracedRuntime::build_with(builder, recorder)?;
    Ok((runtime, guard, path))
}

/// What a recording says of tasks that blocked a worker, and of those that waited.
#[derive(Debug, Default)]
pub struct LongPolls {
    tasks: BTreeMap<TaskId, Task>,
    /// How often a long poll was seen while it went on.
    seen: u64,
}

#[derive(Debug, Default)]
struct Task {
    name: String,
    place: String,
    polls: Vec<Duration>,
    /// Innermost frames, of each time that somebody looked.
    frames: Vec<String>,
    end: Option<End>,
}

impl LongPolls {
    /// Reads a recording.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut found = Self::default();
        let mut reader = Reader::open(path)?;
        for record in reader.events() {
            match &record.event {
                Event::TaskSpawn(task) => {
                    let known = found.tasks.entry(task.task).or_default();
                    known.name = task.name.to_string();
                    known.place = format!("{}:{}", task.place.file, task.place.line);
                }
                Event::Poll(poll) if poll.duration.0 >= LONG.as_nanos() as u64 => {
                    let polls = &mut found.tasks.entry(poll.task).or_default().polls;
                    polls.push(Duration::from_nanos(poll.duration.0));
                }
                Event::TaskDump(dump) => {
                    let innermost = dump.frames.first().map(ToString::to_string);
                    found.tasks.entry(dump.task).or_default().frames.extend(innermost);
                }
                Event::TaskEnd(end) => found.tasks.entry(end.task).or_default().end = Some(end.how),
                Event::Trigger(trigger) if &*trigger.why == "long_poll" => found.seen += 1,
                _ => {}
            }
        }
        Ok(found)
    }
}

impl fmt::Display for LongPolls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for task in self.tasks.values().filter(|task| !task.polls.is_empty() || !task.frames.is_empty()) {
            let end = task.end.map_or_else(|| "running".to_owned(), |end| format!("{end:?}").to_lowercase());
            writeln!(f, "{}, made at {}: {end}", task.name, task.place)?;
            for poll in &task.polls {
                writeln!(f, "    a poll took {} ms", poll.as_millis())?;
            }
            for place in &task.frames {
                writeln!(f, "    where it was: {place}")?;
            }
        }
        writeln!(f, "Long polls that were seen while they went on: {}", self.seen)
    }
}
