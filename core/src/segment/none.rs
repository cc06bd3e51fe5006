//! There is no such memory here.

use std::fs::File;
use std::io;
use std::path::Path;
use std::ptr::NonNull;

pub(super) fn create(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn open(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn descriptor(_: &File) -> i32 {
    -1
}

pub(super) fn is_named(_: &File) -> bool {
    false
}

pub(super) fn read_at(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn lock(_: &File) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn map(_: &File, _: usize) -> io::Result<NonNull<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn unmap(_: NonNull<u8>, _: usize) {}

pub(super) fn blank(_: NonNull<u8>, _: usize) {}

pub(super) fn allocate(_: &File, _: usize, _: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn release(_: &File, _: usize, _: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn boot() -> u128 {
    0
}
