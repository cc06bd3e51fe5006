//! What is counted of what queries keep.

use spanwright::{Counter, Gauge, Metrics};

/// The state of all queries: windows, joins, groups.
#[derive(Debug, Metrics)]
#[metrics(prefix = "state")]
pub(crate) struct StateMetrics {
    /// What windows, joins and groups hold, together
    pub used_bytes: Gauge,
    /// What they may hold
    pub limit_bytes: Gauge,
    /// Which share of it they hold
    #[metric(
        threshold(warning = 0.8, critical = 0.95),
        alert(
            name = "StateNearLimit",
            when = "> 0.8",
            for = "5m",
            severity = "warning",
            summary = "The state of the queries has nearly reached its limit",
        )
    )]
    pub used_ratio: Gauge,
    /// Executions that were refused since there is no room for more state
    pub refused_total: Counter,
}
