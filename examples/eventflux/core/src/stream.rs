//! Streams, and the junctions that hand their events to all who read them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use spanwright::registry::Watched;
use spanwright::{Context, instrument};
use tokio::sync::Mutex;

use crate::attributes::{ATTR_EVENT_COUNT, ATTR_STREAM_NAME};
use crate::metrics::{Name, StreamMetrics};
use crate::pipeline::{Batch, EventPipeline};
use crate::source::{Lease, Source};
use crate::value::Schema;

/// A stream of events.
#[derive(Debug)]
pub struct Stream {
    /// What it is called.
    pub name: Name,
    /// Its columns.
    pub schema: Arc<Schema>,
    /// What hands its events on.
    pub junction: StreamJunction,
    /// Where its events come from, unless a query writes them. Who reads has it until what was read is handed on, so that
    /// events keep their order.
    source: Option<Arc<Mutex<Source>>>,
    address: Option<SocketAddr>,
}

impl Stream {
    pub(crate) fn new(name: Name, schema: Arc<Schema>, source: Option<Source>) -> Self {
        let metrics = StreamMetrics::of(&name);
        Self {
            junction: StreamJunction::new(name.clone(), metrics),
            address: source.as_ref().and_then(Source::address),
            source: source.map(|source| Arc::new(Mutex::new(source))),
            name,
            schema,
        }
    }

    /// Where its source listens, if it does.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    pub(crate) fn has_source(&self) -> bool {
        self.source.is_some()
    }

    /// Waits until the source has something, and nobody else reads it: the first of the subscribers does, for all. Nothing once
    /// it is at its end, which closes the stream. Safe to cancel.
    pub(crate) async fn lead(&self, reader: &Arc<EventPipeline>) -> Option<Lease> {
        let source = self.source.as_ref()?;
        let mut subscribers = self.junction.subscribers.subscribe();
        let is_first =
            |all: &Vec<Arc<EventPipeline>>| all.first().is_some_and(|one| Arc::ptr_eq(one, reader));
        subscribers.wait_for(is_first).await.ok()?;
        let mut source = Arc::clone(source).lock_owned().await;
        match source.next().await {
            Some(raw) => Some(Lease { source, raw }),
            None => {
                drop(source);
                self.junction.close();
                None
            }
        }
    }
}

/// Hands the events of a stream to each of its subscribers.
#[derive(Debug)]
pub struct StreamJunction {
    stream: Name,
    metrics: StreamMetrics,
    subscribers: Watched<Vec<Arc<EventPipeline>>>,
    /// Whether nothing comes any more.
    closed: AtomicBool,
    made: Instant,
    /// The second, since it was made, of the last warning, and one more: one a second is enough.
    warned: AtomicU64,
}

impl StreamJunction {
    fn new(stream: Name, metrics: StreamMetrics) -> Self {
        let (closed, warned) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { stream, metrics, subscribers: Watched::default(), closed, made: Instant::now(), warned }
    }

    /// Adds a subscriber, with room for so many events.
    pub(crate) fn subscribe(&self, name: &Name, capacity: usize) -> Arc<EventPipeline> {
        let pipeline = Arc::new(EventPipeline::named(name.clone(), capacity));
        self.subscribers.update(|all| all.push(Arc::clone(&pipeline)));
        self.metrics.subscribers_active.set(self.subscribers.borrow().len() as f64);
        if self.closed.load(Ordering::Acquire) {
            pipeline.close();
        }
        pipeline
    }

    /// Takes a subscriber away.
    pub(crate) fn unsubscribe(&self, pipeline: &Arc<EventPipeline>) {
        self.subscribers.update(|all| all.retain(|one| !Arc::ptr_eq(one, pipeline)));
        self.metrics.subscribers_active.set(self.subscribers.borrow().len() as f64);
    }

    /// Those who read the stream.
    #[must_use]
    pub fn subscribers(&self) -> Vec<Arc<EventPipeline>> {
        self.subscribers.borrow().clone()
    }

    /// Hands events to all subscribers but `own`, who has them already. Waits for those that have no room.
    #[instrument(
        name = "Stream Junction Send",
        target = "eventflux::stream",
        fields(
            {ATTR_STREAM_NAME} = &*self.stream,
            {ATTR_EVENT_COUNT} = batch.events.len(),
            stream.subscribers = Empty,
        )
    )]
    pub(crate) async fn send(&self, batch: &Batch, own: Option<&Arc<EventPipeline>>) {
        let count = batch.events.len() as u64;
        self.metrics.received(count);
        let subscribers = self.subscribers();
        spanwright::record!(stream.subscribers = subscribers.len());
        let link = Some(Context::current());
        for subscriber in &subscribers {
            self.metrics.sent.add(count);
            if own.is_some_and(|own| Arc::ptr_eq(own, subscriber)) {
                subscriber.pass(batch);
                continue;
            }
            if let Some(waited) = subscriber.send(Batch { link, ..batch.clone() }).await {
                self.metrics.held_back();
                self.metrics.blocked.observe_duration(waited);
                self.warn(subscriber, waited);
            }
        }
        tracing::trace!(target: "eventflux::stream", { stream.name = &*self.stream, events = count }, "Events handed on");
    }

    fn warn(&self, subscriber: &EventPipeline, waited: Duration) {
        let second = self.made.elapsed().as_secs() + 1;
        if self.warned.swap(second, Ordering::Relaxed) != second {
            tracing::warn!(target: "eventflux::stream", { stream.name = &*self.stream,
                query.id = &**subscriber.name(),
                waited_ms = milliseconds(waited) }, "Stream is held back by a subscriber that does not keep up");
        }
    }

    /// Tells all subscribers that nothing comes any more.
    pub(crate) fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            tracing::info!(target: "eventflux::stream", { stream.name = &*self.stream }, "Stream ended");
        }
        self.subscribers().iter().for_each(|subscriber| subscriber.close());
    }

    /// Shows what waits for subscribers; how much that is.
    pub(crate) fn show(&self) -> usize {
        let subscribers = self.subscribers();
        let bytes = subscribers.iter().map(|one| one.bytes()).sum();
        let fullest = subscribers.iter().map(|one| one.utilization()).fold(0.0, f64::max);
        let oldest = subscribers.iter().map(|one| one.oldest()).max().unwrap_or_default();
        self.metrics.subscribers_active.set(subscribers.len() as f64);
        self.metrics.buffer_size.set(bytes as f64);
        self.metrics.buffer_utilization.set(fullest);
        self.metrics.oldest_event_age.set(oldest.as_secs_f64());
        bytes
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
