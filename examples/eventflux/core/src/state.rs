//! What all queries keep together, and how much that may be.

use std::sync::atomic::{AtomicUsize, Ordering};

use spanwright::health::{HealthCheck, HealthStatus};

use crate::error::QueryError;
use crate::metrics::StateMetrics;

/// From this share of the limit on, the state is worth a look.
const DEGRADED: f64 = 0.8;

/// The state of all queries: windows, joins and groups, in memory.
#[derive(Debug)]
pub struct StateBackend {
    limit: usize,
    /// What queries have said that they keep. A sum, which publishes nothing.
    used: AtomicUsize,
}

impl StateBackend {
    /// One for so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), used: AtomicUsize::new(0) }
    }

    /// What is kept, in bytes.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Notes that a query keeps `after` bytes instead of `before`.
    pub(crate) fn changed(&self, before: usize, after: usize) {
        if after >= before {
            self.used.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.used.fetch_sub(before - after, Ordering::Relaxed);
        }
    }

    /// Whether there is room.
    pub(crate) fn has_room(&self) -> Result<(), QueryError> {
        let used = self.used();
        if used <= self.limit {
            return Ok(());
        }
        StateMetrics::global().refused_total.inc();
        Err(QueryError::State { used, limit: self.limit })
    }

    fn ratio(&self) -> f64 {
        self.used() as f64 / self.limit as f64
    }

    pub(crate) fn show(&self) {
        let metrics = StateMetrics::global();
        metrics.used_bytes.set(self.used() as f64);
        metrics.limit_bytes.set(self.limit as f64);
        metrics.used_ratio.set(self.ratio());
    }
}

impl HealthCheck for StateBackend {
    async fn check(&self) -> HealthStatus {
        let ratio = self.ratio();
        if ratio > DEGRADED {
            HealthStatus::degraded(format!("{:.0} % of the room for state is taken", ratio * 100.0))
        } else {
            HealthStatus::Healthy
        }
    }
}
