//! A file of records, and how much of it is durable.
//!
//! What was accepted stays in memory until it is durable, so that an attempt that failed can be made again from where the durable part
//! ends.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::disk::Disk;
use super::record::{self, Kind, Records};

/// The number of a segment, in the order of the log, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentId(u64);

impl SegmentId {
    pub(super) fn new(id: u64) -> Self {
        Self(id)
    }

    /// As a number.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    pub(super) fn file(self) -> String {
        format!("{:020}.aof", self.0)
    }

    /// The segment whose file this is.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        path.file_name()?.to_str()?.strip_suffix(".aof")?.parse().ok().map(Self)
    }
}

/// A part of the log: a file of records.
pub struct Segment {
    id: SegmentId,
    disk: Arc<dyn Disk>,
    path: Mutex<PathBuf>,
    /// Who holds it writes to the file, which is closed once all is durable.
    file: Mutex<Option<File>>,
    written: Mutex<Written>,
    /// How much of the file is durable. Grows under `file`'s lock.
    durable: AtomicU64,
    /// Whether it is in the scheduler's queue, and nothing else: what has failed or is given up is not.
    queued: AtomicBool,
}

/// What was accepted.
#[derive(Debug)]
struct Written {
    /// What of it is not durable yet.
    bytes: Vec<u8>,
    /// Where it ends.
    end: u64,
    records: u64,
    /// When the oldest was accepted that is not durable.
    since: Option<Instant>,
    sealed: bool,
}

impl Segment {
    /// A new one, in a file that must not be there.
    pub(super) fn create(folder: &Path, id: SegmentId, disk: Arc<dyn Disk>) -> io::Result<Self> {
        let path = folder.join(id.file());
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        // The file's name has to be durable too.
        File::open(folder)?.sync_all()?;
        Ok(Self::with(id, disk, path, Some(file), 0, 0, false))
    }

    /// One that was found: so many bytes of it are good, and so many records are in them.
    pub(super) fn found(
        path: PathBuf,
        id: SegmentId,
        disk: Arc<dyn Disk>,
        good: u64,
        records: u64,
        sealed: bool,
    ) -> io::Result<Self> {
        let file = if sealed { None } else { Some(OpenOptions::new().write(true).open(&path)?) };
        Ok(Self::with(id, disk, path, file, good, records, sealed))
    }

    fn with(
        id: SegmentId,
        disk: Arc<dyn Disk>,
        path: PathBuf,
        file: Option<File>,
        end: u64,
        records: u64,
        sealed: bool,
    ) -> Self {
        let written = Written { bytes: Vec::new(), end, records, since: None, sealed };
        Self {
            id,
            disk,
            path: Mutex::new(path),
            file: Mutex::new(file),
            written: Mutex::new(written),
            durable: AtomicU64::new(end),
            queued: AtomicBool::new(false),
        }
    }

    /// Its number.
    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// How many bytes of it are durable.
    pub fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// How many bytes of it were accepted.
    pub fn requested(&self) -> u64 {
        self.written().end
    }

    /// How many records somebody has appended to it.
    pub fn records(&self) -> u64 {
        self.written().records
    }

    /// Whether it takes no more, and all of it is durable.
    pub fn is_finished(&self) -> bool {
        let written = self.written();
        written.sealed && self.durable() == written.end
    }

    /// How long the oldest record waits that is not durable.
    pub(super) fn lag(&self) -> Duration {
        self.written().since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// How many bytes are not durable.
    pub(super) fn behind(&self) -> u64 {
        self.requested().saturating_sub(self.durable())
    }

    /// What was appended, from the file, up to the first record that is torn or damaged.
    pub fn read(&self) -> io::Result<Vec<Vec<u8>>> {
        let bytes = fs::read(&*self.path())?;
        let data = Records::of(&bytes).filter(|(kind, _)| *kind == Kind::Data);
        Ok(data.map(|(_, payload)| payload.to_vec()).collect())
    }

    /// Takes a record. How many bytes there are now.
    pub(super) fn append(&self, payload: &[u8]) -> u64 {
        let mut written = self.written();
        written.add(Kind::Data, payload);
        written.records += 1;
        written.end
    }

    /// Takes no more.
    pub(super) fn seal(&self) {
        let mut written = self.written();
        let records = written.records.to_le_bytes();
        written.add(Kind::Seal, &records);
        written.sealed = true;
    }

    /// Makes durable what was accepted, and says how many bytes that were. After a failure all is still there for the next attempt.
    pub(super) fn write_out(&self) -> io::Result<u64> {
        let mut lock = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &*lock else { return Ok(0) };
        let (bytes, started) = (self.written().bytes.clone(), Instant::now());
        let length = bytes.len() as u64;
        if length > 0 {
            self.disk.write(file, &bytes, self.durable())?;
            self.disk.sync(file)?;
        }
        let mut written = self.written();
        written.bytes.drain(..bytes.len());
        // What came meanwhile is not older than this attempt.
        written.since = (!written.bytes.is_empty()).then_some(started);
        let durable = self.durable.fetch_add(length, Ordering::Release) + length;
        if written.sealed && durable == written.end {
            *lock = None;
        }
        Ok(length)
    }

    /// Whether it is in the scheduler's queue.
    pub(super) fn is_queued(&self) -> bool {
        self.queued.load(Ordering::Relaxed)
    }

    /// Whether it has to be put into the queue, since it is not there yet.
    pub(super) fn enqueue(&self) -> bool {
        !self.queued.swap(true, Ordering::Relaxed)
    }

    /// The scheduler has taken it out.
    pub(super) fn dequeue(&self) {
        self.queued.store(false, Ordering::Relaxed);
    }

    /// Moves its file to this folder.
    pub(super) fn move_to(&self, folder: &Path) -> io::Result<()> {
        let to = folder.join(self.id.file());
        let mut path = self.path();
        fs::rename(&*path, &to)?;
        *path = to;
        Ok(())
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self) -> MutexGuard<'_, PathBuf> {
        self.path.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn add(&mut self, kind: Kind, payload: &[u8]) {
        record::encode(kind, payload, &mut self.bytes);
        self.end += record::encoded_len(payload);
        self.since.get_or_insert_with(Instant::now);
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("id", &self.id.0)
            .field("durable", &self.durable())
            .finish_non_exhaustive()
    }
}
