//! What the processor counts. Names, labels and alerts are those of its document; the rest is what one wants to know besides.
//!
//! Labels that are text have a bound, beyond which values share the series `other`: so a thousand queries cost a Prometheus
//! no thousand series each.

mod network;
mod pipeline;
mod query;
mod registry;
mod state;
mod stream;
mod system;

use std::sync::Arc;

use spanwright::{Counter, Gauge, Histogram, Label, Labels, Metrics};

pub(crate) use network::{
    ConnectionError, NetworkMetrics, OfConnection, OfConnectionError, OfResult, Protocol,
};
pub(crate) use pipeline::{OfPipeline, OfTrend, PipelineFamilies, TrendWindow};
pub use query::QueryMetrics;
pub(crate) use query::{OfInput, OfWindow, QueryFamilies, Reason};
pub use registry::{MetricsRegistry, gather_metrics, metrics_handler};
pub(crate) use state::StateMetrics;
pub use stream::StreamMetrics;
pub(crate) use stream::{OfSink, OfSource, SinkMetrics, SourceMetrics};
pub(crate) use system::{Component, OfBuild, SystemMetrics};

/// A name that many share: a query's, a stream's.
pub type Name = Arc<str>;

/// What is counted for the whole processor.
#[derive(Debug, Metrics)]
pub struct EventFluxMetrics {
    /// Events that queries have processed
    #[metric(panel(title = "Total events processed/sec", dashboard = "EventFlux Overview"))]
    pub events_processed_total: Counter,
    /// How long a query takes for what came in at once
    #[metric(
        role = duration,
        quantiles(0.5, 0.95, 0.99),
        panel(title = "Query latency p50, p95, p99 (per query)", kind = timeseries, dashboard = "Query Performance"),
        threshold(warning = 0.1, critical = 1.0),
        alert(
            name = "HighQueryLatency",
            expr = "$metric{quantile=\"0.99\"} > 0.1",
            for = "5m",
            severity = "warning",
            summary = "Query {{ $labels.query_id }} has high latency",
        )
    )]
    pub query_latency_seconds: Histogram<OfQuery>,
    /// Queries that run
    #[metric(panel(hidden))]
    pub active_queries: Gauge,
    /// Events that a stream has handed on
    #[metric(name_exact = "stream_throughput", panel(hidden))]
    pub stream_throughput: Counter<OfStream>,
    /// Times that a stream waited for a subscriber, or lost something to one
    #[metric(name_exact = "stream_backpressure", panel(hidden))]
    pub stream_backpressure: Counter<OfStream>,
    /// What went wrong
    #[metric(
        panel(title = "Error rate (events/sec)", dashboard = "EventFlux Overview"),
        alert(
            name = "HighErrorRate",
            expr = "sum(rate($metric[5m])) > 1",
            for = "5m",
            severity = "critical",
            summary = "EventFlux has {{ $value }} errors a second",
        )
    )]
    pub errors_total: Counter<OfError>,
}

/// The series of a query.
#[derive(Clone, Debug, Labels)]
pub struct OfQuery {
    /// The query.
    #[label(max = 128)]
    pub query_id: Name,
}

/// The series of a stream.
#[derive(Clone, Debug, Labels)]
pub struct OfStream {
    /// The stream.
    #[label(max = 128)]
    pub stream_name: Name,
}

/// The series of what went wrong.
#[derive(Clone, Debug, Labels)]
#[labels(budget = 1024)]
pub struct OfError {
    /// What.
    pub error_type: ErrorKind,
    /// In which query; nothing where it was none's doing.
    #[label(max = 128)]
    pub query_id: Name,
}

/// What can go wrong while queries run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum ErrorKind {
    /// What came in is no event of its stream.
    Decode,
    /// An expression has no value: a division by zero, a number that is too great.
    Expression,
    /// The source has failed.
    Source,
    /// The sink has failed, as often as it was tried.
    Sink,
    /// The state has reached its limit.
    State,
    /// The query has panicked.
    Panic,
}

impl ErrorKind {
    /// As its label has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::VALUES[Label::index(&self) as usize]
    }
}
