//! What is counted of streams, and of where their events come from and go to.

use spanwright::{Counted, Counter, Gauge, Gauged, Histogram, Labels, Metrics};

use super::{EventFluxMetrics, Name, OfStream};
use crate::sink::SinkKind;
use crate::source::SourceKind;

/// The series of a stream, by both of its names: the document has `stream_name`, and where it shows what was missing, `stream`.
#[derive(Clone, Debug, Labels)]
#[labels(budget = 17_000)]
pub(crate) struct OfStreamTwice {
    #[label(max = 128)]
    pub stream_name: Name,
    #[label(max = 128)]
    pub stream: Name,
}

/// The series of a stream where it is called `stream`.
#[derive(Clone, Debug, Labels)]
pub(crate) struct OfStreamAlone {
    #[label(max = 128)]
    pub stream: Name,
}

/// The metrics of all streams.
#[derive(Debug, Metrics)]
#[metrics(prefix = "stream")]
pub(crate) struct StreamFamilies {
    /// Events that came into the stream
    #[metric(panel(title = "Stream throughput (per stream)", dashboard = "Stream Monitoring"))]
    pub events_received_total: Counter<OfStream>,
    /// Events that were handed to subscribers, each once for each of them
    #[metric(panel(title = "Stream throughput (per stream)", dashboard = "Stream Monitoring"))]
    pub events_sent_total: Counter<OfStream>,
    /// Queries that read the stream
    #[metric(
        panel(title = "Subscriber count (per stream)", dashboard = "Stream Monitoring"),
        alert(
            name = "StreamWithoutSubscribers",
            when = "< 1",
            for = "15m",
            severity = "info",
            summary = "Nobody reads the stream {{ $labels.stream_name }}",
        )
    )]
    pub subscribers_active: Gauge<OfStream>,
    /// Times that the stream waited for a subscriber whose buffer was full
    #[metric(
        panel(title = "Stream backpressure events", dashboard = "Stream Monitoring"),
        threshold(warning = 10.0, critical = 100.0),
        alert(
            name = "StreamBackpressure",
            expr = "rate($metric[5m]) > 100",
            for = "2m",
            severity = "critical",
        )
    )]
    pub backpressure_events_total: Counter<OfStreamTwice>,
    /// What waits in the buffers of the stream's subscribers
    #[metric(panel(title = "Buffer size trend", dashboard = "Stream Monitoring"))]
    pub buffer_size_bytes: Gauge<OfStream>,
    /// How long the oldest event waits that no subscriber has taken yet
    #[metric(
        panel(title = "Oldest event age", dashboard = "Stream Monitoring"),
        threshold(warning = 10.0, critical = 60.0),
        alert(
            name = "StreamStalled",
            when = "> 60",
            for = "2m",
            severity = "critical",
            summary = "Events of {{ $labels.stream_name }} wait for {{ $value }} seconds",
        )
    )]
    pub oldest_event_age_seconds: Gauge<OfStream>,
    /// Events that came into the stream, by its other name
    #[metric(panel(hidden))]
    pub events_total: Counter<OfStreamAlone>,
    /// How full the fullest of its subscribers' buffers is, 0 to 1
    #[metric(
        panel(title = "Buffer utilization", dashboard = "Stream Monitoring"),
        threshold(warning = 0.7, critical = 0.9)
    )]
    pub buffer_utilization: Gauge<OfStream>,
    /// How long the stream waited for subscribers, each time
    pub blocked_seconds: Histogram<OfStream>,
    /// Lines and messages that are no events of the stream
    #[metric(alert(
        name = "StreamRejectsEvents",
        expr = "rate($metric[5m]) > 1",
        for = "5m",
        severity = "warning",
        summary = "The stream {{ $labels.stream_name }} gets what it can't read",
    ))]
    pub events_rejected_total: Counter<OfStream>,
}

