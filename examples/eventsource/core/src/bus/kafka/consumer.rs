//! How messages are taken, each until it is done with.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Message, Offset};
use spanwright::propagation::extract;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::client::{self, Observer};
use super::{EVENT_TYPE, KafkaEventBus, KafkaMetrics, LOGGER, SYSTEM, failed};
use crate::EventSourceError;
use crate::bus::broker::{self, Arrived, PATIENCE};

impl KafkaEventBus {
    /// Takes messages until the bus is to end.
    pub(super) async fn consume_all(&self) -> Result<(), EventSourceError> {
        let _consuming = self.running.consume();
        let consumer = Arc::new(self.subscribed().await?);
        let taken = tokio::select! {
            taken = self.take_all(&consumer) => taken,
            never = self.watch_lag(&consumer) => match never {},
        };
        taken.and(left(consumer).await)
    }

    async fn take_all(&self, consumer: &StreamConsumer<Observer>) -> Result<(), EventSourceError> {
        loop {
            tokio::select! {
                () = self.running.ending() => return Ok(()),
                message = consumer.recv() => match message {
                    Ok(message) => self.take(consumer, &message).await?,
                    // The client looks for its brokers itself, as long as it can go on at all.
                    Err(error) if consumer.client().fatal_error().is_none() => {
                        tracing::warn!(target: LOGGER, %error, "No message for the moment");
                    }
                    Err(error) => return Err(failed(error)),
                },
            }
        }
    }

    /// Looks now and then how far behind the group is, also while a handler takes its time.
    async fn watch_lag(&self, consumer: &Arc<StreamConsumer<Observer>>) -> Infallible {
        if !self.config.enable_metrics {
            return pending().await;
        }
        loop {
            sleep(self.config.interval).await;
            let (its, topic) = (Arc::clone(consumer), self.config.topic.clone());
            match blocking(move || lags(&its, &topic)).await {
                Ok(lags) => {
                    lags.iter().for_each(|(partition, lag)| consumer.context().tell_lag(*partition, *lag))
                }
                Err(error) => {
                    tracing::debug!(target: LOGGER, error = error.as_error(), "The lag is not known for the moment")
                }
            }
        }
    }

    async fn subscribed(&self) -> Result<StreamConsumer<Observer>, EventSourceError> {
        let interval = self.config.interval.as_millis().to_string();
        let mut client = self.client();
        client.set("group.id", &self.config.consumer_group).set("auto.offset.reset", "earliest");
        client.set("allow.auto.create.topics", "true");
        // Who is gone without a word is missed soon; the client's own thread says that it is there, however long a handler takes.
        client.set("session.timeout.ms", "6000");
        // What is done with is committed now and then, and at the end.
        client.set("enable.auto.offset.store", "false").set("auto.commit.interval.ms", interval);
        let observer = Observer::of(&self.config);
        let consumer: StreamConsumer<_> = client.create_with_context(observer).map_err(failed)?;
        let topic = self.config.topic.clone();
        blocking(move || {
            // Otherwise a broker that is not there at all would only be waited for.
            consumer.fetch_metadata(Some(&topic), PATIENCE)?;
            consumer.subscribe(&[&topic])?;
            Ok(consumer)
        })
        .await
    }

    /// Hands a message to the handlers until they have taken it, or it goes to the dead letters.
    async fn take(
        &self,
        consumer: &StreamConsumer<Observer>,
        message: &BorrowedMessage<'_>,
    ) -> Result<(), EventSourceError> {
        let headers = client::texts(message);
        let event_type = headers.iter().find(|(name, _)| name == EVENT_TYPE).map(|(_, value)| value.clone());
        let (parent, body) = (extract(&headers), message.payload().unwrap_or_default());
        for retries in 0.. {
            let arrived = Arrived::new(event_type.clone(), broker::read(body), retries);
            if retries == 0 && self.config.enable_metrics {
                KafkaMetrics::global().messages_consumed.with(self.topic_labels(&arrived.event_type)).inc();
            }
            let Err(error) = self.consume(parent, arrived).await else { break };
            if retries >= self.config.max_retries || broker::is_poison(&error) {
                self.bury(message, headers, &error).await?;
                break;
            }
            if !self.running.pause(broker::retry_delay(self.config.retry_delay, retries)).await {
                // It is not done with, and so comes again.
                return Ok(());
            }
        }
        consumer.store_offset_from_message(message).map_err(failed)
    }

    /// Puts a message to the dead letters, with what was wrong.
    async fn bury(
        &self,
        message: &BorrowedMessage<'_>,
        mut headers: Vec<(String, String)>,
        error: &EventSourceError,
    ) -> Result<(), EventSourceError> {
        headers.push(("error".to_owned(), error.to_string()));
        let topic = format!("{}.{}.dlq", self.config.topic, self.config.consumer_group);
        let (key, body) = (message.key().unwrap_or_default(), message.payload().unwrap_or_default());
        self.send(&topic, key, body, client::headers(&headers)).await
    }
}

/// How many messages of each partition that is this consumer's its group has not committed.
fn lags(consumer: &StreamConsumer<Observer>, topic: &str) -> Result<Vec<(i32, i64)>, KafkaError> {
    let committed = consumer.committed_offsets(consumer.assignment()?, PATIENCE)?;
    let lag = |partition: &TopicPartitionListElem<'_>| {
        let (first, end) = consumer.fetch_watermarks(topic, partition.partition(), PATIENCE)?;
        let next = match partition.offset() {
            Offset::Offset(next) => next,
            // Nothing yet.
            _ => first,
        };
        Ok((partition.partition(), (end - next).max(0)))
    };
    committed.elements().iter().map(lag).collect()
}

/// Commits what is done with, and leaves the group. The client waits for its broker there, as long as it takes, on a thread of
/// its own: it must not keep the program from its end.
async fn left(consumer: Arc<StreamConsumer<Observer>>) -> Result<(), EventSourceError> {
    let (done, is_done) = oneshot::channel();
    let leave = move || {
        let committed = match consumer.commit_consumer_state(CommitMode::Sync) {
            Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => Ok(()),
            committed => committed,
        };
        consumer.unsubscribe();
        // Who looks at the lag at this moment has it too, and must not be the one that closes it.
        while Arc::strong_count(&consumer) > 1 {
            thread::sleep(Duration::from_millis(10));
        }
        drop(consumer);
        // Nobody may be waiting any more.
        let _ = done.send(committed);
    };
    let started = thread::Builder::new().name("kafka-close".to_owned()).spawn(leave);
    started.map_err(|error| EventSourceError::event_bus(SYSTEM, error))?;
    match timeout(PATIENCE, is_done).await {
        Ok(Ok(committed)) => committed.map_err(failed),
        Ok(Err(_)) | Err(_) => {
            tracing::warn!(target: LOGGER, "The client does not come to its end, and is left to itself");
            Ok(())
        }
    }
}

/// Where the client waits.
async fn blocking<T: Send + 'static>(
    wait: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, EventSourceError> {
    let done = spawn_blocking(wait).await;
    done.map_err(|error| EventSourceError::event_bus(SYSTEM, error))?.map_err(failed)
}
