//! One writer for files of one name.

use std::fs;
use std::io;
use std::path::Path;

/// Held for as long as files are written; the system lets go of it when the process ends, however that is.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "it is let go of when it is closed")] fs::File);

impl Lock {
    /// Takes the lock of files with this name, by a hidden file beside them, which stays.
    pub(crate) fn take(base: &Path) -> io::Result<Self> {
        let mut name = std::ffi::OsString::from(".");
        name.push(base.file_name().unwrap_or_default());
        name.push(".lock");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        #[cfg(windows)]
        std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0);
        let path = base.with_file_name(name);
        let file = options.open(&path).map_err(|error| {
            io::Error::new(error.kind(), format!("`{}` can't be made: {error}", path.display()))
        })?;
        #[cfg(unix)]
        exclusive(&file, base)?;
        Ok(Self(file))
    }
}

#[cfg(unix)]
fn exclusive(file: &fs::File, base: &Path) -> io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => {
            let said = format!(
                "files of `{}` are being written by another; give each a name of its own",
                base.display()
            );
            Err(io::Error::new(io::ErrorKind::ResourceBusy, said))
        }
        // Some network file systems have no locks: then it is as it is said, one at a time.
        Err(Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
