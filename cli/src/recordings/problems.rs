//! What is wrong with a recording, and what can be done about it.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use spanwright_recording::{NoHeader, Problem, Reader, Unreadable, What};

/// So many are told of one by one.
const MOST: usize = 20;

/// Why there is nothing to be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// It says which file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Nothing(String),
}

impl Unusable {
    /// No block can be read of these.
    pub(crate) fn nothing(paths: &[PathBuf], is_memory: bool, reader: &Reader) -> Self {
        let paths: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        let why = match reader.problems().iter().next() {
            Some(problem) => format!("{problem}; is it a recording?"),
            None if is_memory => {
                "it is the memory of a process; once that has ended, `spanwright recover` makes a recording of it"
                    .to_owned()
            }
            None => "nothing is in it yet".to_owned(),
        };
        Self::Nothing(format!("no block can be read of {}: {why}", paths.join(", ")))
    }
}

/// Says on the standard error what was wrong: 1 where something was.
pub(crate) fn tell(reader: &Reader) -> ExitCode {
    let mut stderr = std::io::stderr().lock();
    for problem in said(reader) {
        // Nobody is left to be told where even that fails.
        let _ = writeln!(stderr, "problem: {problem}");
    }
    if reader.problems().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As [`tell`] says them, with how many there are besides.
pub(crate) fn said(reader: &Reader) -> Vec<String> {
    let problems = reader.problems();
    let mut said: Vec<_> = problems.iter().take(MOST).map(|problem| Shown(problem).to_string()).collect();
    let more = problems.iter().len().saturating_sub(MOST) as u64 + problems.more();
    if more > 0 {
        said.push(format!("and {more} more"));
    }
    said
}

/// A problem, with what can be done.
struct Shown<'p>(&'p Problem);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        match remedy(&self.0.what) {
            "" => Ok(()),
            remedy => write!(f, "; {remedy}"),
        }
    }
}

/// What can be done, if something can.
fn remedy(what: &What) -> &'static str {
    match what {
        What::Block(Unreadable::Header(NoHeader::Version(_))) => "a newer `spanwright` reads it",
        What::NotABlock => "fetch the file again if there is another copy; what lies around them is read",
        What::Block(_) => "fetch the file again if there is another copy; all other blocks are read",
        What::CutOff => "its writer died, or is writing still; what lies before is read",
        What::Index(_) => "`spanwright recover` writes a file with an index",
        What::Missing { .. } => {
            "look for files that were left out; they may have been evicted, or never been written"
        }
        What::OutOfOrder(_) => "give fewer recordings at once",
        What::Io(_) => "see to the disk, and try again",
        _ => "",
    }
}

/// All of them, for machines.
pub(crate) fn json(reader: &Reader) -> Value {
    let one = |problem: &Problem| {
        json!({
            "file": problem.file.as_ref().map(|file| file.display().to_string()),
            "bytes": (!problem.bytes.is_empty()).then_some([problem.bytes.start, problem.bytes.end]),
            "what": problem.what.to_string(),
            "lost": problem.lost,
        })
    };
    let problems = reader.problems();
    json!({
        "list": problems.iter().map(one).collect::<Vec<_>>(),
        "more": problems.more(),
        "lost": problems.lost(),
    })
}
