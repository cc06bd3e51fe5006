//! What the log asks of a disk, so that a test can have one that is slow or fails.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// What the log asks of a disk. One caller at a time for each file.
pub trait Disk: Debug + Send + Sync {
    /// Writes all of it at this place.
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Returns once what was written is durable.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Debug)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write(&self, mut file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// A disk that is slow, or fails, on request.
#[derive(Debug, Default)]
pub struct FaultyDisk {
    slow: Duration,
    failures: AtomicU32,
}

impl FaultyDisk {
    /// Each write takes so much longer, and the next ones fail, so many of them.
    pub fn new(slow: Duration, failures: u32) -> Self {
        Self { slow, failures: AtomicU32::new(failures) }
    }

    /// So many of the next writes fail.
    pub fn fail(&self, failures: u32) {
        self.failures.store(failures, Ordering::Relaxed);
    }

    fn fails(&self) -> bool {
        let one_less = |failures: u32| failures.checked_sub(1);
        self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }
}

impl Disk for FaultyDisk {
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        thread::sleep(self.slow);
        if self.fails() {
            // As disks do: not without leaving something behind.
            RealDisk.write(file, &bytes[..bytes.len() / 2], at)?;
            return Err(io::Error::other("injected write failure"));
        }
        RealDisk.write(file, bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        RealDisk.sync(file)
    }
}
