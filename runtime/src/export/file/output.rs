//! Appends lines to a file of bounded size, or to standard output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Where lines go.
#[derive(Debug)]
pub(super) enum Output {
    Stdout,
    File {
        path: PathBuf,
        max_bytes: u64,
        /// Nothing after a failure, until the next line.
        open: Option<Open>,
    },
}

/// An open file.
#[derive(Debug)]
pub(super) struct Open {
    file: File,
    /// How many bytes it has; nothing where it is no regular file, and has no bound.
    size: Option<u64>,
}

impl Output {
    pub(super) fn open(path: PathBuf, max_bytes: u64) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout);
        }
        let open = Some(Open::new(&path)?);
        Ok(Self::File { path, max_bytes, open })
    }

    /// How many bytes a line may have.
    pub(super) fn bound(&self) -> u64 {
        match self {
            Self::Stdout | Self::File { open: Some(Open { size: None, .. }), .. } => u64::MAX,
            Self::File { max_bytes, .. } => *max_bytes,
        }
    }

    /// The output's name in messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Stdout => "standard output".to_owned(),
            Self::File { path, .. } => format!("`{}`", path.display()),
        }
    }

    /// Appends a line of no more bytes than the [bound](Self::bound), all of it or nothing as far as the system allows.
    ///
    /// # Errors
    /// When it was not written; the text says why, with the path.
    pub(super) fn write(&mut self, line: &[u8]) -> Result<(), String> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                let written = stdout.write_all(line).and_then(|()| stdout.flush());
                written.map_err(|error| format!("standard output can't be written to: {error}"))
            }
            Self::File { path, max_bytes, open } => {
                // What fails below leaves nothing open, so that the next line opens the file anew.
                let mut file = match open.take() {
                    Some(file) => file,
                    None => reopen(path)?,
                };
                if file.is_full(line, *max_bytes) {
                    drop(file);
                    rename(path)?;
                    file = reopen(path)?;
                }
                let written = file.append(line);
                written.map_err(|error| format!("`{}` can't be written to: {error}", path.display()))?;
                *open = Some(file);
                Ok(())
            }
        }
    }
}

impl Open {
    fn new(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let metadata = file.metadata()?;
        let mut open = Self { file, size: metadata.is_file().then_some(metadata.len()) };
        open.end_line()?;
        Ok(open)
    }

    /// Ends a line that was cut off, as where the process or the system ended within it: the next one is whole again.
    fn end_line(&mut self) -> io::Result<()> {
        if self.size.is_none_or(|size| size == 0) {
            return Ok(());
        }
        let mut last = [0];
        self.file.seek(SeekFrom::End(-1))?;
        self.file.read_exact(&mut last)?;
        if last == *b"\n" { Ok(()) } else { self.append(b"\n") }
    }

    fn is_full(&self, line: &[u8], max_bytes: u64) -> bool {
        self.size.is_some_and(|size| size.saturating_add(line.len() as u64) > max_bytes)
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(line);
        match (&written, &mut self.size) {
            (Ok(()), Some(size)) => *size += line.len() as u64,
            (Err(_), Some(size)) => {
                // Where this fails too, the line is ended when the file is opened again.
                let _cut_off = self.file.set_len(*size);
            }
            (_, None) => {}
        }
        written
    }
}

fn reopen(path: &Path) -> Result<Open, String> {
    Open::new(path).map_err(|error| format!("`{}` can't be opened: {error}", path.display()))
}

/// Makes room for a new file: the former one gets `.1` after its name.
fn rename(path: &Path) -> Result<(), String> {
    let mut former = path.as_os_str().to_owned();
    former.push(".1");
    let former = PathBuf::from(former);
    fs::rename(path, &former).map_err(|error| {
        format!("`{}` is full and can't be renamed to `{}`: {error}", path.display(), former.display())
    })
}
