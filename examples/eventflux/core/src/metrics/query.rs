//! What is counted of each query.

use spanwright::{Counted, Counter, Gauge, Gauged, Histogram, Label, Labels, Metrics, Observed};

use super::{ErrorKind, EventFluxMetrics, Name, OfError, OfQuery};
use crate::window::WindowType;

/// The series of what a query reads.
#[derive(Clone, Debug, Labels)]
#[labels(budget = 17_000)]
pub(crate) struct OfInput {
    #[label(max = 128)]
    pub query_id: Name,
    #[label(max = 128)]
    pub stream_name: Name,
}

/// The series of where a query writes.
#[derive(Clone, Debug, Labels)]
#[labels(budget = 17_000)]
pub(crate) struct OfOutput {
    #[label(max = 128)]
    pub query_id: Name,
    #[label(max = 128)]
    pub output_stream: Name,
}

/// The series of a query's window.
#[derive(Clone, Debug, Labels)]
pub(crate) struct OfWindow {
    #[label(max = 128)]
    pub query_id: Name,
    pub window_type: WindowType,
}

/// The series of what went wrong in a query.
#[derive(Clone, Debug, Labels)]
pub(crate) struct OfQueryError {
    #[label(max = 128)]
    pub query_id: Name,
    pub error_type: ErrorKind,
}

/// The metrics of all queries.
#[derive(Debug, Metrics)]
#[metrics(
    prefix = "query",
    derived(
        name = "cpu_ratio",
        help = "Which share of a core the query takes",
        unit = "ratio",
        expr = "sum without (instance) (rate($busy_seconds_sum[5m]))",
    )
)]
pub(crate) struct QueryFamilies {
    /// Events that the query has processed
    #[metric(panel(title = "Query throughput (per query)", dashboard = "Query Performance"))]
    pub events_processed_total: Counter<OfInput>,
    /// Events that the query has emitted
    #[metric(panel(title = "Events emitted", dashboard = "Query Performance"))]
    pub events_emitted_total: Counter<OfOutput>,
    /// Executions that have failed
    #[metric(
        panel(title = "Query error rate (per query)", dashboard = "Query Performance"),
        alert(
            name = "QueryErrors",
            expr = "rate($metric[5m]) > 0.1",
            for = "5m",
            severity = "warning",
            summary = "Query {{ $labels.query_id }} fails: {{ $labels.error_type }}",
        )
    )]
    pub execution_errors_total: Counter<OfQueryError>,
    /// Queries that run
    #[metric(
        panel(title = "Active queries count", dashboard = "EventFlux Overview", kind = stat),
        alert(
            name = "NoActiveQueries",
            when = "< 1",
            for = "5m",
            severity = "critical",
            summary = "No query runs on {{ $labels.instance }}",
        )
    )]
    pub active_count: Gauge,
    /// What the query's window holds
    #[metric(panel(title = "Window size", dashboard = "Query Performance"))]
    pub window_size_bytes: Gauge<OfWindow>,
    /// How full the query's input buffer is, 0 to 1
    #[metric(
        panel(title = "Query buffer utilization", dashboard = "Query Performance"),
        threshold(warning = 0.7, critical = 0.9),
        alert(
            name = "QueryBufferFull",
            when = "> 0.9",
            for = "5m",
            severity = "warning",
            summary = "Query {{ $labels.query_id }} does not keep up",
        )
    )]
    pub buffer_utilization: Gauge<OfQuery>,
    /// Events that the query has processed, all its inputs together
    #[metric(panel(hidden))]
    pub throughput_total: Counter<OfQuery>,
    /// Executions that have failed, whatever went wrong
    #[metric(panel(hidden))]
    pub errors_total: Counter<OfQuery>,
    /// How long a thread was busy with the query, each time
    #[metric(panel(title = "CPU by query", dashboard = "Query Performance"))]
    pub busy_seconds: Histogram<OfQuery>,
    /// How many events come in at once
    #[metric(buckets = [1, 10, 100, 1_000, 10_000])]
    pub batch_events: Histogram<OfQuery>,
    /// Events that the filter has left out
    #[metric(panel(title = "Filtered events", dashboard = "Query Performance"))]
    pub filtered_total: Counter<OfQuery>,
    /// Events that came after their windows had closed
    #[metric(alert(
        name = "LateEvents",
        expr = "rate($metric[5m]) > 10",
        for = "10m",
        severity = "info",
        summary = "Query {{ $labels.query_id }} leaves out events that come late",
    ))]
    pub late_events_total: Counter<OfQuery>,
    /// Windows that have closed
    pub windows_closed_total: Counter<OfWindow>,
    /// Events in the query's open windows
    pub window_events: Gauge<OfWindow>,
    /// Pairs that a join has found
    pub join_matches_total: Counter<OfQuery>,
    /// Events that wait in a join for their counterpart
    pub join_buffer_events: Gauge<OfQuery>,
    /// Values that aggregations have worked out
    pub aggregations_total: Counter<OfQuery>,
    /// Groups that the aggregation knows
    pub groups_active: Gauge<OfQuery>,
    /// Events for each value that aggregations have worked out, of the last window
    pub aggregation_efficiency: Gauge<OfQuery>,
    /// Queries that were started
    pub starts_total: Counter<OfQuery>,
    /// Queries that have ended
    pub stops_total: Counter<Reason>,
    /// Whether the query runs: 1 or 0
    #[metric(panel(title = "Query execution timeline", kind = timeline, dashboard = "Query Performance"))]
    pub running: Gauge<OfQuery>,
}

