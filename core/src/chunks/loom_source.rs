//! What stands for a segment under loom: memory whose atomics loom knows.

use std::ptr::NonNull;

use super::Chunk;
use crate::sync::{Mutex, lock};

/// Memory for so many chunks.
#[derive(Debug)]
pub(crate) struct Source {
    left: Mutex<usize>,
    lent: Mutex<Vec<usize>>,
}

impl Source {
    /// Memory for `chunks`, which is never freed, as the source itself.
    #[cfg(test)]
    pub(super) fn of(chunks: usize) -> &'static Self {
        Box::leak(Box::new(Self { left: Mutex::new(chunks), lent: Mutex::new(Vec::new()) }))
    }

    pub(super) fn chunk(&self) -> Option<NonNull<Chunk>> {
        let mut left = lock(&self.left);
        *left = left.checked_sub(1)?;
        let chunk = NonNull::from(Box::leak(Chunk::empty()));
        lock(&self.lent).push(chunk.as_ptr() as usize);
        Some(chunk)
    }

    pub(super) fn has_room(&self) -> bool {
        *lock(&self.left) > 0
    }

    pub(super) fn contains(&self, chunk: &Chunk) -> bool {
        lock(&self.lent).contains(&(std::ptr::from_ref(chunk) as usize))
    }

    pub(super) fn note_let_go(&self, _: u64) {}
}
