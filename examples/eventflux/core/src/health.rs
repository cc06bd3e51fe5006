//! How the processor is: what `/health` and `/ready` of the telemetry's server ask.

use std::time::Duration;

use spanwright::health::Check;
pub use spanwright::health::{HealthCheck, HealthStatus};

use crate::engine::EventFlux;

/// The checks of a processor. As different as they are, all are of one type.
#[derive(Debug)]
pub struct HealthMonitor {
    checks: Vec<Check>,
}

/// How long a check may take. It looks at numbers, on a machine that may have much else to do.
const LIMIT: Duration = Duration::from_secs(3);

impl HealthMonitor {
    /// Those of its pipelines, its state and its queries.
    #[must_use]
    pub fn of(engine: &EventFlux) -> Self {
        let checks = vec![
            Check::of("event_pipeline", Pipelines(engine.clone())),
            Check::of("state_backend", std::sync::Arc::clone(engine.state())),
            Check::of("query_runtime", Queries(engine.clone())),
        ];
        Self { checks: checks.into_iter().map(|check| check.limit(LIMIT)).collect() }
    }

    /// Has the telemetry's server ask them, and show what there is.
    pub fn serve(self, engine: &EventFlux) {
        use spanwright::health::{add, show_metric, show_with};
        self.checks.into_iter().for_each(add);
        let (queries, streams) = (engine.clone(), engine.clone());
        show_with("queries_running", move || queries.queries_running());
        show_with("streams_active", move || streams.streams().len());
        show_metric("memory_usage_mb", "process_resident_memory_bytes", 1e-6);
    }
}

/// The worst of all pipelines.
struct Pipelines(EventFlux);

impl HealthCheck for Pipelines {
    async fn check(&self) -> HealthStatus {
        let checked = self.0.pipelines().into_iter().map(|pipeline| pipeline.check_health());
        checked.into_iter().find(|status| *status != HealthStatus::Healthy).unwrap_or(HealthStatus::Healthy)
    }
}

/// Whether queries run as they should.
pub(crate) struct Queries(pub(crate) EventFlux);

impl HealthCheck for Queries {
    async fn check(&self) -> HealthStatus {
        let status = self.0.health_status().borrow().clone();
        match (status, self.0.queries_panicked()) {
            (HealthStatus::Healthy, 1..) => HealthStatus::unhealthy("a query has panicked, and runs no more"),
            (status, _) => status,
        }
    }
}