/// Why a query has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub(crate) enum Reason {
    /// Its sources are at their end.
    Completed,
    /// It was told to.
    Stopped,
    /// It can't go on.
    Failed,
}

/// The series of one query, looked up once: counting is then an addition.
#[derive(Clone, Copy, Debug)]
pub struct QueryMetrics {
    /// Events that came in, `query_throughput_total`.
    pub events_in: Counted<'static>,
    /// Events that went out, `query_events_emitted_total`.
    pub events_out: Counted<'static>,
    /// How long executions take, `query_latency_seconds`.
    pub latency: Observed<'static>,
    pub(crate) errors: Counted<'static>,
    pub(crate) busy: Observed<'static>,
    pub(crate) batch_events: Observed<'static>,
    pub(crate) filtered: Counted<'static>,
    pub(crate) late: Counted<'static>,
    pub(crate) join_matches: Counted<'static>,
    pub(crate) join_buffer: Gauged<'static>,
    pub(crate) aggregations: Counted<'static>,
    pub(crate) groups: Gauged<'static>,
    pub(crate) efficiency: Gauged<'static>,
    pub(crate) buffer_utilization: Gauged<'static>,
}

impl QueryMetrics {
    /// Those of the query `id`, which writes to `output`.
    #[must_use]
    pub fn of(id: &Name, output: &Name) -> Self {
        let all = QueryFamilies::global();
        let query = || OfQuery { query_id: id.clone() };
        let output = OfOutput { query_id: id.clone(), output_stream: output.clone() };
        Self {
            events_in: all.throughput_total.with(query()).from_zero(),
            events_out: all.events_emitted_total.with(output).from_zero(),
            latency: EventFluxMetrics::global().query_latency_seconds.with(query()),
            errors: all.errors_total.with(query()).from_zero(),
            busy: all.busy_seconds.with(query()),
            batch_events: all.batch_events.with(query()),
            filtered: all.filtered_total.with(query()).from_zero(),
            late: all.late_events_total.with(query()).from_zero(),
            join_matches: all.join_matches_total.with(query()).from_zero(),
            join_buffer: all.join_buffer_events.with(query()),
            aggregations: all.aggregations_total.with(query()).from_zero(),
            groups: all.groups_active.with(query()),
            efficiency: all.aggregation_efficiency.with(query()),
            buffer_utilization: all.buffer_utilization.with(query()),
        }
    }

    /// Counts what went wrong, under each of its names.
    pub(crate) fn failed(&self, id: &Name, error_type: ErrorKind) {
        self.errors.inc();
        let error = OfQueryError { query_id: id.clone(), error_type };
        QueryFamilies::global().execution_errors_total.with(error).inc();
        EventFluxMetrics::global().errors_total.with(OfError { error_type, query_id: id.clone() }).inc();
    }
}
