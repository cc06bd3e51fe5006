//! Where commands write to.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::str::FromStr;

/// A file, or the standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Standard,
    File(PathBuf),
}

impl FromStr for Target {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" { Self::Standard } else { Self::File(text.into()) })
    }
}

impl Target {
    /// Whether somebody looks at it.
    pub(crate) fn is_terminal(&self) -> bool {
        *self == Self::Standard && io::stdout().is_terminal()
    }

    /// Empties the file.
    pub(crate) fn open(&self) -> io::Result<BufWriter<Box<dyn Write + Send>>> {
        let to: Box<dyn Write + Send> = match self {
            Self::Standard => Box::new(io::stdout()),
            Self::File(path) => Box::new(fs::File::create(path).map_err(|error| unwritten(path, &error))?),
        };
        Ok(BufWriter::with_capacity(1 << 16, to))
    }

    /// What is said of what was written here: that a reader has gone away is no error.
    pub(crate) fn settle(&self, written: io::Result<()>) -> io::Result<()> {
        match self {
            Self::Standard => pipe(written).map(drop),
            Self::File(path) => written.map_err(|error| unwritten(path, &error)),
        }
    }
}

/// Names the file that could not be written.
pub(crate) fn unwritten(path: &std::path::Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}` can't be written: {error}", path.display()))
}

/// To the standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    pipe(io::stdout().lock().write_all(text.as_bytes())).map(drop)
}

/// Whether there still is a reader; that it has gone away is no error.
pub(crate) fn pipe(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}
