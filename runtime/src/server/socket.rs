//! The Unix socket, which its owner alone may use.

use std::io;
use std::path::{Path, PathBuf};

/// A listening socket. Its file goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    #[cfg(unix)]
    listener: Option<std::os::unix::net::UnixListener>,
    path: PathBuf,
}

#[cfg(unix)]
impl Socket {
    /// Listens at `path`. What a program has left there that has ended is replaced.
    ///
    /// # Errors
    /// When something else is there, somebody listens there, or the path can't be had.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        use std::fs;
        use std::os::unix::fs::{FileTypeExt, PermissionsExt};
        use std::os::unix::net::{UnixListener, UnixStream};

        if fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
            match UnixStream::connect(path) {
                Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)?,
                Err(error) => return Err(error),
            }
        }
        let listener = UnixListener::bind(path)?;
        let mut socket = Self { listener: None, path: path.to_owned() };
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        socket.listener = Some(listener);
        Ok(socket)
    }

    /// The listener, once, for the current runtime.
    pub(super) fn listener(&mut self) -> Option<tokio::net::UnixListener> {
        tokio::net::UnixListener::from_std(self.listener.take()?).ok()
    }
}

#[cfg(not(unix))]
impl Socket {
    /// There are none here.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn bind(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Where it is gone already, so be it.
        let _ = std::fs::remove_file(&self.path);
    }
}
