//! What the client says of itself, and how headers are read and written.

use rdkafka::Message;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Header, Headers, OwnedHeaders};

use super::metrics::PartitionLabels;
use super::{KafkaEventBusConfig, KafkaMetrics, LOGGER};

/// Makes log lines of what the client says, and a gauge of how far behind a consumer is.
pub(super) struct Observer {
    /// Whose lag is told, if anybody's.
    lag_of: Option<LagOf>,
}

struct LagOf {
    topic: String,
    consumer_group: String,
}

impl Observer {
    /// One of a client that does not consume.
    pub(super) const fn silent() -> Self {
        Self { lag_of: None }
    }

    /// One of a consumer.
    pub(super) fn of(config: &KafkaEventBusConfig) -> Self {
        let KafkaEventBusConfig { topic, consumer_group, .. } = config;
        let lag_of = LagOf { topic: topic.clone(), consumer_group: consumer_group.clone() };
        Self { lag_of: config.enable_metrics.then_some(lag_of) }
    }
}

impl Observer {
    /// Says how far behind a partition is.
    pub(super) fn tell_lag(&self, partition: i32, lag: i64) {
        let Some(LagOf { topic, consumer_group }) = &self.lag_of else { return };
        let labels = PartitionLabels { topic, consumer_group, partition: &partition.to_string() };
        KafkaMetrics::global().consumer_lag.with(labels).set(lag as f64);
    }
}

impl ClientContext for Observer {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, said: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(target: LOGGER, facility, "{said}"),
            RDKafkaLogLevel::Warning => tracing::warn!(target: LOGGER, facility, "{said}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: LOGGER, facility, "{said}")
            }
            RDKafkaLogLevel::Debug => tracing::debug!(target: LOGGER, facility, "{said}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: LOGGER, %error, "{reason}");
    }
}

impl ConsumerContext for Observer {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        tracing::info!(target: LOGGER, "The partitions are shared anew: {rebalance:?}");
        if let Rebalance::Revoke(partitions) = rebalance {
            // From now on they are somebody else's to tell.
            partitions.elements().iter().for_each(|partition| self.tell_lag(partition.partition(), 0));
        }
    }
}

/// Headers as pairs, without those that are no text.
pub(super) fn texts(message: &BorrowedMessage<'_>) -> Vec<(String, String)> {
    let headers = message.headers().map(|headers| headers.iter().collect::<Vec<_>>()).unwrap_or_default();
    let text = |header: &Header<'_, &[u8]>| Some(str::from_utf8(header.value?).ok()?.to_owned());
    headers.iter().filter_map(|header| Some((header.key.to_owned(), text(header)?))).collect()
}

/// Pairs as headers.
pub(super) fn headers(pairs: &[(String, String)]) -> OwnedHeaders {
    let none = OwnedHeaders::new_with_capacity(pairs.len());
    pairs.iter().fold(none, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}
