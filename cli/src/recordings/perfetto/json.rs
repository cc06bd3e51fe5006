//! Draws as Chrome's trace events, a line each.
//!
//! Source: [Trace Event Format](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU). Times are microseconds; they
//! count from the beginning, since a double holds no nanoseconds since 1970.

use std::io::{self, Write};

use serde_json::{Map, Value as Out, json};
use spanwright_recording::to_rfc3339;

use super::super::values::to_json;
use super::canvas::{Canvas, Described, Mark, Of, Track, When};

#[derive(Debug)]
pub(super) struct Json<W> {
    to: W,
    since: u64,
    is_first: bool,
}

impl<W: Write> Json<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, since: 0, is_first: true }
    }

    /// An event; `rest` is what it has beside its time and its place.
    fn put(&mut self, phase: &str, track: Track, at: u64, rest: Out) -> io::Result<()> {
        let separator = if std::mem::take(&mut self.is_first) { "" } else { ",\n" };
        let (process, thread) = (track.process, thread(track.of));
        let time = Micros(i128::from(at) - i128::from(self.since));
        write!(self.to, r#"{separator}{{"ph":"{phase}","pid":{process},"tid":{thread},"ts":{time}"#)?;
        for (key, value) in rest.as_object().into_iter().flatten() {
            write!(self.to, r#","{key}":{value}"#)?;
        }
        self.to.write_all(b"}")
    }

    fn flow(&mut self, phase: &str, mark: &Mark<'_>, at: u64, flow: u64) -> io::Result<()> {
        // It ends at the slice that begins there, not at the one that follows.
        let rest = json!({ "bp": "e", "id": flow, "cat": "wake", "name": "wake" });
        self.put(phase, mark.track, at, rest)
    }
}

impl<W: Write> Canvas for Json<W> {
    fn begin(&mut self, since: u64) -> io::Result<()> {
        let date = to_rfc3339(since);
        self.since = since;
        writeln!(self.to, r#"{{"displayTimeUnit":"ns","otherData":{{"start":"{date}"}},"traceEvents":["#)
    }

    /// Others have no names but those of what is drawn there.
    fn track(&mut self, track: Track, described: &Described<'_>) -> io::Result<()> {
        let Described { name, label, .. } = described;
        let meta = |what: &str, args: Out| json!({ "name": what, "args": args });
        match track.of {
            Of::Process => {
                self.put("M", track, self.since, meta("process_name", json!({ "name": name })))?;
                self.put("M", track, self.since, meta("process_labels", json!({ "labels": label })))
            }
            Of::Thread { .. } => {
                self.put("M", track, self.since, meta("thread_name", json!({ "name": name })))
            }
            _ => Ok(()),
        }
    }

    fn mark(&mut self, mark: &Mark<'_>) -> io::Result<()> {
        let Mark { track, when, category, name, arguments, .. } = mark;
        let mut rest = json!({ "cat": category, "name": name });
        let id = own_track(track.of);
        if let Some(id) = &id {
            rest["id2"] = json!({ "local": id });
        }
        // Viewers add up slices of a thread that have the same name, and arguments would make it another.
        if id.is_some() || !matches!(when, When::From { .. }) {
            let all = arguments.iter().map(|(name, value)| ((*name).to_owned(), to_json(value)));
            rest["args"] = all.collect::<Map<_, _>>().into();
        }
        let at = match *when {
            When::From { start, end } if id.is_none() => {
                write_duration(&mut rest, end.saturating_sub(start));
                self.put("X", *track, start, rest)?;
                start
            }
            When::From { start, end } => {
                self.put("b", *track, start, rest.clone())?;
                rest["args"] = json!({});
                self.put("e", *track, end, rest)?;
                start
            }
            When::Begin(at) => self.put("b", *track, at, rest).map(|()| at)?,
            When::End(at) => self.put("e", *track, at, rest).map(|()| at)?,
            When::At(at) => {
                rest["s"] = "t".into();
                self.put("i", *track, at, rest)?;
                at
            }
        };
        // Arrows are drawn between threads only.
        if id.is_none() {
            mark.leaves.iter().try_for_each(|flow| self.flow("s", mark, at, *flow))?;
            mark.arrive.iter().try_for_each(|flow| self.flow("f", mark, at, *flow))?;
        }
        Ok(())
    }

    fn count(&mut self, track: Track, name: &str, at: u64, value: u64) -> io::Result<()> {
        self.put("C", track, at, json!({ "name": name, "args": { "waiting": value } }))
    }

    fn end(&mut self) -> io::Result<()> {
        self.to.write_all(b"\n]}\n")
    }
}

/// Nanoseconds as microseconds, exactly.
struct Micros(i128);

impl std::fmt::Display for Micros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:03}", nanos / 1000, nanos % 1000)
    }
}

fn write_duration(rest: &mut Out, nanos: u64) {
    // Of less than 104 days, a double holds each nanosecond.
    rest["dur"] = json!(nanos as f64 / 1000.0);
}

/// The number of a thread, or of what is no thread.
fn thread(of: Of) -> u64 {
    match of {
        // No system has threads of such numbers.
        Of::Thread { id, lane } => id + (u64::from(lane) << 34),
        _ => 0,
    }
}

/// What overlaps as it likes has an id of its own.
fn own_track(of: Of) -> Option<String> {
    match of {
        Of::Task(id) | Of::Span(id) | Of::Open(id) => Some(format!("{id:#x}")),
        _ => None,
    }
}
