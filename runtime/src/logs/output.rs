//! Where lines go.

use std::io::{self, Write as _};

use super::file::LogFile;

/// Where lines go.
#[derive(Debug)]
pub(crate) enum Output {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
    /// A file.
    File(LogFile),
    /// What a test looks at, write by write.
    #[cfg(test)]
    Kept(std::sync::Arc<std::sync::Mutex<Vec<Vec<u8>>>>),
}

impl Output {
    /// Writes a line, which is there when this returns.
    ///
    /// # Errors
    /// When it is not; the text says why, and where.
    pub(super) fn write(&self, line: &[u8]) -> Result<(), String> {
        let wrong = |name: &str, error: io::Error| format!("{name} can't be written to: {error}");
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                // A line that is not ended is not flushed by itself.
                let written = stdout.write_all(line).and_then(|()| stdout.flush());
                written.map_err(|error| wrong("the standard output", error))
            }
            Self::Stderr => {
                io::stderr().lock().write_all(line).map_err(|error| wrong("the standard error", error))
            }
            Self::File(file) => file.write(line),
            #[cfg(test)]
            Self::Kept(lines) => {
                lines.lock().map_err(|error| error.to_string())?.push(line.to_owned());
                Ok(())
            }
        }
    }
}
