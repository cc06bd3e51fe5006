//! A file that can't be gone back in: a pipe.

use std::io::{self, Write};

use super::{Sealed, TraceWriter};
use crate::index::Index;

/// Writes a single file to anything that takes bytes.
///
/// After an error the rest is refused: what has been written of a block can't be taken back. Only what was finished has an index.
///
/// ```
/// use spanwright_recording::{Reader, StreamWriter, recover_into};
///
/// let mut whole = Vec::new();
/// recover_into(&mut Reader::from_bytes(Vec::new()), &mut StreamWriter::new(&mut whole), |_, _| {})?;
/// assert!(Reader::from_bytes(whole).is_finished());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct StreamWriter<W> {
    to: W,
    length: u64,
    index: Index,
    torn: bool,
}

impl<W: Write> StreamWriter<W> {
    /// Writes to this.
    pub fn new(to: W) -> Self {
        Self { to, length: 0, index: Index::default(), torn: false }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.torn {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "an earlier block was written in part"));
        }
        self.to.write_all(bytes).inspect_err(|_| self.torn = true)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

impl<W: Write + Send> TraceWriter for StreamWriter<W> {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        let at = self.length;
        self.write(block.bytes)?;
        self.index.add(at, block);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        if let Some(closing) = self.index.closing(self.length) {
            self.write(&closing)?;
        }
        self.to.flush()
    }
}
