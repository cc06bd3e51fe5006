//! Chunks that are made before anybody needs them.

use super::ring::BITS;
use super::{CHUNK_WORDS, HEADER_WORDS, Ring};
use crate::sync::Ordering;

/// Words of the smallest page that a system maps at once.
const PAGE_WORDS: usize = 4096 / size_of::<u64>();

impl Ring {
    /// Makes chunks until so many are free, in the first half of the pool. Who writes has them without the system's help: it has given
    /// the memory, and each page has been touched.
    pub fn prepare(&self, ahead: u32) {
        let most = self.limit.load(Ordering::Relaxed) / 2;
        let (made, taken) = (&self.made, &self.taken);
        while made.load(Ordering::Relaxed) < most.min(taken.load(Ordering::Relaxed).saturating_add(ahead)) {
            // As who takes a chunk, and gives it back at once.
            taken.fetch_add(1, Ordering::Relaxed);
            let new = self.make();
            if let Some((index, chunk)) = new {
                for at in (HEADER_WORDS..CHUNK_WORDS).step_by(PAGE_WORDS) {
                    chunk.set(at, 0);
                }
                self.free[(index / BITS) as usize].fetch_or(1 << (index % BITS), Ordering::Release);
            }
            taken.fetch_sub(1, Ordering::Relaxed);
            if new.is_none() {
                return;
            }
        }
    }
}
