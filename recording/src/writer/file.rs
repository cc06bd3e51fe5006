//! A file of blocks.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Sealed;
use crate::index::Index;

/// A file that blocks are appended to.
///
/// It has its last name from the beginning: a block is complete or is not there, and readers cope with both, so that
/// nothing is gained by another name. What was written of a block that failed is cut off again.
#[derive(Debug)]
pub(crate) struct File {
    file: fs::File,
    path: PathBuf,
    /// Where the last whole block ends.
    length: u64,
    /// Something after that must go first.
    torn: bool,
    index: Index,
    finished: bool,
}

impl File {
    /// Makes the file, or empties it.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Self::with(fs::OpenOptions::new().write(true).create(true).truncate(true), path)
    }

    /// Makes the file, which must not be there.
    pub(crate) fn create_new(path: &Path) -> io::Result<Self> {
        Self::with(fs::OpenOptions::new().write(true).create_new(true), path)
    }

    fn with(options: &mut fs::OpenOptions, path: &Path) -> io::Result<Self> {
        // What is recorded is for who runs the program, and for nobody else.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
        let file = options.open(path)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            length: 0,
            torn: false,
            index: Index::default(),
            finished: false,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of all whole blocks.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The time of the first block.
    pub(crate) fn first(&self) -> Option<u64> {
        self.index.entries.first().map(|entry| entry.first)
    }

    /// What its index takes at most, once this block is in the file.
    pub(crate) fn index_room(&self, next: &Sealed<'_>) -> u64 {
        self.index.room(next)
    }

    pub(crate) fn append(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        self.write(block.bytes)?;
        self.index.add(self.length, block);
        self.length += block.bytes.len() as u64;
        Ok(())
    }

    /// Appends all or nothing.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.torn {
            self.cut()?;
        }
        self.torn = true;
        if let Err(error) = self.file.write_all(bytes) {
            // If this fails too it is tried again before the next block.
            let _ = self.cut();
            return Err(error);
        }
        self.torn = false;
        Ok(())
    }

    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.torn = false;
        Ok(())
    }

    /// Has the disk hold what was written, so that a power cut takes nothing of it.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Writes the index, once.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if self.finished {
            return Ok(());
        }
        if let Some(closing) = self.index.closing(self.length) {
            self.write(&closing)?;
            self.length += closing.len() as u64;
        }
        self.finished = true;
        Ok(())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Without it the file is read all the same.
        let _ = self.finish();
    }
}
