//! The Unix socket, which its owner alone may use.

use std::io;
use std::path::{Path, PathBuf};

/// A listening socket.
#[derive(Debug)]
pub(crate) struct Socket {
    // The first to go where nobody has taken it.
    file: Option<SocketFile>,
    #[cfg(unix)]
    listener: std::os::unix::net::UnixListener,
}

/// A socket's file, which is removed when this is dropped. That is to be before the socket is closed: from then on somebody else
/// may listen there.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl Socket {
    /// Its file, once.
    pub(super) fn file(&mut self) -> Option<SocketFile> {
        self.file.take()
    }
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
        let file = SocketFile(path.to_owned());
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(Self { file: Some(file), listener })
    }

    /// The listener, for the current runtime.
    pub(super) fn listener(self) -> Option<tokio::net::UnixListener> {
        tokio::net::UnixListener::from_std(self.listener).ok()
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

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Where it is gone already, so be it.
        let _ = std::fs::remove_file(&self.0);
    }
}
