//! One word of state per annotated function.
//!
//! The bits are independent: whether we record the span ourselves ([`DIRECT`]), whether somebody else's
//! `tracing` layer wants it ([`SHADOW`], [`ASK`]), and whether its metrics are on ([`METRICS`]). The hot path
//! is one relaxed load; zero runs the bare body. Relaxed is enough, since the word guards no other data: what a
//! bit's reader needs next (cell indexes, interest) is published by that data itself.

use crate::sync::{AtomicU32, Ordering, const_unless_loom};

/// Our own pipeline records the span.
pub const DIRECT: u32 = 1;
/// Some `tracing` layer always wants the span.
pub const SHADOW: u32 = 1 << 1;
/// Some `tracing` layer wants to be asked each time.
pub const ASK: u32 = 1 << 2;
/// The calls are counted and timed.
pub const METRICS: u32 = 1 << 3;
/// The callsite has not run yet; the first call registers it.
pub const UNREGISTERED: u32 = 1 << 4;

/// The state of one callsite.
#[derive(Debug)]
pub struct State {
    /// The bits above. Publishes nothing but itself.
    bits: AtomicU32,
}

impl State {
    const_unless_loom! {
        /// A callsite that has not run yet.
        #[must_use]
        pub fn new() -> Self {
            Self { bits: AtomicU32::new(UNREGISTERED) }
        }
    }

    /// The bits, by one relaxed load.
    #[inline(always)]
    pub fn bits(&self) -> u32 {
        self.bits.load(Ordering::Relaxed)
    }

    /// Replaces the bits in `mask` by those of `bits`; the others stay.
    pub fn set(&self, mask: u32, bits: u32) {
        let update = |now: u32| Some((now & !mask) | (bits & mask));
        let _ = self.bits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update);
    }

    /// Takes [`UNREGISTERED`] away and sets `bits`; `true` for the one caller that did it.
    pub fn register(&self, bits: u32) -> bool {
        self.bits.compare_exchange(UNREGISTERED, bits, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn bits_are_independent() {
        let state = State::new();
        assert_eq!(state.bits(), UNREGISTERED);
        assert!(state.register(DIRECT | METRICS));
        assert!(!state.register(0), "only the first registers");
        state.set(SHADOW | ASK, ASK);
        assert_eq!(state.bits(), DIRECT | METRICS | ASK);
        state.set(DIRECT, 0);
        assert_eq!(state.bits(), METRICS | ASK);
    }
}
