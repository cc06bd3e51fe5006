//! Where bytes come from: a file, or memory.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// So much of a file is looked at together.
const WINDOW: usize = 1 << 16;

#[derive(Debug)]
enum Bytes {
    File(fs::File),
    /// Opened for each read: a process may not have as many files open as a folder has.
    Closed(PathBuf),
    Memory(Vec<u8>),
}

/// Where bytes come from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: Option<PathBuf>,
    bytes: Bytes,
    /// As long as it was when it was opened: what is written meanwhile is left for the next time.
    pub(super) length: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl Source {
    /// A file, which stays open if `keep`: then it can be read even when it was removed meanwhile.
    pub(super) fn file(path: PathBuf, keep: bool) -> io::Result<Self> {
        let file = fs::File::open(&path)?;
        let length = file.metadata()?.len();
        let bytes = if keep { Bytes::File(file) } else { Bytes::Closed(path.clone()) };
        Ok(Self { path: Some(path), bytes, length, window: Vec::new(), window_at: 0 })
    }

    pub(super) fn memory(bytes: Vec<u8>) -> Self {
        let length = bytes.len() as u64;
        Self { path: None, bytes: Bytes::Memory(bytes), length, window: Vec::new(), window_at: 0 }
    }

    /// So many bytes from a place on, or fewer where it ends.
    pub(super) fn read(&mut self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        let length = length.min(self.length.saturating_sub(at));
        match &mut self.bytes {
            Bytes::Memory(bytes) => {
                // Both lie within the bytes.
                Ok(bytes[at.min(self.length) as usize..][..length as usize].to_vec())
            }
            Bytes::File(file) => read_of(file, at, length),
            Bytes::Closed(path) => read_of(&mut fs::File::open(path)?, at, length),
        }
    }

    /// Forgets what was looked at.
    pub(super) fn close_window(&mut self) {
        self.window = Vec::new();
    }

    /// What lies at a place: `least` bytes at least, or fewer where the source ends.
    pub(super) fn at(&mut self, at: u64, least: usize) -> io::Result<&[u8]> {
        let within =
            at.checked_sub(self.window_at).filter(|start| start + least as u64 <= self.window.len() as u64);
        let start = match within {
            Some(start) => start as usize,
            None => {
                self.window = self.read(at, WINDOW.max(least) as u64)?;
                self.window_at = at;
                0
            }
        };
        Ok(&self.window[start..])
    }
}

fn read_of(file: &mut fs::File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut read = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut read)?;
    Ok(read)
}
