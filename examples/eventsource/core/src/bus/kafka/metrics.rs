//! What is counted of a bus over Kafka.

use spanwright::{Counter, Gauge, Histogram, Labels, Metrics};

use crate::observability::attributes::{ATTR_EVENT_TYPE, ATTR_HANDLER_NAME, ATTR_MESSAGING_DESTINATION};

/// The metrics of all buses over Kafka in this process.
#[derive(Debug, Metrics)]
pub struct KafkaMetrics {
    /// Messages published
    #[metric(name_exact = "kafka.eventbus.messages.published", unit = "{message}")]
    pub messages_published: Counter<TopicLabels<'static>>,
    /// Messages consumed
    #[metric(name_exact = "kafka.eventbus.messages.consumed", unit = "{message}")]
    pub messages_consumed: Counter<TopicLabels<'static>>,
    /// Handler execution time (ms)
    #[metric(
        name_exact = "kafka.eventbus.handler.duration",
        unit = "ms",
        role = duration,
        buckets = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000]
    )]
    pub handler_duration: Histogram<HandlerLabels<'static>>,
    /// Consumer lag per partition
    #[metric(name_exact = "kafka.eventbus.consumer.lag", unit = "{message}")]
    pub consumer_lag: Gauge<PartitionLabels<'static>>,
}

/// Which messages.
#[derive(Clone, Copy, Debug, Labels)]
pub struct TopicLabels<'a> {
    #[label(attribute = ATTR_MESSAGING_DESTINATION, max = 8)]
    pub(super) topic: &'a str,
    #[label(attribute = ATTR_EVENT_TYPE, max = 64)]
    pub(super) event_type: &'a str,
}

/// Which handler, and of what.
#[derive(Clone, Copy, Debug, Labels)]
pub struct HandlerLabels<'a> {
    #[label(attribute = ATTR_HANDLER_NAME, max = 14)]
    pub(super) handler: &'a str,
    #[label(attribute = ATTR_EVENT_TYPE, max = 64)]
    pub(super) event_type: &'a str,
}

/// Which partition, for whom.
#[derive(Clone, Copy, Debug, Labels)]
pub struct PartitionLabels<'a> {
    #[label(attribute = ATTR_MESSAGING_DESTINATION, max = 3)]
    pub(super) topic: &'a str,
    #[label(max = 3)]
    pub(super) consumer_group: &'a str,
    #[label(max = 63)]
    pub(super) partition: &'a str,
}
