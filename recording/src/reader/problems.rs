//! What was wrong with a recording.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use crate::block::Unreadable;

/// Further problems are counted only.
const MOST: usize = 1000;

/// What was wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum What {
    /// Bytes that belong to no block.
    #[error("these bytes are no block")]
    NotABlock,
    /// The file ends in the middle of a block: mostly the one that was being written when the process died.
    #[error("the file ends within a block")]
    CutOff,
    /// A block that can't be read.
    #[error("{0}")]
    Block(Unreadable),
    /// The index can't be used; the file was searched for blocks instead.
    #[error("the index can't be used: {0}")]
    Index(Unreadable),
    /// Blocks of a recording are not there, though earlier and later ones are.
    #[error("blocks {first} to {last} of recording {recording:016x} are missing", first = .blocks.start, last = .blocks.end - 1)]
    Missing {
        /// The recording's number.
        recording: u64,
        /// The blocks' numbers.
        blocks: Range<u64>,
    },
    /// Events came too late to be put in order with the memory that was allowed.
    #[error("{0} events came out of order, since too many blocks overlap")]
    OutOfOrder(u64),
    /// The file can't be read here.
    #[error("the file can't be read: {0}")]
    Io(String),
}

/// Something that was wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, where it is one.
    pub file: Option<PathBuf>,
    /// Which bytes of it.
    pub bytes: Range<u64>,
    /// What was wrong.
    pub what: What,
    /// How many events are lost by that, where it is known.
    pub lost: Option<u64>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        if !self.bytes.is_empty() {
            write!(f, "bytes {} to {}: ", self.bytes.start, self.bytes.end)?;
        }
        write!(f, "{}", self.what)?;
        match self.lost {
            Some(lost) => write!(f, "; {lost} events are lost"),
            None => Ok(()),
        }
    }
}

/// All that was wrong, as far as it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    more: u64,
}

impl Problems {
    pub(crate) fn add(&mut self, problem: Problem) {
        if self.list.len() < MOST {
            self.list.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Whether nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The first thousand.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }

    /// How many there are besides.
    pub fn more(&self) -> u64 {
        self.more
    }

    /// How many events are known to be lost.
    pub fn lost(&self) -> u64 {
        self.list.iter().filter_map(|problem| problem.lost).sum()
    }
}

impl<'p> IntoIterator for &'p Problems {
    type Item = &'p Problem;
    type IntoIter = std::slice::Iter<'p, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
