//! Commands on recordings: what a process and its runtimes did.
//!
//! A command reads files block by block and holds what it has to say; its memory does not grow with the recording, but for the index, which
//! is some 200 bytes for each block.

mod analyze;
mod fetched;
mod filter;
mod lines;
mod merge;
mod otlp;
mod output;
mod parquet;
mod perfetto;
mod pprof;
mod problems;
mod progress;
mod protobuf;
mod recover;
mod stats;
mod table;
mod times;
mod values;
mod view;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use spanwright_recording::{Reader, files};

use analyze::{Bounds, Report};
use fetched::{Fetched, is_address};
use filter::Filter;
use output::Target;
use problems::Unusable;

/// The files of recordings.
#[derive(Debug, Default, Args)]
pub(crate) struct Files {
    /// Files, or folders whose files are all read, or the same in an object store: `s3://bucket/prefix`, with keys in the environment
    /// (`AWS_ACCESS_KEY_ID` and others). Several recordings are put together by time.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[arg(skip)]
    fetched: Fetched,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Says what is wrong by a recording, and what it shows: blocked and starved workers, leaks, waits, slow spans, what is missing.
    ///
    /// Ends with 0; with 1 where something of the recording is damaged or missing, which is said; with 2 where it can't be read; with 3
    /// where `--fail-on` is given and something as severe is found, even if something is damaged or missing.
    Analyze {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        bounds: Box<Bounds>,
        #[command(flatten)]
        report: Report,
    },
    /// Writes each event as a line of JSON, in the order of time.
    ///
    /// Ends with 0; with 1 where something of the recording is damaged or missing, which is said; with 2 where it can't be read.
    Jsonl {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        filter: Filter,
        /// The file to write to; `-` is the standard output.
        #[arg(long, default_value = "-")]
        out: Target,
    },
    /// Shows each event as a line for people, in the order of time.
    ///
    /// Ends with 0; with 1 where something of the recording is damaged or missing, which is said; with 2 where it can't be read.
    Cat {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        filter: Filter,
        /// The file to write to; `-` is the standard output.
        #[arg(long, default_value = "-")]
        out: Target,
    },
    /// Writes all intact blocks into one file with an index, and what killed processes have left in memory.
    ///
    /// That is in `spanwright-….ring`, below `/dev/shm` or where the recorder was told to have it, and is adopted by the next start of
    /// the program otherwise.
    ///
    /// Ends with 0; with 1 where something was damaged or missing, which is said; with 2 where nothing could be recovered.
    Recover {
        #[command(flatten)]
        files: Files,
        /// The file to write to, which must not be there; `-` is the standard output.
        #[arg(long)]
        out: Target,
        /// Removes what processes have left once it is in the file, so that no next start adopts it again.
        #[arg(long)]
        remove: bool,
    },
    /// Says what a recording takes: bytes an event, for each kind and each block.
    ///
    /// Ends with 0; with 1 where something of the recording is damaged or missing, which is said; with 2 where it can't be read.
    Stats {
        #[command(flatten)]
        files: Files,
        /// Each block too.
        #[arg(long)]
        blocks: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Writes a trace for ui.perfetto.dev: threads with their polls, tasks, spans, queues, and arrows from wake-ups to polls.
    ///
    /// Ends with 0; with 1 where something of the recording is damaged or missing, which is said; with 2 where it can't be read.
    Perfetto(perfetto::Options),
    /// Sends spans and log events to a collector, over OTLP: HTTP with protobuf.
    ///
    /// Ends with 0; with 1 where something of the recording is damaged or missing, or the collector refused a part, which is said; with 2 where
    /// it can't be read or sent.
    Otlp(otlp::Options),
    /// Puts several processes' recordings into one file, by time. All commands read it; each recording keeps its number.
    ///
    /// Times are those of each process's own clock, unless `--align` or `--shift` puts clocks right. A block that is there twice is taken once.
    ///
    /// Ends with 0; with 1 where something of the recordings is damaged or missing, which is said; with 2 where they can't be read.
    Merge(merge::Options),
    /// Writes a profile of busy time for pprof: by where tasks were spawned, or by spans.
    ///
    /// Ends with 0; with 1 where something of the recording is damaged or missing, which is said; with 2 where it can't be read.
    Pprof(pprof::Options),
    /// Writes tables as Parquet, for DuckDB, DataFusion, Spark or ClickHouse: one of each kind of events, by date and hour.
    ///
    /// Ends with 0; with 1 where something of the recording is damaged or missing, which is said; with 2 where it can't be read.
    Parquet(parquet::Options),
    /// Shows a recording in a browser: workers, tasks, spans and logs on one timeline, and what `analyze` finds. Prints the page's address.
    ///
    /// The page, the recording and its findings are served at 127.0.0.1 until the command is ended (Ctrl-C), and nothing else is. With `--save`
    /// it ends with 0; with 1 where something of the recording is damaged or missing, which is said; with 2 where it can't be read.
    View(view::Options),
}

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

impl Command {
    pub(crate) fn run(self) -> Done {
        match self {
            Self::Analyze { files, bounds, report } => analyze::run(&files, &bounds, &report),
            Self::Jsonl { files, filter, out } => lines::write(&files, &filter, &out, lines::Shape::Json),
            Self::Cat { files, filter, out } => lines::write(&files, &filter, &out, lines::Shape::People),
            Self::Recover { files, out, remove } => recover::write(&files, &out, remove),
            Self::Stats { files, blocks, json } => {
                let mut reader = files.open()?;
                let stats = stats::of(&mut reader);
                output::print(&if json { stats.json(blocks) } else { stats.text(blocks) })?;
                Ok(problems::tell(&reader))
            }
            Self::Perfetto(options) => perfetto::write(&options),
            Self::Otlp(options) => otlp::send(&options),
            Self::Merge(options) => merge::write(&options),
            Self::Pprof(options) => pprof::write(&options),
            Self::Parquet(options) => parquet::write(&options),
            Self::View(options) => view::run(options),
        }
    }
}

impl Files {
    /// What killed processes have left in memory.
    fn segments(&self) -> std::io::Result<Vec<PathBuf>> {
        Ok(self.list()?.into_iter().filter(|path| is_segment(path)).collect())
    }

