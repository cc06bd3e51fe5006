//! Where blocks go to.

mod file;
mod lock;
mod rotating;
#[cfg(feature = "object_store")]
mod store;
mod stream;
mod uploads;

use std::io;
use std::path::{Path, PathBuf};

pub(crate) use file::File;
pub use rotating::{RotatingWriter, numbered_files};
#[cfg(feature = "object_store")]
pub use store::{Destination, ObjectStoreWriter, UploadMonitor, download};
pub use stream::StreamWriter;
pub use uploads::UploadHealth;

use crate::header::Header;

/// A block that is complete, and what the index will say of it.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'s> {
    /// Its header.
    pub header: &'s Header,
    /// All its bytes, the header's among them.
    pub bytes: &'s [u8],
    /// How many events of each kind there are, by the kinds' codes, in rising order.
    pub kinds: &'s [(u8, u32)],
    /// The threads that events are of, in rising order.
    pub threads: &'s [u32],
}

/// Takes the blocks of a recording.
///
/// What fails is returned, and the block is lost; the next is tried anew, so that a writer goes on when it can.
pub trait TraceWriter: Send {
    /// Takes a block.
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()>;

    /// Whatever was taken can be read by others after this.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// It is this late, in nanoseconds since the Unix epoch: to be called now and then, so that what is due by the clock is done even
    /// though no block comes.
    fn tick(&mut self, now: u64) -> io::Result<()> {
        let _ = now;
        Ok(())
    }

    /// The blocks that come now are of another recording: where there are files, it begins a new one.
    fn next_recording(&mut self) -> io::Result<()> {
        self.flush()
    }

    /// Where it writes to, the same in each run of a program and in no other one's: by it a run finds what the one before has left.
    /// Nothing where nobody knows.
    fn place(&self) -> Option<PathBuf> {
        None
    }

    /// Whether what it takes can be read by anybody.
    fn keeps(&self) -> bool {
        true
    }

    /// How uploads go; nothing where there are none.
    fn uploads(&self) -> Option<UploadHealth> {
        None
    }

    /// No more blocks will come.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: TraceWriter + ?Sized> TraceWriter for Box<W> {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        (**self).write_block(block)
    }

    fn flush(&mut self) -> io::Result<()> {
        (**self).flush()
    }

    fn tick(&mut self, now: u64) -> io::Result<()> {
        (**self).tick(now)
    }

    fn next_recording(&mut self) -> io::Result<()> {
        (**self).next_recording()
    }

    fn place(&self) -> Option<PathBuf> {
        (**self).place()
    }

    fn keeps(&self) -> bool {
        (**self).keeps()
    }

    fn uploads(&self) -> Option<UploadHealth> {
        (**self).uploads()
    }

    fn finish(&mut self) -> io::Result<()> {
        (**self).finish()
    }
}

/// Takes blocks, and leaves it at that: for measuring what all but the writing costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullWriter;

impl TraceWriter for NullWriter {
    fn write_block(&mut self, _: &Sealed<'_>) -> io::Result<()> {
        Ok(())
    }

    fn keeps(&self) -> bool {
        false
    }
}

/// Appends blocks to memory, without an index.
impl TraceWriter for Vec<u8> {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        self.extend_from_slice(block.bytes);
        Ok(())
    }
}

/// A single file, however long it gets.
///
/// It can be read at any time; it has an index when it is finished, which is when this is dropped at the latest.
///
/// ```
/// use spanwright_recording::{Encoder, Options, Reader, SimpleBinaryWriter};
/// use spanwright_recording::event::{Gap, Why};
///
/// let path = std::env::temp_dir().join(format!("spanwright-simple-{}.spwr", std::process::id()));
/// let mut encoder = Encoder::new(SimpleBinaryWriter::new(&path)?, Options::default());
/// encoder.event(0, 1_700_000_000_000_000_000, &Gap { lost: 3, why: Why::Full })?;
/// encoder.finish()?;
///
/// let mut reader = Reader::open(&path)?;
/// assert_eq!(reader.events().count(), 1);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SimpleBinaryWriter {
    file: File,
}

impl SimpleBinaryWriter {
    /// Makes the file, or empties it.
    pub fn new(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self { file: File::create(path.as_ref())? })
    }
}

impl TraceWriter for SimpleBinaryWriter {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        self.file.append(block)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.finish()
    }
}
