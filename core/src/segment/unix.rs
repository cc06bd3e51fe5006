//! Files in memory, as Unix has them.

use std::ffi::c_int;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::ptr::NonNull;

/// A file that was not there, for this user alone.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
}

/// A file that is there, where it is a plain one of this user's.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // Not one that would have to be waited for, as a pipe.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    let about = file.metadata()?;
    // SAFETY: it takes nothing and can't fail.
    let user = unsafe { libc::geteuid() };
    if about.is_file() && about.uid() == user {
        Ok(file)
    } else {
        let said = "it is another user's, who can read it, or no plain file";
        Err(io::Error::new(io::ErrorKind::PermissionDenied, said))
    }
}

/// Reads from a place of the file; less than asked for at its end.
pub(super) fn read_at(file: &File, to: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, to, offset)
}

/// The file's descriptor.
pub(super) fn descriptor(file: &File) -> i32 {
    file.as_raw_fd()
}

/// Whether the file still has a name.
pub(super) fn is_named(file: &File) -> bool {
    file.metadata().is_ok_and(|about| about.nlink() > 0)
}

/// Locks the file, as long as it is open; `false` where another process has.
pub(super) fn lock(file: &File) -> io::Result<bool> {
    // SAFETY: the descriptor is the file's, which is open.
    match again(|| unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Maps so many bytes of the file, shared, and not into children. What lies behind the file's end must not be touched.
pub(super) fn map(file: &File, bytes: usize) -> io::Result<NonNull<u8>> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the system chooses the place, so nobody's memory is replaced.
    let base =
        unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
    if base == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // Nobody's code runs in a child before the mapping is replaced there; this is for children of other kinds.
    #[cfg(target_os = "linux")]
    // SAFETY: the range is the mapping above.
    unsafe {
        libc::madvise(base, bytes, libc::MADV_DONTFORK);
    }
    NonNull::new(base.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

/// Takes the mapping away again, of which nobody has seen anything.
pub(super) fn unmap(base: NonNull<u8>, bytes: usize) {
    // SAFETY: by what this function is told.
    unsafe { libc::munmap(base.as_ptr().cast(), bytes) };
}

/// In a forked child: puts empty memory of its own where its parent has the mapping.
pub(super) fn blank(base: NonNull<u8>, bytes: usize) {
    let (access, flags) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_FIXED);
    // SAFETY: in this process there is nothing in this range, or the parent's mapping; of what lies there only atomics are
    // known, for which zeros are as good as any. The call is one of the system's alone.
    unsafe { libc::mmap(base.as_ptr().cast(), bytes, access, flags, -1, 0) };
}

/// Has blocks of the file allocated, so that writing to them through the mapping can't fail.
pub(super) fn allocate(file: &File, offset: usize, bytes: usize) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a value of the type that is asked for.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) } == 0;
    // Beyond the limit the process would get a signal, and end.
    if known && limit.rlim_cur != libc::RLIM_INFINITY && (offset + bytes) as libc::rlim_t > limit.rlim_cur {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    match by_system(file, offset, bytes) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => by_writing(file, offset, bytes),
        result => result,
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn by_system(file: &File, offset: usize, bytes: usize) -> io::Result<()> {
    // SAFETY: the descriptor is the file's, which is open.
    let result = again(|| unsafe {
        libc::fallocate(file.as_raw_fd(), 0, offset as libc::off_t, bytes as libc::off_t)
    });
    result.map_err(|error| match error.raw_os_error() {
        Some(libc::ENOSYS | libc::EOPNOTSUPP) => io::ErrorKind::Unsupported.into(),
        _ => error,
    })
}

/// Gives blocks of the file back to the system: they are empty, and not allocated.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn release(file: &File, offset: usize, bytes: usize) -> io::Result<()> {
    let how = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    // SAFETY: the descriptor is the file's, which is open.
    again(|| unsafe { libc::fallocate(file.as_raw_fd(), how, offset as libc::off_t, bytes as libc::off_t) })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn release(_: &File, _: usize, _: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn by_system(_: &File, _: usize, _: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Writes zeros where nothing was written yet.
fn by_writing(file: &File, offset: usize, bytes: usize) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    let zeros = [0; 4096];
    for at in (0..bytes).step_by(zeros.len()) {
        file.write_all_at(&zeros[..zeros.len().min(bytes - at)], (offset + at) as u64)?;
    }
    Ok(())
}

/// Which start of the system this is; zero where that is not known.
pub(super) fn boot() -> u128 {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    u128::from_str_radix(&id.trim().replace('-', ""), 16).unwrap_or(0)
}

/// Calls until no signal comes in between.
fn again(mut call: impl FnMut() -> c_int) -> io::Result<()> {
    loop {
        if call() == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
