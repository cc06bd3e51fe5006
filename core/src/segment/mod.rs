//! A file in memory for the ring, the open spans and what threads do, so that others can read them after this process, however
//! it ended.
//!
//! A process has one [`Segment`] at a time: a file of mode 0600 in a memory file system, or wherever it is wanted, which the
//! process has locked and mapped. [Chunks](crate::chunks), [slots] and [lanes](crate::lanes) lie in it.
//! Whoever can lock it finds that the process is gone, and may read [what it has left](Found).
//!
//! Layout, version 2, in words of 64 bits of the process that wrote it, little-endian or not ([`word::MAGIC`] tells): a page of
//! header, then five areas. **Definitions** say what addresses in records stand for. **Blocks** are whatever a flight recorder
//! keeps, the oldest going first. **Chunks**, **slots** and **lanes** are as in memory, the slots at their indexes,
//! and behind each 256 of them where their calls wait.
//!
//! Invariants:
//! - the file's blocks are really allocated before anything is written to them, in steps of 64 KiB or a segment of slots: where the
//!   system gives no more, memory is the heap's, and that is counted;
//! - a segment that was made is mapped for good: threads may write to it at any time;
//! - in a forked child the mapping is replaced by empty memory before anything else runs;
//! - what a process has left is never trusted, nor mapped.

mod blocks;
pub mod definitions;
mod found;
mod layout;
mod room;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "none.rs")]
mod system;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

pub use blocks::Blocks;
pub use found::{Found, FoundRecord, FoundSpan, FoundThread, FoundWait, Problems, found_in};
use layout::{AREAS, Area, CLOSED, HEADER, MAGIC, OPEN, STEP, WORD, check, fnv, places};
pub use layout::{NOTES, VERSION, word};
use room::Allocated;

use crate::chunks;
use crate::clock::{self, Wall};
use crate::events;
use crate::process::{self, ClosedInChildren};
use crate::slots;
use crate::sync::{AtomicBool, AtomicPtr, AtomicU64, Mutex, Ordering, lock};

/// Where a segment is made, and how large it may be.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// The folder, in a memory file system by preference: [`memory_folder`].
    pub folder: &'a Path,
    /// Who may adopt what is left: segments of other keys are others'.
    pub key: &'a str,
    /// Room for chunks, in bytes; for lanes there is an eighth of it besides.
    pub chunk_bytes: usize,
    /// Room for definitions, in bytes.
    pub definition_bytes: usize,
    /// Room for a flight recorder's blocks, in bytes; all of it is allocated at once.
    pub block_bytes: usize,
}

/// Why there is no segment, or none can be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Not on this system.
    Unsupported,
    /// The system gives no room, or does not let the file be made or read.
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// It is no segment, or one of another version.
    Unknown(PathBuf),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("memory that outlives the process is known on Unix only"),
            Self::Io { doing, path, error } => write!(f, "can't {doing} `{}`: {error}", path.display()),
            Self::Unknown(path) => write!(f, "`{}` is no segment of this version", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Unsupported | Self::Unknown(_) => None,
        }
    }
}

/// The system's memory file system, where it has one that everybody may write to.
#[must_use]
pub fn memory_folder() -> Option<&'static Path> {
    let folder = Path::new("/dev/shm");
    (cfg!(target_os = "linux") && folder.is_dir()).then_some(folder)
}

/// The file of this process.
#[derive(Debug)]
pub struct Segment {
    base: NonNull<u8>,
    bytes: usize,
    file: File,
    /// Lets children close the file, whose lock they would keep. Made where the segment comes into use.
    in_children: Option<ClosedInChildren<i32>>,
    path: PathBuf,
    pid: u32,
    /// What is allocated. Locked while a step is.
    allocated: Mutex<Allocated>,
    /// For each area, whether there was no more room when it was last asked for. Publish nothing.
    full: [AtomicBool; AREAS],
    /// How often that was so. Publishes nothing.
    refused: AtomicU64,
    /// Bytes that are allocated. Publishes nothing.
    taken: AtomicU64,
    /// The segment before, which is mapped for good too. Written before this one is published.
    before: Option<&'static Self>,
}

// SAFETY: the memory behind `base` is mapped for good and used as atomics alone, but for the blocks' and the definitions', each
// of which has one writer at a time, by its lock, and no reader in this process.
unsafe impl Send for Segment {}
// SAFETY: as above.
unsafe impl Sync for Segment {}

