//! `spanwright merge`: several processes' recordings as one file.
//!
//! Each process tells times by its own machine's clock. How far apart those are is seen from requests: what a server did for a client can't
//! have begun before, or ended after, what the client saw of it. `skew` finds by how much clocks must be wrong for that to be true.

mod skew;

use std::collections::BTreeMap;
use std::io::Write;
use std::str::FromStr;

use clap::Args;
use spanwright_recording::{Reader, SimpleBinaryWriter, StreamWriter, TraceWriter, merge_into};

use super::output::{Target, print, unwritten};
use super::progress::Progress;
use super::times::{Nanos, bytes, duration};
use super::{Done, Files, problems};
use skew::Skew;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    files: Files,
    /// The file to write to, which must not be there; `-` is the standard output.
    #[arg(long)]
    out: Target,
    /// Puts clocks right by the requests between the processes, where those contradict them; the first recording's clock is kept.
    #[arg(long)]
    align: bool,
    /// Adds a time to all of a recording: `000000000000000b=-1.5ms`, by the number that `analyze` shows. Several can be said.
    #[arg(long, value_name = "RECORDING=DURATION", allow_hyphen_values = true)]
    shift: Vec<Shift>,
}

/// By how much a recording is shifted.
#[derive(Clone, Copy, Debug)]
struct Shift {
    recording: u64,
    by: i64,
}

impl FromStr for Shift {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no shift; write it as `000000000000000b=-1.5ms`");
        let (recording, by) = text.split_once('=').ok_or_else(wrong)?;
        let recording = u64::from_str_radix(recording, 16).map_err(|_| wrong())?;
        let (is_negative, length) = match by.strip_prefix('-') {
            Some(length) => (true, length),
            None => (false, by.strip_prefix('+').unwrap_or(by)),
        };
        let Nanos(length) = length.parse().map_err(|_| wrong())?;
        let length = i64::try_from(length).map_err(|_| wrong())?;
        Ok(Self { recording, by: if is_negative { -length } else { length } })
    }
}

pub(crate) fn write(options: &Options) -> Done {
    let Options { files, out, align, shift } = options;
    if out.is_terminal() {
        return Err("a recording is no text; write it to a file, or into a pipe".into());
    }
    let mut reader = files.open()?;
    for Shift { recording, .. } in shift {
        if reader.index().all(|entry| entry.recording != *recording) {
            return Err(format!("there is no recording {recording:016x} to be shifted").into());
        }
    }
    let mut shifts = BTreeMap::new();
    let mut said = String::new();
    if *align {
        for (recording, found) in skew::find(&mut reader) {
            said.push_str(&told(recording, &found));
            shifts.insert(recording, -found.ahead);
        }
    }
    for Shift { recording, by } in shift {
        shifts.insert(*recording, *by);
    }
    let copied = match out {
        Target::Standard => copy(&mut reader, &shifts, &mut StreamWriter::new(out.open()?))?,
        Target::File(path) => {
            if path.exists() {
                return Err(format!("`{}` is there already; write to another file", path.display()).into());
            }
            SimpleBinaryWriter::new(path)
                .and_then(|mut writer| copy(&mut reader, &shifts, &mut writer))
                .map_err(|error| {
                    // A part of it would be taken for the whole. That it can't be removed is no news.
                    let _ = std::fs::remove_file(path);
                    unwritten(path, &error)
                })?
        }
    };
    said.push_str(&copied);
    match out {
        // Nobody is left to be told where even that fails.
        Target::Standard => drop(writeln!(std::io::stderr(), "{said}")),
        Target::File(path) => {
            let length = std::fs::metadata(path).map_or(0, |file| file.len());
            print(&format!("{said}: `{}`, {}\n", path.display(), bytes(length)))?;
        }
    }
    Ok(problems::tell(&reader))
}

fn copy<W: TraceWriter>(
    reader: &mut Reader,
    shifts: &BTreeMap<u64, i64>,
    writer: &mut W,
) -> std::io::Result<String> {
    let mut progress = Progress::new("merging");
    let recordings: std::collections::BTreeSet<u64> = reader.index().map(|entry| entry.recording).collect();
    let merged = merge_into(reader, shifts, writer, |done, all| progress.at(done, all))?;
    let (events, blocks, recordings) = (merged.events, merged.blocks, recordings.len());
    let ending = if recordings == 1 { "" } else { "s" };
    Ok(format!("{events} events in {blocks} blocks of {recordings} recording{ending} are merged"))
}

fn told(recording: u64, found: &Skew) -> String {
    let direction = if found.ahead > 0 { "ahead" } else { "behind" };
    let (by, requests) = (duration(found.ahead.unsigned_abs()), found.requests);
    let doubt = match found.contradict {
        true => "; they contradict each other, and the shortest is believed",
        false => "",
    };
    format!("the clock of recording {recording:016x} is {by} {direction}, by {requests} requests{doubt}\n")
}