    /// All others.
    fn recordings(&self) -> std::io::Result<Vec<PathBuf>> {
        Ok(self.list()?.into_iter().filter(|path| !is_segment(path)).collect())
    }

    /// All files, those of a folder in the order in which they were written.
    fn list(&self) -> std::io::Result<Vec<PathBuf>> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for path in &self.paths {
            // A file that is said twice, as itself and in its folder, is read once.
            let mut new = |file: &PathBuf| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone()));
            let meant = |file: &PathBuf| file == path || is_segment(file) || !is_in_memory(file);
            let found = match is_address(path) {
                Some(address) => self.fetched.files(address)?,
                None => files(path)?,
            };
            all.extend(found.into_iter().filter(|file| meant(file) && new(file)));
        }
        Ok(all)
    }

    /// Opens all of them; where none has a block, that is an error.
    fn open(&self) -> Result<Reader, Unusable> {
        let reader = Reader::open_all(self.recordings()?)?;
        // A recording that has just begun is an empty file, which is none.
        if reader.index().len() == 0 {
            return Err(Unusable::nothing(&self.paths, !self.segments()?.is_empty(), &reader));
        }
        Ok(reader)
    }

    /// Refuses to write to one of the files that are read.
    fn spare(&self, out: &Target) -> Result<(), Box<dyn std::error::Error>> {
        match out {
            Target::File(path) if self.holds(path)? => {
                Err(format!("`{}` is what is to be read; write to another file", path.display()).into())
            }
            _ => Ok(()),
        }
    }

    /// Whether this file is one of those that are read.
    fn holds(&self, path: &Path) -> std::io::Result<bool> {
        let Ok(path) = path.canonicalize() else { return Ok(false) };
        Ok(self.list()?.iter().any(|file| file.canonicalize().is_ok_and(|file| file == path)))
    }
}

/// Whether it is in the folder of the system's memory, where any program may have something.
fn is_in_memory(path: &Path) -> bool {
    path.parent()
        .and_then(|folder| folder.canonicalize().ok())
        .is_some_and(|folder| folder == Path::new("/dev/shm"))
}

/// Whether it is memory of a process, and no recording yet.
fn is_segment(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("spanwright-") && name.ends_with(".ring")
}
