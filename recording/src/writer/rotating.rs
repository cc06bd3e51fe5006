//! A number of files that have a budget together.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::lock::Lock;
use super::{File, Sealed, TraceWriter};
use crate::index::Index;

/// Writes file after file, and removes the oldest so that all of them stay within a budget.
///
/// `trace.bin` becomes `trace.0.bin`, `trace.1.bin`, … Files of earlier processes are counted, kept for as long as the
/// budget allows, and never written to. The file that is being written has its name from the start and can be read at any
/// time; its index comes when it is finished.
///
/// One writer at a time writes files of one name: a second is refused with [`ResourceBusy`](io::ErrorKind::ResourceBusy), by a lock on a hidden
/// file beside them, which ends with the process.
///
/// A finished file is on the disk, by `fsync`, before anybody is told of it. Of the file that is being written a power cut may take what the
/// system has not written yet, half a minute's worth on most; a crash of the process takes nothing of what was handed to this.
///
/// ```
/// use spanwright_recording::{Encoder, Options, RotatingWriter};
///
/// let folder = std::env::temp_dir().join(format!("spanwright-rotating-{}", std::process::id()));
/// let writer = RotatingWriter::new(folder.join("trace.bin"), 1024 * 1024, 5 * 1024 * 1024)?;
/// let encoder = Encoder::new(writer, Options::default());
/// # drop(encoder);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct RotatingWriter {
    base: PathBuf,
    /// Bytes of a file, its index aside.
    max_file: u64,
    /// Bytes of all files.
    max_total: u64,
    /// How long a file is, in nanoseconds.
    max_time: Option<u64>,
    current: Option<File>,
    /// Whole files, the oldest first, with their lengths.
    older: Vec<(u64, PathBuf, u64)>,
    next: u64,
    finished: Option<Finished>,
    custody: Option<Arc<dyn Custody>>,
    /// Nothing, where it could not be made yet, as on a full disk.
    lock: Option<Lock>,
    /// What was wrong with a file that is whole, to be said where no block is meant.
    owed: Option<io::Error>,
}

/// Who knows which files are held elsewhere too.
pub(crate) trait Custody: Send + Sync {
    /// Whether nothing is lost with the file.
    fn is_safe(&self, path: &Path) -> bool;

    /// It is complete.
    fn finished(&self, path: &Path, length: u64);

    /// It was removed, since the budget was used up.
    fn evicted(&self, path: &Path, length: u64);
}

/// Who is told of finished files.
type Finished = Box<dyn FnMut(&Path) + Send>;

