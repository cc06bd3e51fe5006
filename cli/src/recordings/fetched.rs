//! Recordings in object stores: they are fetched before they are read, and removed when the command is done, or ended by SIGINT or SIGTERM.
//!
//! What a store holds may be larger than memory; it lies in a folder of its own below the temporary one (`TMPDIR`), for this user alone.

use std::path::Path;

/// Whether this is the address of something in a store, and no file: `s3://bucket/prefix`.
pub(crate) fn is_address(path: &Path) -> Option<&str> {
    let text = path.to_str()?;
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_scheme.then_some(text)
}

#[cfg(not(feature = "object_store"))]
mod store {
    use std::io;
    use std::path::PathBuf;

    #[derive(Debug, Default)]
    pub(crate) struct Fetched;

    impl Fetched {
        pub(crate) fn files(&self, address: &str) -> io::Result<Vec<PathBuf>> {
            // What follows may have keys in it.
            let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
            let said = format!(
                "`{scheme}://…` can't be read: this `spanwright` is built without object stores; build it with `--features object_store`"
            );
            Err(io::Error::new(io::ErrorKind::Unsupported, said))
        }
    }
}

#[cfg(feature = "object_store")]
mod store {
    use std::collections::HashMap;
    use std::fs;
    use std::io;
    use std::path::PathBuf;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::super::progress::Progress;

    /// What was fetched so far: by address the folder, and the files in it.
    #[derive(Debug, Default)]
    pub(crate) struct Fetched(Mutex<HashMap<String, (PathBuf, Vec<PathBuf>)>>);

    impl Fetched {
        /// The files at an address.
        pub(crate) fn files(&self, address: &str) -> io::Result<Vec<PathBuf>> {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, files)) = known.get(address) {
                return Ok(files.clone());
            }
            let folder = folder()?;
            folders().push(folder.clone());
            #[cfg(unix)]
            remove_on_signals()?;
            let mut progress = Progress::new("fetching");
            let fetched = spanwright_recording::download(address, [], &folder, |done, all| {
                progress.at_of("file", done, all)
            });
            let files = fetched.inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
            known.insert(address.to_owned(), (folder, files.clone()));
            Ok(files)
        }
    }

    impl Drop for Fetched {
        fn drop(&mut self) {
            for (folder, _) in self.0.get_mut().unwrap_or_else(PoisonError::into_inner).values() {
                // What can't be removed is the temporary folder's.
                let _ = fs::remove_dir_all(folder);
            }
        }
    }

    /// All folders, for those who end the command before it is done.
    fn folders() -> MutexGuard<'static, Vec<PathBuf>> {
        static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
        FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a signal that ends the command remove the folders first.
    #[cfg(unix)]
    fn remove_on_signals() -> io::Result<()> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        static WATCHED: Mutex<bool> = Mutex::new(false);
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *watched, true) {
            return Ok(());
        }
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        std::thread::Builder::new().name("spanwright-end".to_owned()).spawn(move || {
            for signal in signals.forever() {
                for folder in folders().iter() {
                    // A file that comes meanwhile goes the second time: none comes into a folder that is gone.
                    (0..2).for_each(|_| drop(fs::remove_dir_all(folder)));
                }
                // They have a default, which is to end.
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        })?;
        Ok(())
    }

    /// A new folder, which nobody else may read.
    fn folder() -> io::Result<PathBuf> {
        use std::hash::{BuildHasher, RandomState};
        // The standard library's only source of what is random.
        let name = format!("spanwright-{:016x}", RandomState::new().hash_one(std::process::id()));
        let folder = std::env::temp_dir().join(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("`{}` can't be made: {error}", folder.display()))
        };
        builder.create(&folder).map_err(named)?;
        Ok(folder)
    }
}

pub(crate) use store::Fetched;