/// The series of one stream, looked up once.
#[derive(Clone, Copy, Debug)]
pub struct StreamMetrics {
    /// Events that came in, `stream_throughput`.
    pub throughput: Counted<'static>,
    /// `stream_backpressure_events_total`.
    pub backpressure_events: Counted<'static>,
    /// `stream_subscribers_active`.
    pub subscribers_active: Gauged<'static>,
    backpressure: Counted<'static>,
    received: Counted<'static>,
    received_too: Counted<'static>,
    pub(crate) sent: Counted<'static>,
    pub(crate) rejected: Counted<'static>,
    pub(crate) blocked: spanwright::Observed<'static>,
    pub(crate) buffer_size: Gauged<'static>,
    pub(crate) buffer_utilization: Gauged<'static>,
    pub(crate) oldest_event_age: Gauged<'static>,
}

impl StreamMetrics {
    /// Those of the stream `name`.
    #[must_use]
    pub fn of(name: &Name) -> Self {
        let (all, of_all) = (StreamFamilies::global(), EventFluxMetrics::global());
        let stream = || OfStream { stream_name: name.clone() };
        let twice = OfStreamTwice { stream_name: name.clone(), stream: name.clone() };
        Self {
            throughput: of_all.stream_throughput.with(stream()).from_zero(),
            backpressure_events: all.backpressure_events_total.with(twice).from_zero(),
            subscribers_active: all.subscribers_active.with(stream()),
            backpressure: of_all.stream_backpressure.with(stream()).from_zero(),
            received: all.events_received_total.with(stream()).from_zero(),
            received_too: all.events_total.with(OfStreamAlone { stream: name.clone() }).from_zero(),
            sent: all.events_sent_total.with(stream()).from_zero(),
            rejected: all.events_rejected_total.with(stream()).from_zero(),
            blocked: all.blocked_seconds.with(stream()),
            buffer_size: all.buffer_size_bytes.with(stream()),
            buffer_utilization: all.buffer_utilization.with(stream()),
            oldest_event_age: all.oldest_event_age_seconds.with(stream()),
        }
    }

    /// Counts events that came in.
    pub(crate) fn received(&self, events: u64) {
        self.throughput.add(events);
        self.received.add(events);
        self.received_too.add(events);
    }

    /// Counts a wait for a subscriber.
    pub(crate) fn held_back(&self) {
        self.backpressure_events.inc();
        self.backpressure.inc();
    }
}

/// The series of a stream's source.
#[derive(Clone, Debug, Labels)]
pub(crate) struct OfSource {
    #[label(max = 128)]
    pub stream_name: Name,
    pub source: SourceKind,
}

/// Where events come from.
#[derive(Debug, Metrics)]
#[metrics(prefix = "source")]
pub(crate) struct SourceMetrics {
    /// Events that were read
    pub events_total: Counter<OfSource>,
    /// Bytes that were read
    pub bytes_total: Counter<OfSource>,
    /// Reads
    pub reads_total: Counter<OfSource>,
    /// Reads that failed
    pub errors_total: Counter<OfSource>,
    /// Sources that have reached their end
    pub ended_total: Counter<OfSource>,
}

/// The series of a sink.
#[derive(Clone, Debug, Labels)]
pub(crate) struct OfSink {
    #[label(max = 128)]
    pub sink_name: Name,
    pub sink: SinkKind,
}

/// Where results go to.
#[derive(Debug, Metrics)]
#[metrics(prefix = "sink")]
pub(crate) struct SinkMetrics {
    /// Rows that were delivered
    pub rows_total: Counter<OfSink>,
    /// Bytes that were written
    pub bytes_total: Counter<OfSink>,
    /// Deliveries that failed for good
    #[metric(role = errors, alert(
        name = "SinkErrors",
        expr = "rate($metric[5m]) > 0",
        for = "5m",
        severity = "critical",
        summary = "The sink {{ $labels.sink_name }} does not take results",
    ))]
    pub errors_total: Counter<OfSink>,
    /// Deliveries that were tried again
    pub retries_total: Counter<OfSink>,
    /// How long a delivery takes
    #[metric(role = duration)]
    pub delivery_seconds: Histogram<OfSink>,
}
