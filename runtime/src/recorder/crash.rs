//! What outlives a process that is killed: the memory that its ring lies in, and what the next start makes of it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use spanwright_core::segment::{self, Segment};
use spanwright_recording::{Options, Sealed, TraceWriter};

use super::flight::Sink;
use super::remains::Remains;
use super::shared::Shared;

/// Where memory that outlives the process is, and who may adopt what is left in it.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    /// Nothing for the system's memory file system.
    pub(super) folder: Option<PathBuf>,
    pub(super) key: String,
}

/// Room for callsites, names and places, in bytes.
const DEFINITIONS: usize = 4 << 20;

impl Memory {
    fn folder(&self) -> PathBuf {
        let system = || segment::memory_folder().map_or_else(std::env::temp_dir, Into::into);
        self.folder.clone().unwrap_or_else(system)
    }

    /// Puts this process' ring there.
    pub(super) fn open(&self, chunk_bytes: usize, block_bytes: usize) -> Result<&'static Segment, String> {
        let folder = self.folder();
        let settings = segment::Settings {
            folder: &folder,
            key: &self.key,
            chunk_bytes,
            definition_bytes: DEFINITIONS,
            block_bytes,
        };
        segment::open(&settings).map_err(|error| error.to_string())
    }

    /// Writes what processes have left that were killed, each as a recording of its own. What can't be written stays for another
    /// time.
    pub(super) fn adopt(&self, sink: &mut Sink, options: &Options, shared: &Arc<Shared>) {
        for found in segment::found_in(&self.folder(), &self.key) {
            let adopted = match found {
                Ok(found) => {
                    let mut remains = Remains { found };
                    let written = remains.write_with(&mut Adopting(&mut *sink), options);
                    written.and_then(|_| remains.remove()).map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = adopted {
                shared.set_failing(Some(error));
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
