//! A file of lines that is kept small: when it is full, or with each hour or day, a new one is begun. The former one gets `.1`
//! after its name, the one before it `.2`, and so on; the oldest are removed. Several processes may write to one file: who renames
//! has a file with `.lock` after its name meanwhile.
//!
//! Invariants:
//! - a line is in one file, whole, whoever else writes; it is in the system's hands when `write` returns;
//! - what goes wrong while a new file is begun loses no line: the old one goes on.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::config::{LogFile as Bounds, LogRotation};

/// A file of lines.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    bounds: Bounds,
    clock: fn() -> SystemTime,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Nothing after a failure, until the next line.
    open: Option<Open>,
    /// When it was looked last whether the file is still there, in seconds.
    looked: u64,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// How many bytes it has.
    size: u64,
    /// The minute, hour or day of its lines.
    period: u64,
    /// What is no regular file, such as a pipe, has no former ones.
    is_regular: bool,
}

impl LogFile {
    /// Opens a file to append to, and makes the folders to it.
    ///
    /// # Errors
    /// When that can't be done.
    pub(crate) fn open(path: PathBuf, bounds: Bounds, clock: fn() -> SystemTime) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), fs::create_dir_all)?;
        let now = seconds(clock());
        let open = Open::new(&path, bounds, now)?;
        let state = Mutex::new(State { open: Some(open), looked: now });
        Ok(Self { path, bounds, clock, state })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// When it is not written; the text says why, with the path.
    pub(super) fn write(&self, line: &[u8]) -> Result<(), String> {
        let now = seconds((self.clock)());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked != now {
            state.looked = now;
            // Somebody else may have renamed or removed it, or written to it.
            state.open = state.open.take().filter(|open| !open.is_regular || is_at(&open.file, &self.path));
            if let Some(open) = &mut state.open {
                open.size = open.file.metadata().map_or(open.size, |metadata| metadata.len());
            }
        }
        let wrong = |error: io::Error| format!("`{}` can't be written to: {error}", self.path.display());
        let mut open = match state.open.take() {
            Some(open) => open,
            None => Open::new(&self.path, self.bounds, now).map_err(wrong)?,
        };
        if open.is_over(line, self.bounds, now) {
            open = self.begin_anew(open, now);
        }
        let written = open.append(line);
        state.open = Some(open);
        written.map_err(wrong)
    }

    /// A new file, which another process may have begun already; the old one where there can't be one.
    fn begin_anew(&self, mut old: Open, now: u64) -> Open {
        let begun = match Turn::take(&self.path) {
            // The next line tries again.
            Ok(None) => return old,
            Ok(Some(_turn)) => {
                let renamed = if is_at(&old.file, &self.path) { self.rename() } else { Ok(()) };
                renamed.and_then(|()| Open::new(&self.path, self.bounds, now))
            }
            Err(error) => Err(error),
        };
        begun.unwrap_or_else(|error| {
            let path = self.path.display();
            crate::telemetry::report(&format!(
                "a new file can't be begun after `{path}`, which goes on: {error}"
            ));
            // It is tried again in a second, or when as much has been written once more, not for each line.
            old.size = 0;
            old.period = self.bounds.period(now);
            old
        })
    }

    fn rename(&self) -> io::Result<()> {
        let (mut beyond, keep) = (self.bounds.keep + 1, self.bounds.keep);
        // More were kept before, perhaps.
        while fs::remove_file(former(&self.path, beyond)).is_ok() {
            beyond += 1;
        }
        // There may be fewer, as yet.
        let last = (1..keep).find(|number| !former(&self.path, *number).exists()).unwrap_or(keep);
        for number in (1..last).rev() {
            fs::rename(former(&self.path, number), former(&self.path, number + 1))?;
        }
        if keep == 0 { fs::remove_file(&self.path) } else { fs::rename(&self.path, former(&self.path, 1)) }
    }
}

/// The turn to rename files, which one process has at a time: a file that is there only meanwhile.
#[derive(Debug)]
struct Turn(PathBuf);

impl Turn {
    /// Takes it, unless another process has it.
    fn take(path: &Path) -> io::Result<Option<Self>> {
        /// Who has had it longer was ended in the middle.
        const LONGEST: Duration = Duration::from_secs(10);
        let turn = beside(path, "lock");
        let error = match OpenOptions::new().write(true).create_new(true).open(&turn) {
            Ok(_) => return Ok(Some(Self(turn))),
            Err(error) => error,
        };
        if error.kind() != io::ErrorKind::AlreadyExists {
            return Err(error);
        }
        let taken = fs::metadata(&turn).and_then(|metadata| metadata.modified());
        if taken.is_ok_and(|taken| taken.elapsed().is_ok_and(|since| since > LONGEST)) {
            fs::remove_file(&turn)?;
        }
        Ok(None)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // What can't be removed now is once it is old.
        let _ = fs::remove_file(&self.0);
    }
}

/// The name of a former file.
fn former(path: &Path, number: usize) -> PathBuf {
    beside(path, number)
}

fn beside(path: &Path, ending: impl Display) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    PathBuf::from(name)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Whether the path still leads to this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(file), Ok(path)) => identity(file) == identity(path),
        _ => false,
    }
}

/// Whether the path still leads to a file: an open one can't be renamed here.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

impl Bounds {
    /// The minute, hour or day of a time.
    fn period(&self, seconds: u64) -> u64 {
        match self.rotation {
            LogRotation::Never => 0,
            LogRotation::Minutely => seconds / 60,
            LogRotation::Hourly => seconds / 3_600,
            LogRotation::Daily => seconds / 86_400,
        }
    }
}

impl Open {
    fn new(path: &Path, bounds: Bounds, now: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        // Its owner's, and readable to the group that ships it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
        let file = options.open(path)?;
        let metadata = file.metadata()?;
        let size = metadata.len();
        // Lines that an earlier process has left are of the time when it wrote last.
        let written = metadata.modified().ok().filter(|_| size > 0).map_or(now, seconds);
        Ok(Self { file, size, period: bounds.period(written), is_regular: metadata.is_file() })
    }

    /// Whether the line belongs into a new file.
    fn is_over(&self, line: &[u8], bounds: Bounds, now: u64) -> bool {
        let size = self.size.saturating_add(line.len() as u64);
        let is_full = bounds.max_bytes.is_some_and(|most| size > most);
        self.is_regular && self.size > 0 && (is_full || self.period != bounds.period(now))
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let mut rest = line;
        while !rest.is_empty() {
            let error = match self.file.write(rest) {
                Ok(0) => io::ErrorKind::WriteZero.into(),
                Ok(written) => {
                    rest = &rest[written..];
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            self.take_back(line.len() - rest.len());
            return Err(error);
        }
        self.size += line.len() as u64;
        Ok(())
    }

    /// Nothing of a line is better than a part of it: removes a part that was written last, unless another process has
    /// written behind it. Where this fails too, there is nothing left to do.
    fn take_back(&mut self, part: usize) {
        let end = self.file.stream_position();
        let length = self.file.metadata().map(|metadata| metadata.len());
        if let (true, Ok(end), Ok(length)) = (self.is_regular && part > 0, end, length) {
            let _cut = if end == length { self.file.set_len(end - part as u64) } else { Ok(()) };
        }
    }
}

#[cfg(test)]
mod tests;
