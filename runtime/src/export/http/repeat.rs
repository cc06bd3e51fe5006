//! When to send again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The wait before the first repetition; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait that we choose ourselves.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The wait after this many attempts: doubling from [`FIRST_WAIT`] to [`LONGEST_WAIT`], of which at random between the
/// half and the whole ("equal jitter" of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
pub(in crate::export) fn backoff(attempts: u32) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    // The standard library's hash keys are random, and different in each call.
    let random = RandomState::new().build_hasher().finish() as u32;
    whole / 2 + (whole / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_bound() {
        for (attempts, whole) in [(1, 200), (2, 400), (5, 3200), (6, 5000), (100, 5000), (u32::MAX, 5000)] {
            let wait = backoff(attempts).as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{wait} ms after {attempts}");
        }
    }
}
