//! The local disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use spanwright::{instrument, record};

use super::Storage;
use crate::PersistError;

/// Files in a directory.
#[derive(Debug)]
pub(crate) struct LocalStorage {
    directory: PathBuf,
}

impl LocalStorage {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Writes a file as a whole: who reads meanwhile finds the one before it.
    #[instrument(record(key), fields(size_bytes = data.len(), operation_type = "save"), err)]
    fn local_file_write(&self, key: &str, data: &[u8]) -> Result<(), PersistError> {
        let path = self.directory.join(key);
        replace(&path, data).map_err(|error| PersistError::of_file(key, error))?;
        tracing::debug!(key, size_bytes = data.len(), "File written");
        Ok(())
    }

    #[instrument(record(key), fields(size_bytes = Empty, operation_type = "load"), err)]
    fn local_file_read(&self, key: &str) -> Result<Vec<u8>, PersistError> {
        let data = fs::read(self.directory.join(key)).map_err(|error| PersistError::of_file(key, error))?;
        record!(size_bytes = data.len());
        tracing::debug!(key, size_bytes = data.len(), "File read");
        Ok(data)
    }
}

impl Storage for LocalStorage {
    fn write(&self, key: &str, data: &[u8]) -> Result<(), PersistError> {
        self.local_file_write(key, data)
    }

    fn read(&self, key: &str) -> Result<Vec<u8>, PersistError> {
        self.local_file_read(key)
    }
}

fn replace(path: &Path, data: &[u8]) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    // Each call has its own: others may save under the same key, in this process too.
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{}.tmp", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed)));
    let temporary = path.with_file_name(name);
    tracing::trace!(temporary = %temporary.display(), "Writing beside the file");
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(data).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What is left of it helps nobody; that it can't be removed either says the error already.
        let _ = fs::remove_file(&temporary);
    }
    written
}
