//! The registry, and what is gathered from it.

use spanwright::registry::{Family, Registry};
use spanwright::{Counter, Gauge, Metrics};

use super::OfError;

/// The core counters in a `prometheus::Registry` of their own, for tests and for programs that have one to be gathered.
///
/// ```
/// use eventflux::MetricsRegistry;
///
/// let registry = MetricsRegistry::new();
/// assert!(registry.get_metric("events_processed_total").is_some());
/// registry.events_processed().inc();
/// assert!(registry.prometheus().gather().iter().any(|family| family.name() == "events_processed_total"));
/// ```
#[derive(Debug)]
pub struct MetricsRegistry {
    registry: prometheus::Registry,
    ours: Registry,
    core: CoreMetrics,
}

/// What is in it.
#[derive(Debug, Metrics)]
#[metrics(global = false)]
struct CoreMetrics {
    /// Events that queries have processed
    #[metric(name = "events_processed_total")]
    events_processed: Counter,
    /// Queries that run
    #[metric(name = "active_queries")]
    queries_active: Gauge,
    /// What went wrong
    errors_total: Counter<OfError>,
}

impl MetricsRegistry {
    /// A registry in which nothing has been counted.
    #[must_use]
    pub fn new() -> Self {
        let (ours, registry) = (Registry::new(), prometheus::Registry::new());
        let core = CoreMetrics::register(&ours);
        // It is the first one there.
        let _ = registry.register(Box::new(ours.prometheus_collector()));
        Self { registry, ours, core }
    }

    /// Events that queries have processed.
    pub fn events_processed(&self) -> &Counter {
        &self.core.events_processed
    }

    /// Queries that run.
    pub fn queries_active(&self) -> &Gauge {
        &self.core.queries_active
    }

    /// What went wrong.
    pub fn errors_total(&self) -> &Counter<OfError> {
        &self.core.errors_total
    }

    /// The family of that name, as it is now.
    #[must_use]
    pub fn get_metric(&self, name: &str) -> Option<Family> {
        self.ours.get_metric(name)
    }

    /// The same as others gather it.
    #[must_use]
    pub fn prometheus(&self) -> &prometheus::Registry {
        &self.registry
    }
}

impl Default for MetricsRegistry {
    fn default() -> Self {
        Self::new()
    }
}

/// All metrics of the process, in Prometheus' text format.
#[must_use]
pub fn gather_metrics() -> String {
    // It can't fail.
    Registry::global().gather_metrics().unwrap_or_else(|never| match never {})
}

/// What `GET /metrics` answers, for programs that serve it by themselves: the telemetry's own server does it anyway.
#[allow(clippy::unused_async, reason = "as handlers of servers are")]
pub async fn metrics_handler() -> String {
    gather_metrics()
}
