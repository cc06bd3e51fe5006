//! What is known of the process as a whole.

use spanwright::{Counter, Gauge, Histogram, Label, Labels, Metrics};

/// What memory is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
#[label(name = "component")]
pub(crate) enum Component {
    /// All of the process.
    Process,
    /// Windows, joins and groups.
    State,
    /// What waits between streams and queries.
    Buffers,
    /// What sinks in memory keep.
    Sinks,
}

/// The series of a component.
pub(crate) type OfComponent = Component;

/// The series of a version.
#[derive(Clone, Copy, Debug, Labels)]
pub(crate) struct OfBuild {
    #[label(max = 4)]
    pub version: &'static str,
}

/// The runtime as a whole.
#[derive(Debug, Metrics)]
#[metrics(prefix = "eventflux")]
pub(crate) struct SystemMetrics {
    /// How long it has been running, in whole seconds
    #[metric(name_exact = "eventflux_uptime_seconds", panel(title = "System uptime and version", dashboard = "EventFlux Overview", kind = stat))]
    pub uptime_seconds: Counter,
    /// Which version runs: 1
    #[metric(panel(title = "System uptime and version", dashboard = "EventFlux Overview", kind = stat))]
    pub build_info: Gauge<OfBuild>,
    /// What memory is used for
    #[metric(panel(title = "Memory and CPU usage", dashboard = "EventFlux Overview"))]
    pub memory_usage_bytes: Gauge<OfComponent>,
    /// How much of a core the process takes, in per cent: two busy cores are 200
    #[metric(
        panel(title = "Memory and CPU usage", dashboard = "EventFlux Overview"),
        threshold(warning = 70.0, critical = 90.0),
        alert(
            name = "HighCpuUsage",
            when = "> 90",
            for = "10m",
            severity = "warning",
            summary = "EventFlux takes {{ $value }} % of a core",
        )
    )]
    pub cpu_usage_percent: Gauge,
    /// Threads of the process
    #[metric(panel(title = "Thread pool utilization (threads)", dashboard = "System Resources"))]
    pub threads_active: Gauge,
    /// Streams that are open
    #[metric(panel(title = "Active streams", dashboard = "EventFlux Overview", kind = stat))]
    pub streams_active: Gauge,
    /// The lowest health score of its pipelines, 0 to 1
    #[metric(panel(title = "Health score", dashboard = "EventFlux Overview", kind = gauge), threshold(warning = 0.7, critical = 0.5))]
    pub health_score: Gauge,
    /// Families of metrics that queries have registered by `EMIT METRICS`
    pub custom_metrics_active: Gauge,
    /// Groups whose custom metrics are left out, since there are too many
    #[metric(alert(
        name = "CustomMetricsLeftOut",
        expr = "increase($metric[15m]) > 0",
        severity = "warning",
        summary = "A query with EMIT METRICS has too many groups",
    ))]
    pub custom_metrics_left_out_total: Counter,
    /// Collections of what is sampled: buffers, memory, trends
    pub collections_total: Counter,
    /// How long such a collection takes
    pub collection_seconds: Histogram,
}
