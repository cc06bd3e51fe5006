//! The right to a metric.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, Weak};

use super::instrument::Instrument;

/// The right to a metric. While it lives the metric is in its registry.
#[derive(Debug)]
pub struct Owned(Arc<Instrument>);

impl Owned {
    /// Of a metric that was just made.
    pub(crate) fn new(instrument: Arc<Instrument>) -> Self {
        Self(instrument)
    }

    /// The metric.
    pub(crate) fn instrument(&self) -> &Arc<Instrument> {
        &self.0
    }
}

impl Deref for Owned {
    type Target = Instrument;

    #[inline]
    fn deref(&self) -> &Instrument {
        &self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let Some((registry, number)) = self.0.home() else { return };
        let Some(registry) = Weak::upgrade(registry) else { return };
        // Nobody writes any more: what is read now is all.
        let counted = self.0.counted();
        let removal =
            registry.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0, *number, counted);
        // Its own metrics would count themselves.
        #[cfg(feature = "telemetry")]
        if removal.overflows > 0 && !self.0.is_own() {
            crate::own_metrics::OwnMetrics::global().label_overflows_total.add(removal.overflows);
        }
        #[cfg(not(feature = "telemetry"))]
        let _ = removal.overflows;
        drop(removal);
    }
}
