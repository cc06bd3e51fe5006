//! Trace and span ids: 16 and 8 random bytes, never all zero.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::local;

/// A trace's id, 16 bytes; all zero is "none".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TraceId {
    /// The first 8 bytes.
    pub high: u64,
    /// The last 8 bytes.
    pub low: u64,
}

impl TraceId {
    /// No trace.
    pub const NONE: Self = Self { high: 0, low: 0 };

    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        // All threads walk the same cycle of numbers, each from a place of its own; the stream keeps their trace ids
        // apart where two threads' walks overlap.
        let stream = local::with(|local| {
            if local.stream.get() == 0 {
                local.stream.set(seed());
            }
            local.stream.get()
        });
        let id = Self { high: random() ^ stream, low: random() };
        if id.is_some() { id } else { Self::random() }
    }

    /// Whether there is a trace.
    #[must_use]
    pub const fn is_some(self) -> bool {
        (self.high | self.low) != 0
    }

    /// The bytes, most significant first, as on the wire.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        (((self.high as u128) << 64) | self.low as u128).to_be_bytes()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.high, self.low)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A span's id, 8 bytes; zero is "none".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SpanId(pub u64);

impl SpanId {
    /// No span.
    pub const NONE: Self = Self(0);

    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(random())
    }

    /// Whether there is a span.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }

    /// The bytes, most significant first, as on the wire.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A random number that is not zero: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014) on a per-thread state seeded from the system's entropy.
fn random() -> u64 {
    loop {
        let state = local::with(|local| {
            let mut state = local.random.get();
            if state == 0 {
                state = seed();
            }
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            local.random.set(state);
            state
        });
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        if z != 0 {
            return z;
        }
    }
}

/// The system's entropy by way of the standard library's hash keys, different in each call.
#[cold]
fn seed() -> u64 {
    RandomState::new().build_hasher().finish().max(1)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_differ_between_threads_and_calls() {
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| (0..10_000).map(|_| SpanId::random()).collect::<Vec<_>>()))
            .collect();
        let ids: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.len(), 40_000);
    }

    #[test]
    fn ids_are_written_most_significant_first() {
        let id = TraceId { high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10 };
        assert_eq!(id.to_string(), "0102030405060708090a0b0c0d0e0f10");
        assert_eq!(id.to_bytes()[0], 1);
        assert_eq!(id.to_bytes()[15], 16);
        assert_eq!(SpanId(0x0a).to_string(), "000000000000000a");
    }
}
