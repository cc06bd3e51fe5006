//! `spanwright cat` and `spanwright jsonl`: a line for each event.

use std::collections::BTreeSet;
use std::io::Write;

use spanwright_recording::{Names, Reader, Record, to_json, to_line};

use super::filter::{self, Filter};
use super::output::{Target, pipe, unwritten};
use super::progress::Progress;
use super::times::date;
use super::{Done, Files, problems};

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Json,
    People,
}

/// Writes the events that are wanted.
pub(crate) fn write(files: &Files, filter: &Filter, out: &Target, shape: Shape) -> Done {
    files.spare(out)?;
    let mut reader = files.open()?;
    let since = filter::first(&reader);
    let mut to = out.open()?;
    let progress = if out.is_terminal() { Progress::hidden() } else { Progress::new("reading") };
    let written = events(&mut reader, filter, (since, shape), progress, &mut to);
    match (written.and_then(|there| Ok(there && pipe(to.flush())?)), out) {
        (Err(error), Target::File(path)) => return Err(unwritten(path, &error).into()),
        (Err(error), Target::Standard) => return Err(error.into()),
        (Ok(_), _) => {}
    }
    Ok(problems::tell(&reader))
}

/// Gives whether somebody still reads.
fn events(
    reader: &mut Reader,
    filter: &Filter,
    (since, shape): (u64, Shape),
    mut progress: Progress,
    to: &mut impl Write,
) -> std::io::Result<bool> {
    let recordings: BTreeSet<u64> = reader.index().map(|entry| entry.recording).collect();
    let several = recordings.len() > 1;
    if shape == Shape::People && !pipe(writeln!(to, "# since {}", date(since)))? {
        return Ok(false);
    }
    let time = filter.time(reader);
    let mut events = reader.events_within(time);
    while let Some(record) = events.next() {
        let (done, all) = events.progress();
        progress.at(done, all);
        if !filter.wants(&record, events.names()) {
            continue;
        }
        let recording = several.then(|| events.recording());
        let line = match shape {
            Shape::Json => json(&record, recording),
            Shape::People => people(&record, events.names(), since, recording),
        };
        if !pipe(writeln!(to, "{line}"))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Numbers of threads and tasks mean something in one recording only, which is named where there are several.
fn json(record: &Record<'_>, recording: Option<u64>) -> String {
    let line = to_json(record);
    match recording {
        Some(recording) => format!(r#"{{"recording":"{recording:016x}",{}"#, &line[1..]),
        None => line,
    }
}

fn people(record: &Record<'_>, names: &Names, since: u64, recording: Option<u64>) -> String {
    let line = to_line(record, names, since);
    // It has no line breaks of others' making, and no escape sequences.
    let line: String = line.chars().map(|letter| if letter.is_control() { '�' } else { letter }).collect();
    match (recording, names.process()) {
        (None, _) => line,
        (Some(_), Some(process)) if !process.service.is_empty() => {
            format!("[{} {}] {line}", process.service, process.pid)
        }
        (Some(recording), _) => format!("[{recording:016x}] {line}"),
    }
}
