//! What subscriptions count.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use spanwright::{Counter, Gauge, Histogram, Labels, Metrics};

use super::SubscriptionState;
use crate::observability::attributes::ATTR_SUBSCRIPTION_NAME;

/// Whose metrics they are.
#[derive(Clone, Copy, Debug, Labels)]
pub(crate) struct Of<'a> {
    #[label(attribute = ATTR_SUBSCRIPTION_NAME, max = 100)]
    subscription: &'a str,
}

/// Those of all subscriptions. Events and durations count themselves: see the runners.
#[derive(Debug, Metrics)]
pub(crate) struct Instruments {
    /// Events processed successfully
    #[metric(name_exact = "subscription.events.processed", unit = "{event}", role = successes)]
    processed: Counter<Of<'static>>,
    /// Events that failed processing
    #[metric(name_exact = "subscription.events.failed", unit = "{event}", role = errors)]
    failed: Counter<Of<'static>>,
    /// Processing time
    #[metric(
        name_exact = "subscription.processing.duration",
        unit = "ms",
        buckets = [0.1, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000],
        role = duration
    )]
    duration: Histogram<Of<'static>>,
    /// Current event lag
    #[metric(name_exact = "subscription.lag", unit = "{event}")]
    lag: Gauge<Of<'static>>,
    /// Current state: 1 starting, 2 catching up, 3 live, 4 paused, 5 stopped, 6 error
    #[metric(name_exact = "subscription.state")]
    state: Gauge<Of<'static>>,
}

/// One subscription's numbers, which it has without telemetry too. Clones are the same ones.
#[derive(Clone, Debug)]
pub struct SubscriptionMetrics(Arc<Numbers>);

#[derive(Debug)]
struct Numbers {
    name: String,
    // Each stands for itself: nothing else is read after one of them.
    processed: AtomicU64,
    failed: AtomicU64,
    lag: AtomicU64,
    state: AtomicU8,
}

/// What they are at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetricSnapshot {
    /// How many events were processed.
    pub events_processed: u64,
    /// How many could not be.
    pub events_failed: u64,
    /// How many are still to come.
    pub current_lag: u64,
    /// What it is at.
    pub current_state: SubscriptionState,
}

/// The numbers of all subscriptions there ever were, by their names.
static ALL: Mutex<BTreeMap<String, SubscriptionMetrics>> = Mutex::new(BTreeMap::new());

/// The numbers of the subscription of that name in this process: those of one that is still to come begin at zero.
#[must_use]
pub fn get_metrics(subscription: &str) -> SubscriptionMetrics {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let metrics = all.entry(subscription.to_owned()).or_insert_with(|| {
        SubscriptionMetrics(Arc::new(Numbers {
            name: subscription.to_owned(),
            processed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            lag: AtomicU64::new(0),
            state: AtomicU8::new(SubscriptionState::Starting.value()),
        }))
    });
    metrics.clone()
}

impl SubscriptionMetrics {
    /// What they are now.
    #[must_use]
    pub fn get_snapshot(&self) -> MetricSnapshot {
        let Numbers { processed, failed, lag, state, .. } = &*self.0;
        let state = state.load(Ordering::Relaxed);
        MetricSnapshot {
            events_processed: processed.load(Ordering::Relaxed),
            events_failed: failed.load(Ordering::Relaxed),
            current_lag: lag.load(Ordering::Relaxed),
            current_state: SubscriptionState::ALL[usize::from(state) - 1],
        }
    }

    /// For whom the calls of the runners count.
    pub(crate) fn labels(&self) -> Of<'_> {
        Of { subscription: &self.0.name }
    }

    pub(crate) fn processed(&self) {
        self.0.processed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.0.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_lag(&self, events: u64) {
        self.0.lag.store(events, Ordering::Relaxed);
        Instruments::global().lag.with(self.labels()).set(events as f64);
    }

    pub(crate) fn set_state(&self, state: SubscriptionState) {
        self.0.state.store(state.value(), Ordering::Relaxed);
        Instruments::global().state.with(self.labels()).set(f64::from(state.value()));
    }
}
