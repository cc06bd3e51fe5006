//! How long something may take.

use std::time::{Duration, Instant};

/// The moment after `timeout`; one that is never reached in practice for what can't be added.
pub(crate) fn after(timeout: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    Instant::now() + timeout.min(YEAR)
}
