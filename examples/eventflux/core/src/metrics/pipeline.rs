//! What is counted of pipelines: the bounded queues between streams and queries.

use spanwright::{Counter, Gauge, Histogram, Label, Labels, Metrics, UpDownCounter};

use super::Name;

/// The series of a pipeline.
#[derive(Clone, Debug, Labels)]
pub(crate) struct OfPipeline {
    #[label(max = 128)]
    pub pipeline: Name,
}

/// The series of a trend.
#[derive(Clone, Debug, Labels)]
pub(crate) struct OfTrend {
    #[label(max = 128)]
    pub pipeline: Name,
    pub window: TrendWindow,
}

/// How far back a trend looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub(crate) enum TrendWindow {
    /// A minute.
    #[label(rename = "1m")]
    OneMinute,
    /// Five minutes.
    #[label(rename = "5m")]
    FiveMinutes,
    /// Fifteen minutes.
    #[label(rename = "15m")]
    FifteenMinutes,
}

/// The metrics of all pipelines.
#[derive(Debug, Metrics)]
#[metrics(prefix = "pipeline")]
pub(crate) struct PipelineFamilies {
    /// Events that went in
    pub events_in_total: Counter<OfPipeline>,
    /// Events that went out
    pub events_out_total: Counter<OfPipeline>,
    /// How long an event waits in the pipeline
    pub latency_seconds: Histogram<OfPipeline>,
    /// Events that wait
    pub queued_events: UpDownCounter<OfPipeline>,
    /// Events that have room
    pub capacity_events: Gauge<OfPipeline>,
    /// How full it is, 0 to 1
    #[metric(threshold(warning = 0.7, critical = 0.9))]
    pub utilization: Gauge<OfPipeline>,
    /// Events a second, in the last minute
    pub throughput_per_sec: Gauge<OfPipeline>,
    /// The 99th percentile of what events waited in the last minute, in milliseconds
    pub latency_ms_p99: Gauge<OfPipeline>,
    /// Events a second in the last 1, 5 and 15 minutes
    pub throughput_trend: Gauge<OfTrend>,
    /// Those that send into it now
    pub producers_active: UpDownCounter<OfPipeline>,
    /// Those that wait for events now
    pub consumers_waiting: UpDownCounter<OfPipeline>,
    /// Times that a producer waited for room
    pub producer_blocked_total: Counter<OfPipeline>,
    /// How long producers waited for room, each time
    pub producer_blocked_seconds: Histogram<OfPipeline>,
    /// Times that a consumer found nothing and waited
    pub consumer_idle_total: Counter<OfPipeline>,
    /// The share of events that went in without a wait, 0 to 1
    pub queue_efficiency: Gauge<OfPipeline>,
    /// How well the pipeline is, 0 to 1
    #[metric(
        threshold(warning = 0.7, critical = 0.5),
        alert(
            name = "PipelineDegraded",
            when = "< 0.5",
            for = "2m",
            severity = "critical",
            summary = "The pipeline {{ $labels.pipeline }} has the health score {{ $value }}",
        )
    )]
    pub health_score: Gauge<OfPipeline>,
}
