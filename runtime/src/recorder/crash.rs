//! What outlives a process that is killed: the memory that its ring lies in, and what the next start makes of it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

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

    /// Writes what processes have left that were killed, each as a recording of its own. What can't be written stays for another
    /// time, as all does with a writer that keeps nothing.
    pub(super) fn adopt(&self, sink: &mut Sink, options: &Options, shared: &Arc<Shared>) {
        if !sink.keeps() {
            return;
        }
        for found in segment::found_in(&self.folder, &self.key) {
            let adopted = match found {
                Ok(found) => {
                    let mut remains = Remains { found };
                    let written = remains.write_with(&mut Adopting(&mut *sink), options);
                    written.and_then(|_| remains.remove())
                }
                Err(error) => {
                    // It says nothing of the writer, and stays as it is.
                    crate::telemetry::report(&format!("what was left is not adopted: {error}"));
                    Ok(())
                }
            };
            if let Err(error) = adopted {
                shared.set_failing(Some(error.to_string()));
            }
        }
    }
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
