//! What an error is called in telemetry.

use std::io::ErrorKind;
use std::rc::Rc;
use std::sync::Arc;

use spanwright_core::slots::Outcome;

/// Says what an error is called in telemetry, and whether it was to be expected. Made by `#[derive(ErrorType)]`.
///
/// ```
/// use spanwright::{ErrorType, instrument};
///
/// #[derive(Debug, ErrorType)]
/// enum Failed {
///     Timeout,
///     #[error_type(expected)]
///     NotFound,
/// }
///
/// #[instrument(record(order))]
/// fn charge(order: u64) -> Result<(), Failed> {
///     Err(Failed::NotFound) // the span ends as `ok`, with error.type = "not_found"
/// }
///
/// assert_eq!(charge(7).unwrap_err().error_type(), "not_found");
/// assert!(!Failed::Timeout.is_expected());
/// ```
///
/// Of a type parameter only its bounds are known: without `E: ErrorType`, a function that returns a `Result<T, E>` has the name of
/// the type as `error.type`, and each `Err` of it is an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it is called in telemetry",
    label = "not an `ErrorType`",
    note = "derive `spanwright::ErrorType` for it, or remove `transparent`"
)]
pub trait ErrorType {
    /// The value of `error.type`: one of a few words, the same for all errors of a kind.
    fn error_type(&self) -> &'static str;

    /// Whether it is no failure of the service: it does not count against an objective.
    fn is_expected(&self) -> bool {
        false
    }
}

/// How what fails with it has ended, and what the error is called.
pub(crate) fn classified(error: &(impl ErrorType + ?Sized)) -> (Outcome, &'static str) {
    let outcome = if error.is_expected() { Outcome::Ok } else { Outcome::Error };
    (outcome, error.error_type())
}

macro_rules! through {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<E: ErrorType + ?Sized> ErrorType for $type {
            fn error_type(&self) -> &'static str {
                (**self).error_type()
            }

            fn is_expected(&self) -> bool {
                (**self).is_expected()
            }
        }
    )*};
}

through!(&E, Box<E>, Rc<E>, Arc<E>);

/// By its kind.
#[diagnostic::do_not_recommend]
impl ErrorType for std::io::Error {
    fn error_type(&self) -> &'static str {
        match self.kind() {
            ErrorKind::NotFound => "not_found",
            ErrorKind::PermissionDenied => "permission_denied",
            ErrorKind::ConnectionRefused => "connection_refused",
            ErrorKind::ConnectionReset => "connection_reset",
            ErrorKind::HostUnreachable => "host_unreachable",
            ErrorKind::NetworkUnreachable => "network_unreachable",
            ErrorKind::ConnectionAborted => "connection_aborted",
            ErrorKind::NotConnected => "not_connected",
            ErrorKind::AddrInUse => "addr_in_use",
            ErrorKind::AddrNotAvailable => "addr_not_available",
            ErrorKind::NetworkDown => "network_down",
            ErrorKind::BrokenPipe => "broken_pipe",
            ErrorKind::AlreadyExists => "already_exists",
            ErrorKind::WouldBlock => "would_block",
            ErrorKind::NotADirectory => "not_a_directory",
            ErrorKind::IsADirectory => "is_a_directory",
            ErrorKind::DirectoryNotEmpty => "directory_not_empty",
            ErrorKind::ReadOnlyFilesystem => "read_only_filesystem",
            ErrorKind::StaleNetworkFileHandle => "stale_network_file_handle",
            ErrorKind::InvalidInput => "invalid_input",
            ErrorKind::InvalidData => "invalid_data",
            ErrorKind::TimedOut => "timed_out",
            ErrorKind::WriteZero => "write_zero",
            ErrorKind::StorageFull => "storage_full",
            ErrorKind::NotSeekable => "not_seekable",
            ErrorKind::ResourceBusy => "resource_busy",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::UnexpectedEof => "unexpected_eof",
            ErrorKind::OutOfMemory => "out_of_memory",
            // What this release of Rust has no word for.
            _ => "other",
        }
    }
}