/// The segment of this process that is in use. Publishes the segment.
static CURRENT: AtomicPtr<Segment> = AtomicPtr::new(std::ptr::null_mut());
/// The segment that was made last, from which all others can be found. Publishes the segment.
static MADE: AtomicPtr<Segment> = AtomicPtr::new(std::ptr::null_mut());

/// The segment of this process that is in use.
#[must_use]
pub fn current() -> Option<&'static Segment> {
    // SAFETY: null, or from the `&'static Segment` that was set.
    unsafe { CURRENT.load(Ordering::Acquire).as_ref() }
}

/// Makes a segment, and lets chunks, slots and lanes of this process lie in it from here on. What is open already is not seen by
/// others; chunks and lanes that threads have move over at their next record. To be called by whoever reads the ring, and once
/// before the last one is closed.
///
/// # Errors
/// Where the file can't be made, locked, mapped or given its first blocks.
pub fn open(settings: &Settings<'_>) -> Result<&'static Segment, Error> {
    process::watch_forks();
    let mut made = Segment::create(settings)?;
    static OPENING: Mutex<()> = Mutex::new(());
    let _opening = lock(&OPENING);
    made.in_children = Some(ClosedInChildren::new(system::descriptor(&made.file)));
    // SAFETY: null, or from the leaked box below.
    made.before = unsafe { MADE.load(Ordering::Acquire).as_ref() };
    let made: &'static Segment = Box::leak(Box::new(made));
    let pointer = std::ptr::from_ref(made).cast_mut();
    MADE.store(pointer, Ordering::Release);
    CURRENT.store(pointer, Ordering::Release);
    definitions::write_into(Some(made));
    chunks::ring().set_source(made);
    slots::set_source(made);
    events::move_lanes();
    chunks::ring().wake();
    Ok(made)
}

/// In a forked child: what was inherited is dropped. Touches atomics and its own mappings alone.
pub(crate) fn lose_all() {
    CURRENT.store(std::ptr::null_mut(), Ordering::Release);
    chunks::ring().forget_source();
    slots::forget_source();
    let mut next = MADE.swap(std::ptr::null_mut(), Ordering::Acquire).cast_const();
    // SAFETY: null, or from a leaked box.
    while let Some(segment) = unsafe { next.as_ref() } {
        system::blank(segment.base, segment.bytes);
        next = segment.before.map_or(std::ptr::null(), std::ptr::from_ref);
    }
}

impl Segment {
    fn create(settings: &Settings<'_>) -> Result<Self, Error> {
        let started = Wall::now();
        let pid = std::process::id();
        let name = format!("{}{pid}-{:x}.ring", prefix(settings.key), started.pair().1);
        let path = settings.folder.join(&name);
        let new = settings.folder.join(format!("{name}.new"));
        let file =
            system::create(&new).map_err(|error| Error::Io { doing: "make", path: new.clone(), error })?;
        let made = Self::fill(file, settings, path, &started).and_then(|made| {
            std::fs::rename(&new, &made.path).map_err(|error| made.failed("name", error))?;
            Ok(made)
        });
        if made.is_err() {
            // There is nothing in it.
            let _ = std::fs::remove_file(&new);
        }
        made
    }

    /// Locks the file, maps it, and writes its header.
    fn fill(file: File, settings: &Settings<'_>, path: PathBuf, started: &Wall) -> Result<Self, Error> {
        let failed = |doing, error| Error::Io { doing, path: path.clone(), error };
        if !system::lock(&file).map_err(|error| failed("lock", error))? {
            return Err(failed("lock", io::ErrorKind::WouldBlock.into()));
        }
        let areas = places(settings);
        let bytes = areas[AREAS - 1].0 + areas[AREAS - 1].1;
        let base = system::map(&file, bytes).map_err(|error| failed("map", error))?;
        let segment = Self {
            base,
            bytes,
            file,
            in_children: None,
            pid: std::process::id(),
            allocated: Mutex::new(Allocated::new()),
            full: [const { AtomicBool::new(false) }; AREAS],
            refused: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            before: None,
            path: path.clone(),
        };
        segment.allocate(0, STEP).map_err(|error| failed("make room in", error))?;
        lock(&segment.allocated).definitions = STEP;
        let (blocks, room) = areas[Area::Blocks as usize];
        if room > 0 {
            segment.allocate(blocks, room).map_err(|error| failed("make room in", error))?;
        }
        segment.write_header(&areas, started);
        Ok(segment)
    }

    fn write_header(&self, areas: &[(usize, usize); AREAS], started: &Wall) {
        let (ticks, unix_nanos) = started.pair();
        let boot = system::boot();
        let words = [
            (word::MAGIC, MAGIC),
            (word::VERSION, VERSION),
            (word::PID, self.pid.into()),
            (word::BOOT, boot as u64),
            (word::BOOT + 1, (boot >> 64) as u64),
            (word::TICKS, ticks.0),
            (word::UNIX_NANOS, unix_nanos),
            (word::RATE, clock::rate()),
        ];
        words.into_iter().for_each(|(at, value)| self.word(at).store(value, Ordering::Relaxed));
        for (area, (offset, room)) in Area::ALL.into_iter().zip(areas) {
            self.word(area.offset_word()).store(*offset as u64, Ordering::Relaxed);
            self.word(area.room_word()).store(*room as u64, Ordering::Relaxed);
        }
        self.word(word::CHECK).store(check(|at| self.word(at).load(Ordering::Relaxed)), Ordering::Relaxed);
        self.word(word::STATE).store(OPEN, Ordering::Release);
    }

    fn failed(&self, doing: &'static str, error: io::Error) -> Error {
        Error::Io { doing, path: self.path.clone(), error }
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at < HEADER / WORD);
        // SAFETY: the word lies in the header, which is mapped for good, allocated before anybody asks for a word, aligned, and
        // only used as atomics.
        unsafe { self.base.cast::<AtomicU64>().add(at).as_ref() }
    }

    fn place(&self, area: Area) -> (usize, usize) {
        let get = |at| self.word(at).load(Ordering::Relaxed) as usize;
        (get(area.offset_word()), get(area.room_word()))
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes of the file system it takes, and how often there was no room for more since it was made.
    #[must_use]
    pub fn usage(&self) -> (u64, u64) {
        (self.taken.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }

    /// Whether there was no room when it was last asked for, since the last [refresh](Self::refresh): some chunks, spans or lanes are in
    /// memory that ends with this process.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full.iter().any(|full| full.load(Ordering::Relaxed))
    }

    /// Asks anew where there was no room; and takes over what is known of the clock. To be called now and then.
    pub fn refresh(&self) {
        self.full.iter().for_each(|full| full.store(false, Ordering::Relaxed));
        self.word(word::RATE).store(clock::rate(), Ordering::Relaxed);
    }

    /// Notes a number for whoever reads this after the process. What there is no place for is not noted.
    pub fn note(&self, at: usize, value: u64) {
        if at < NOTES {
            self.word(word::NOTES + at).store(value, Ordering::Release);
        }
    }

    /// Notes how many records have gone and are in no recording yet.
    pub(crate) fn note_let_go(&self, records: u64) {
        let word = self.word(word::LET_GO);
        if word.load(Ordering::Relaxed) != records {
            word.store(records, Ordering::Relaxed);
        }
    }

    /// The place for a flight recorder's blocks. There is to be one at a time.
    #[must_use]
    pub fn blocks(&'static self) -> Blocks {
        Blocks::new(self)
    }

    /// Says that this process has nothing to leave to others, and removes the file. The memory stays in use until there is
    /// another segment, or the process ends.
    pub fn close(&self) {
        // A forked child's parent goes on.
        if self.pid != std::process::id() {
            return;
        }
        let this = std::ptr::from_ref(self).cast_mut();
        let null = std::ptr::null_mut();
        if CURRENT.compare_exchange(this, null, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            definitions::write_into(None);
        }
        self.word(word::STATE).store(CLOSED, Ordering::Release);
        // It may be gone already; and whoever finds it sees that it is closed.
        let _ = std::fs::remove_file(&self.path);
        // Nobody waits for the lock of a file without a name.
        self.in_children.iter().for_each(ClosedInChildren::release);
    }
}

impl Drop for Segment {
    /// Of one that could not be finished: what is in use is never dropped.
    fn drop(&mut self) {
        system::unmap(self.base, self.bytes);
    }
}

/// What the names of segments of this key begin with.
fn prefix(key: &str) -> String {
    let known = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let name: String = key.chars().take(64).map(|letter| if known(letter) { letter } else { '_' }).collect();
    if name == key {
        return format!("spanwright-{name}-");
    }
    // Another key may have come to the same name.
    format!("spanwright-{name}_{:016x}-", fnv(key.bytes()))
}

#[cfg(all(test, unix))]
mod killed;
#[cfg(all(test, unix))]
mod tests;
#[cfg(all(test, unix))]
mod threads;