impl std::fmt::Debug for RotatingWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RotatingWriter")
            .field("base", &self.base)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl RotatingWriter {
    /// Writes files of about `max_file` bytes beside `base`, at most `max_total` bytes together. The folder is made where it
    /// is missing.
    ///
    /// Fails where the folder can't be read, where another writes files of this name, where `base` has no name or is a folder, and where a file would not fit into the budget.
    pub fn new(base: impl Into<PathBuf>, max_file: u64, max_total: u64) -> io::Result<Self> {
        let base = base.into();
        if max_file == 0 || max_file > max_total || base.file_stem().is_none() {
            let message = "a file must have a name, must not be empty, and must fit into the budget";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        if base.is_dir() {
            let message =
                format!("it is a folder; name a file in it, as `{}`", base.join("trace.spwr").display());
            return Err(io::Error::new(io::ErrorKind::IsADirectory, message));
        }
        fs::create_dir_all(folder(&base)).map_err(|error| unmade(folder(&base), &error))?;
        let lock = match Lock::take(&base) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => return Err(error),
            // It is tried again before the first file is made.
            taken => taken.ok(),
        };
        let older = numbered_files(&base)?;
        let next = older.last().map_or(0, |(number, ..)| number + 1);
        Ok(Self {
            base,
            max_file,
            max_total,
            max_time: None,
            current: None,
            older,
            next,
            finished: None,
            custody: None,
            lock,
            owed: None,
        })
    }

    /// Begins a new file at the latest when the last has so much time in it; where nothing happens, at the next
    /// [`tick`](TraceWriter::tick).
    #[must_use]
    pub fn every(mut self, time: Duration) -> Self {
        self.max_time = Some(time.as_nanos().try_into().unwrap_or(u64::MAX));
        self
    }

    /// Calls this with the path of each file that is finished, on the thread that writes.
    #[must_use]
    pub fn on_finished(mut self, finished: impl FnMut(&Path) + Send + 'static) -> Self {
        self.finished = Some(Box::new(finished));
        self
    }

    /// Whether this block belongs into a new file.
    fn is_full(&self, file: &File, block: &Sealed<'_>) -> bool {
        let after = file.length() + block.bytes.len() as u64;
        let over = after > self.max_file || after + file.index_room(block) > self.max_total;
        let late = self.max_time.zip(file.first()).is_some_and(|(most, first)| {
            block.header.events > 0 && block.header.last.saturating_sub(first) >= most
        });
        (over && file.length() > 0) || late
    }

    /// Finishes the file that is being written, if one is.
    fn close(&mut self) -> io::Result<()> {
        let Some(mut file) = self.current.take() else { return Ok(()) };
        // Without an index it is whole, and counts, all the same.
        let finished = file.finish();
        let synced = file.sync();
        let path = file.path().to_owned();
        self.older.push((self.next - 1, path.clone(), file.length()));
        self.custody.iter().for_each(|custody| custody.finished(&path, file.length()));
        if let (Ok(()), Some(call)) = (&finished, &mut self.finished) {
            call(&path);
        }
        finished.and(synced)
    }

    /// Whole files, the oldest first: their number, path and length.
    #[cfg(feature = "object_store")]
    pub(crate) fn older(&self) -> &[(u64, PathBuf, u64)] {
        &self.older
    }

    /// Asks before a file is removed.
    #[cfg(feature = "object_store")]
    pub(crate) fn in_custody(&mut self, custody: Arc<dyn Custody>) {
        self.custody = Some(custody);
    }

    /// The oldest file that is held elsewhere too, else the oldest.
    fn first_to_go(&self) -> usize {
        let Some(custody) = &self.custody else { return 0 };
        self.older.iter().position(|(_, path, _)| custody.is_safe(path)).unwrap_or(0)
    }

    /// Removes the oldest files until there is room for so many bytes; those that are held elsewhere too go first.
    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        let current = self.current.as_ref().map_or(0, File::length);
        let mut total = current + self.older.iter().map(|(.., length)| length).sum::<u64>();
        while total + bytes > self.max_total && !self.older.is_empty() {
            let first = self.first_to_go();
            match fs::remove_file(&self.older[first].1) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {
                    let (_, path, length) = self.older.remove(first);
                    total -= length;
                    self.custody.iter().for_each(|custody| custody.evicted(&path, length));
                }
            }
        }
        Ok(())
    }

    fn file(&mut self) -> io::Result<&mut File> {
        if self.current.is_none() {
            let path = numbered(&self.base, self.next);
            fs::create_dir_all(folder(&self.base)).map_err(|error| unmade(folder(&self.base), &error))?;
            if self.lock.is_none() {
                self.lock = Some(Lock::take(&self.base)?);
            }
            let file = File::create_new(&path).map_err(|error| unmade(&path, &error))?;
            self.next += 1;
            self.current = Some(file);
        }
        self.current.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl TraceWriter for RotatingWriter {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        if self.current.as_ref().is_some_and(|file| self.is_full(file, block)) {
            self.owed = self.close().err().or(self.owed.take());
        }
        let room = match &self.current {
            Some(file) => file.index_room(block),
            None => Index::default().room(block),
        };
        let length = block.bytes.len() as u64 + room;
        if length > self.max_total {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a block is larger than the budget of all files",
            ));
        }
        self.make_room(length)?;
        let file = self.file()?;
        if let Err(error) = file.append(block) {
            let said = format!("`{}` can't be written: {error}", file.path().display());
            return Err(io::Error::new(error.kind(), said));
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.owed.take().map_or(Ok(()), Err)
    }

    fn tick(&mut self, now: u64) -> io::Result<()> {
        let begun = self.current.as_ref().and_then(File::first);
        let due = self.max_time.zip(begun).is_some_and(|(most, first)| now.saturating_sub(first) >= most);
        if due { self.close().and(self.flush()) } else { self.flush() }
    }

    fn next_recording(&mut self) -> io::Result<()> {
        self.close().and(self.flush())
    }

    fn place(&self) -> Option<PathBuf> {
        std::path::absolute(&self.base).ok()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.close().and(self.flush())
    }
}

impl Drop for RotatingWriter {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.close();
    }
}

/// The system's error, with what it is about.
fn unmade(path: &Path, error: &io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::AlreadyExists && path.exists() && !path.is_dir() {
        return io::Error::new(error.kind(), format!("`{}` is a file, and no folder", path.display()));
    }
    io::Error::new(error.kind(), format!("`{}` can't be made: {error}", path.display()))
}

fn folder(base: &Path) -> &Path {
    match base.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn numbered(base: &Path, number: u64) -> PathBuf {
    let mut name = base.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{number}"));
    if let Some(extension) = base.extension() {
        name.push(".");
        name.push(extension);
    }
    folder(base).join(name)
}

/// The files that a [`RotatingWriter`] of this base has written, the oldest first: number, path and length.
pub fn numbered_files(base: &Path) -> io::Result<Vec<(u64, PathBuf, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder(base))? {
        let path = entry?.path();
        let Some(number) = number(base, &path) else { continue };
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => files.push((number, path, metadata.len())),
            Ok(_) => {}
            // It went away meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The number in a file's name, if it is `<stem>.<number>.<extension>`.
fn number(base: &Path, path: &Path) -> Option<u64> {
    let digits = match base.extension() {
        Some(extension) if path.extension() != Some(extension) => return None,
        Some(_) => Path::new(path.file_stem()?),
        None => Path::new(path.file_name()?),
    };
    if digits.file_stem() != base.file_stem() {
        return None;
    }
    let number = digits.extension().and_then(OsStr::to_str)?;
    // Neither `+1` nor `01` is what is written here.
    let number: u64 = number.parse().ok()?;
    (path == numbered(base, number)).then_some(number)
}
