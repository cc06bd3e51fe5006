//! Writes each event of a recording as a line of JSON, in the order of time. The command `spanwright jsonl` also chooses among them.
//!
//! ```text
//! cargo run --example trace_to_jsonl -- /tmp/my_traces/trace.0.bin output.jsonl
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever started it")]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use spanwright_recording::{Reader, files, to_json};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [from, to] = &arguments[..] else {
        eprintln!("usage: trace_to_jsonl FILE-OR-FOLDER OUTPUT");
        return ExitCode::from(2);
    };
    match convert(Path::new(from), Path::new(to)) {
        Ok((events, whole)) => {
            println!("{events} events in {}", to.display());
            if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("trace_to_jsonl: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How many events were written, and whether those are all.
fn convert(from: &Path, to: &Path) -> io::Result<(u64, bool)> {
    let mut reader = Reader::open_all(files(from)?)?;
    let mut out = BufWriter::new(File::create(to)?);
    let mut count = 0;
    for record in reader.events() {
        writeln!(out, "{}", to_json(&record))?;
        count += 1;
    }
    out.flush()?;
    for problem in reader.problems().iter() {
        eprintln!("trace_to_jsonl: {problem}");
    }
    Ok((count, reader.problems().is_empty()))
}
