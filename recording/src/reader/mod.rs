//! Reads recordings: whole ones, unfinished ones, and damaged ones as far as they go.

mod events;
mod names;
mod problems;
mod scan;
mod source;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use events::Events;
pub use names::Names;
pub use problems::{Problem, Problems, What};
use source::Source;

use crate::block::{Block, Unreadable};
use crate::header::HEADER_BYTES;
use crate::index::Entry;

/// So many events are in memory at once, unless something else is asked for: some 80 MiB at most.
const HELD: usize = 1 << 18;

/// So many files stay open.
const OPEN: usize = 256;

/// A block, and the source that it is in.
#[derive(Debug)]
struct Place {
    source: usize,
    entry: Entry,
    /// It could not be read, which has been said.
    unreadable: bool,
}

/// Reads a recording: a file, several of them, or a folder.
///
/// What can't be read is passed over and told of in [`problems`](Self::problems); nothing that is in the files makes it fail,
/// panic, or take memory out of proportion.
#[derive(Debug)]
pub struct Reader {
    sources: Vec<Source>,
    blocks: Vec<Place>,
    problems: Problems,
    finished: bool,
    held: usize,
}

impl Reader {
    /// Opens a file, or all files in a folder.
    ///
    /// Fails where there is none, or where it can't be opened.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open_all(files(path.as_ref())?)
    }

    /// Opens several files.
    ///
    /// Fails where one can't be opened, and says which.
    pub fn open_all(paths: impl IntoIterator<Item = impl AsRef<Path>>) -> io::Result<Self> {
        let mut sources = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let named = |error: io::Error| {
                io::Error::new(error.kind(), format!("`{}` can't be read: {error}", path.display()))
            };
            sources.push(Source::file(path.to_owned(), sources.len() < OPEN).map_err(named)?);
        }
        Self::new(sources)
    }

    /// Reads what is in memory.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        // What is in memory can be read.
        Self::new(vec![Source::memory(bytes.into())]).unwrap_or_else(|_| Self {
            sources: Vec::new(),
            blocks: Vec::new(),
            problems: Problems::default(),
            finished: false,
            held: HELD,
        })
    }

    fn new(mut sources: Vec<Source>) -> io::Result<Self> {
        let mut problems = Problems::default();
        let (mut blocks, mut finished) = (Vec::new(), true);
        for (source, bytes) in sources.iter_mut().enumerate() {
            let (entries, indexed) = scan::blocks(bytes, &mut problems)?;
            bytes.close_window();
            finished &= indexed;
            blocks.extend(entries.into_iter().map(|entry| Place { source, entry, unreadable: false }));
        }
        let mut reader = Self { sources, blocks, problems, finished, held: HELD };
        reader.look_for_gaps();
        Ok(reader)
    }

    /// Says which blocks are missing between others.
    fn look_for_gaps(&mut self) {
        let mut numbers: Vec<_> =
            self.blocks.iter().map(|block| (block.entry.recording, block.entry.sequence)).collect();
        numbers.sort_unstable();
        for pair in numbers.windows(2) {
            let ((recording, before), (of, after)) = (pair[0], pair[1]);
            if recording == of && after - before > 1 {
                let what = What::Missing { recording, blocks: before + 1..after };
                self.problems.add(Problem { file: None, bytes: 0..0, what, lost: None });
            }
        }
    }

    /// Holds so many events in memory at most, where blocks overlap in time, but a block at least. Where that is not enough,
    /// events come out of order, and that is told of.
    #[must_use]
    pub fn hold(mut self, events: usize) -> Self {
        self.held = events;
        self
    }

    /// Whether every file has an index: it was finished, and not damaged there.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.length).sum()
    }

    /// What is known of the blocks before they are read.
    pub fn index(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.blocks.iter().map(|block| &block.entry)
    }

    /// What was wrong so far: all of it, once all events were read.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// The blocks that can be read, one after the other, as they lie in the files.
    pub fn blocks(&mut self) -> impl Iterator<Item = Block> + '_ {
        (0..self.blocks.len()).filter_map(|block| self.read(block))
    }

    /// All events in the order of their time.
    pub fn events(&mut self) -> Events<'_> {
        Events::new(self, 0..u64::MAX)
    }

    /// The events that ended, or had begun and not ended, within a time in nanoseconds since the Unix epoch. Blocks of other times are
    /// not read.
    pub fn events_within(&mut self, time: Range<u64>) -> Events<'_> {
        Events::new(self, time)
    }

    /// A block, or nothing where it can't be read, which is said.
    pub(crate) fn read(&mut self, block: usize) -> Option<Block> {
        let bytes = self.read_bytes(block)?;
        match Block::from_bytes(&bytes) {
            Ok(read) => Some(read),
            Err(why) => self.unreadable(block, What::Block(why)),
        }
    }

    /// The bytes of a block, whatever they are.
    pub(crate) fn read_bytes(&mut self, block: usize) -> Option<Vec<u8>> {
        let Place { source, entry, .. } = self.blocks.get(block)?;
        match self.sources[*source].read(entry.offset, entry.length) {
            Ok(bytes) if bytes.len() >= HEADER_BYTES => Some(bytes),
            Ok(_) => self.unreadable(block, What::Block(Unreadable::Short)),
            Err(error) => self.unreadable(block, What::Io(error.to_string())),
        }
    }

    fn unreadable<T>(&mut self, block: usize, what: What) -> Option<T> {
        let Place { source, entry, unreadable } = &mut self.blocks[block];
        if !std::mem::replace(unreadable, true) {
            self.problems.add(Problem {
                file: self.sources[*source].path.clone(),
                bytes: entry.offset..entry.offset + entry.length,
                what,
                lost: Some(entry.events.into()),
            });
        }
        None
    }
}

/// The files that [`Reader::open`] reads: the file itself, or all in a folder but hidden ones, those that were written first before
/// others.
///
/// Fails where a folder can't be read, or has none.
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("`{}` can't be read: {error}", path.display()))
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(named)? {
        let path = entry.map_err(named)?.path();
        if path.is_file() && !is_hidden(&path) {
            files.push(path);
        }
    }
    if files.is_empty() {
        let said = format!("there is no file in the folder `{}`", path.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, said));
    }
    // 10 after 9.
    files.sort_by_cached_key(|file| (file.as_os_str().len(), file.clone()));
    Ok(files)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
