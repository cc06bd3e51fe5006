//! The decision at the root of a trace. Children follow their parent's.

use std::sync::atomic::{AtomicU64, Ordering};

use spanwright_core::ids::TraceId;

/// How many traces are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sampler {
    /// All.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// This share, from 0 to 1, by the trace's id.
    Ratio(f64),
}

/// The randomness of a trace id is its last 56 bits (W3C Trace Context, level 2, "Random trace id flag").
const RANDOMNESS: u64 = 1 << 56;

/// Traces whose randomness is below this are dropped (OpenTelemetry, "Consistent probability sampling"). Publishes
/// nothing but itself.
static THRESHOLD: AtomicU64 = AtomicU64::new(0);

pub(super) fn set(sampler: Sampler) {
    let threshold = match sampler {
        Sampler::AlwaysOn => 0,
        Sampler::AlwaysOff => RANDOMNESS,
        Sampler::Ratio(ratio) => ((1.0 - ratio.clamp(0.0, 1.0)) * RANDOMNESS as f64) as u64,
    };
    THRESHOLD.store(threshold, Ordering::Relaxed);
}

#[inline]
pub(super) fn samples(trace_id: TraceId) -> bool {
    is_kept(trace_id, THRESHOLD.load(Ordering::Relaxed))
}

const fn is_kept(trace_id: TraceId, threshold: u64) -> bool {
    trace_id.low & (RANDOMNESS - 1) >= threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_keep_the_share_they_say() {
        let lowest = TraceId { high: 1, low: 0 };
        let highest = TraceId { high: 1, low: u64::MAX };
        assert!(is_kept(lowest, 0));
        assert!(!is_kept(highest, RANDOMNESS));
        let kept = (0..10_000).filter(|_| is_kept(TraceId::random(), RANDOMNESS / 4 * 3)).count();
        assert!((2_000..3_000).contains(&kept), "{kept} of 10,000 at a quarter");
    }
}
