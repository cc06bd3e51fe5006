//! `spanwright pprof`: where busy time goes, as a profile for `go tool pprof` and its kin.
//!
//! It is no profile of functions: nobody looked at the stack. What took the time is a task, by where it was spawned (`tasks`), or a span, by
//! the spans around it (`spans`). `profile` adds it up and writes it.

mod profile;
mod spans;
mod tasks;

use std::io::Write;

use clap::{Args, ValueEnum};
use flate2::Compression;
use flate2::write::GzEncoder;
use spanwright_recording::Reader;

use super::filter::{self, Filter};
use super::output::Target;
use super::progress::Progress;
use super::{Done, Files, problems};
use profile::Profile;
use spans::Spans;
use tasks::Tasks;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    filter: Filter,
    /// What time is added up by.
    #[arg(long, value_enum, default_value_t = By::Spawn)]
    by: By,
    /// The file to write to, compressed as is usual: `busy.pb.gz`; `-` is the standard output.
    #[arg(long)]
    out: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// How long tasks were polled, and calls ran on the blocking pool: by where they were spawned, below what spawned them.
    Spawn,
    /// How long spans were busy, without those in them: by their names, below those around them.
    Span,
}

pub(crate) fn write(options: &Options) -> Done {
    let Options { files, filter, by, out } = options;
    if out.is_terminal() {
        return Err("a profile is no text; write it to a file, or into a pipe".into());
    }
    files.spare(out)?;
    let mut reader = files.open()?;
    let profile = profile(&mut reader, filter, *by);
    let to = out.open()?;
    let mut packed = GzEncoder::new(to, Compression::default());
    let written = packed.write_all(profile.into_message().as_bytes()).and_then(|()| packed.finish()?.flush());
    out.settle(written)?;
    Ok(problems::tell(&reader))
}

fn profile(reader: &mut Reader, filter: &Filter, by: By) -> Profile {
    let several =
        reader.index().any(|entry| Some(entry.recording) != reader.index().next().map(|one| one.recording));
    let unit = if by == By::Spawn { "polls" } else { "spans" };
    let mut profile = Profile::new(unit, several);
    let (mut tasks, mut spans) = (Tasks::default(), Spans::default());
    let mut progress = Progress::new("adding up");
    let time = filter.time(reader);
    let first = filter::first(reader);
    let mut events = reader.events_within(time);
    while let Some(record) = events.next() {
        let (done, all) = events.progress();
        progress.at(done, all);
        let (recording, names) = (events.recording(), events.names());
        // What spawned a task is asked for later, whatever is wanted.
        if by == By::Spawn {
            tasks.learn(&record, recording, names, &mut profile);
        }
        if filter.wants(&record, names) {
            profile.saw(record.start().max(first), record.at);
            match by {
                By::Spawn => tasks.add(&record, recording, names, &mut profile),
                By::Span => spans.add(&record, recording, &mut profile),
            }
        }
        tasks.forget(&record, recording);
    }
    spans.finish(&mut profile);
    profile
}
