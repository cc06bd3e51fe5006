//! Where a value comes from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The program's code.
    Code,
    /// A place in the file.
    File(FilePlace),
    /// A variable of the environment.
    Variable(String),
    /// The running program, or somebody at its admin server.
    Running,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("code"),
            Self::File(place) => place.fmt(f),
            Self::Variable(name) => f.write_str(name),
            Self::Running => f.write_str("changed while it runs"),
        }
    }
}

/// A place in a file, shown as `app.toml:3:9`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace(Arc<Spot>);

/// Errors carry places, so that they are small.
#[derive(Debug, PartialEq, Eq)]
struct Spot {
    path: Arc<Path>,
    line: usize,
    column: usize,
}

impl FilePlace {
    #[cfg(feature = "toml")]
    /// The place of a byte. Lines end as TOML has it, at `\n`.
    pub(super) fn new(path: &Arc<Path>, text: &str, at: usize) -> Self {
        // What a parser says may be behind the end, or within a character.
        let before = &text.as_bytes()[..at.min(text.len())];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let is_first_byte = |byte: &&u8| **byte & 0xc0 != 0x80;
        Self(Arc::new(Spot {
            path: Arc::clone(path),
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: 1 + before[start..].iter().filter(is_first_byte).count(),
        }))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The line, from 1 on.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// The character in the line, from 1 on.
    #[must_use]
    pub fn column(&self) -> usize {
        self.0.column
    }
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.path.to_string_lossy().chars() {
            // A path with a line break in it must not forge a line of ours.
            if character.is_control() {
                write!(f, "{}", character.escape_default())?
            } else {
                write!(f, "{character}")?
            }
        }
        write!(f, ":{}:{}", self.0.line, self.0.column)
    }
}
