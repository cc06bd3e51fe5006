//! What outlives a process that is killed: the memory that its ring lies in, and what the next start makes of it.

use std::io;
use std::path::PathBuf;

use spanwright_core::segment::{self, Segment};
use spanwright_recording::{Options, Sealed, TraceWriter};

use super::flight::Sink;
use super::remains::Remains;
use super::settings::program;
use super::shared::Shared;

/// What the program says of memory that outlives its process.
#[derive(Clone, Debug, Default)]
pub(super) struct Recovery {
    /// Nothing for the system's memory file system.
    pub(super) folder: Option<PathBuf>,
    /// Nothing for one of the program and of where it writes to.
    pub(super) key: Option<String>,
}

impl Recovery {
    /// As it is for who writes there: others of the program's processes that write elsewhere have remains of their own.
    pub(super) fn of(self, writer: &dyn TraceWriter) -> Memory {
        let system = || segment::memory_folder().map_or_else(std::env::temp_dir, Into::into);
        let own = || match writer.place() {
            Some(place) => format!("{} {}", program(), place.display()),
            None => program(),
        };
        Memory { folder: self.folder.unwrap_or_else(system), key: self.key.unwrap_or_else(own) }
    }
}

/// Where memory that outlives the process is, and who may adopt what is left in it.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    folder: PathBuf,
    key: String,
}

/// Room for callsites, names and places, in bytes.
const DEFINITIONS: usize = 4 << 20;
/// How many processes' remains wait for a writer that takes them.
const MOST_UNWRITTEN: usize = 8;

impl Memory {
    /// Puts this process' ring there.
    pub(super) fn open(&self, chunk_bytes: usize, block_bytes: usize) -> Result<&'static Segment, String> {
        let settings = segment::Settings {
            folder: &self.folder,
            key: &self.key,
            chunk_bytes,
            definition_bytes: DEFINITIONS,
            block_bytes,
        };
        segment::open(&settings).map_err(|error| error.to_string())
    }

    /// Writes what processes have left that were killed, each as a recording of its own. The newest of what can't be written, which is
    /// all with a writer that keeps nothing, stay for another time.
    pub(super) fn adopt(&self, sink: &mut Sink, options: &Options, shared: &Shared) {
        let mut all = Vec::new();
        for found in segment::found_in(&self.folder, &self.key) {
            match found {
                Ok(found) => all.push(Remains { found }),
                // It says nothing of the writer, and stays as it is.
                Err(error) => crate::telemetry::report(&format!("what was left is not adopted: {error}")),
            }
        }
        all.sort_by_key(|remains| remains.found.started_unix_nanos());
        if !sink.keeps() {
            return give_up(all);
        }
        let mut unwritten = Vec::new();
        for mut remains in all {
            let adopted = match remains.write_with(&mut Adopting(&mut *sink), options) {
                Ok(_) => remains.remove(),
                Err(error) => {
                    unwritten.push(remains);
                    Err(error)
                }
            };
            if let Err(error) = adopted {
                shared.set_failing(Some(error.to_string()));
            }
        }
        give_up(unwritten);
    }
}

/// Removes all but the newest, which come last: they take memory.
fn give_up(mut unwritten: Vec<Remains>) {
    let count = unwritten.len().saturating_sub(MOST_UNWRITTEN);
    if count == 0 {
        return;
    }
    let removed = unwritten.drain(..count).map(Remains::remove).filter(Result::is_ok).count();
    crate::telemetry::report(&format!(
        "what {removed} killed processes had left is given up: it could not be written"
    ));
}

/// Writes to the program's writer at once, also for a flight recorder.
struct Adopting<'s>(&'s mut Sink);

impl TraceWriter for Adopting<'_> {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        self.0.write_through(block)
    }

    fn next_recording(&mut self) -> io::Result<()> {
        self.0.next_recording()
    }
}
