//! Pipelines: the bounded queues between streams and queries, which know how well they are.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spanwright::health::{HealthCheck, HealthStatus};
use spanwright::registry::{Snapshot, Value, Window};
use spanwright::{Context, Counted, Gauged, Metrics as _, Observed, UppedDowned};
use tokio::sync::{Notify, Semaphore};

use crate::metrics::{Name, OfPipeline, OfTrend, PipelineFamilies, TrendWindow};
use crate::value::Event;

/// Events that go together, and where they come from.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The events.
    pub events: Arc<[Event]>,
    /// The span that their processing is a part of: another node's, another query's.
    pub(crate) parent: Option<Context>,
    /// The span in which they were read, of another query.
    pub(crate) link: Option<Context>,
}

impl Batch {
    /// Events that come from nowhere.
    #[must_use]
    pub fn new(events: impl Into<Arc<[Event]>>) -> Self {
        Self { events: events.into(), parent: None, link: None }
    }

    /// About what they take.
    fn bytes(&self) -> usize {
        self.events.iter().map(Event::bytes).sum()
    }
}

/// A queue of so many events. Who sends more waits until there is room.
pub struct EventPipeline {
    name: Name,
    capacity: usize,
    room: Semaphore,
    queue: Mutex<Queue>,
    /// Wakes the one who takes.
    arrived: Notify,
    /// Whether nothing comes any more. Read after `arrived`, which publishes it.
    closed: AtomicBool,
    made: Instant,
    series: Series,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

struct Waiting {
    batch: Batch,
    since: Instant,
}

/// What is counted of it.
struct Series {
    events_in: Counted<'static>,
    events_out: Counted<'static>,
    latency: Observed<'static>,
    queued: UppedDowned<'static>,
    producers: UppedDowned<'static>,
    consumers: UppedDowned<'static>,
    blocked: Counted<'static>,
    blocked_for: Observed<'static>,
    idle: Counted<'static>,
    capacity: Gauged<'static>,
    utilization: Gauged<'static>,
    throughput: Gauged<'static>,
    p99: Gauged<'static>,
    trend: [Gauged<'static>; 3],
    efficiency: Gauged<'static>,
    health: Gauged<'static>,
}

/// How a pipeline does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PipelineMetrics {
    /// Events a second that went out, in the last minute.
    pub throughput_per_sec: f64,
    /// The 99th percentile of how long events waited in it, in the last minute, in milliseconds.
    pub latency_ms_p99: f64,
    /// How full it is, 0 to 1.
    pub utilization: f64,
    /// Those that send into it now.
    pub producers_active: u64,
    /// Times that a producer waited for room.
    pub producer_blocked: u64,
    /// Times that its consumer found nothing.
    pub consumer_idle: u64,
    /// The share of sends that found room at once, in the last minute, 0 to 1.
    pub queue_efficiency: f64,
    /// How well it is, 0 to 1: below 0.5 it is degraded.
    pub health_score: f64,
    /// Events a second in the last 1, 5 and 15 minutes.
    pub trend: [f64; 3],
}

/// Below this health score a pipeline is degraded.
const DEGRADED: f64 = 0.5;

impl EventPipeline {
    /// A pipeline for so many events, at least one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self::named("event_pipeline", capacity)
    }

    /// The same with a name, by which its metrics are told apart.
    #[must_use]
    pub fn named(name: impl Into<Name>, capacity: usize) -> Self {
        let (name, capacity) = (name.into(), capacity.clamp(1, Semaphore::MAX_PERMITS));
        let series = Series::of(&name);
        series.capacity.set(capacity as f64);
        Self {
            name,
            capacity,
            room: Semaphore::new(capacity),
            queue: Mutex::default(),
            arrived: Notify::new(),
            closed: AtomicBool::new(false),
            made: Instant::now(),
            series,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Puts events in, and waits for room where there is none. How long that was.
    pub async fn send(&self, batch: Batch) -> Option<Duration> {
        let wanted = self.permits(&batch);
        let _sending = Present::in_(self.series.producers);
        let mut waited = None;
        let permit = match self.room.try_acquire_many(wanted) {
            Ok(permit) => Ok(permit),
            Err(_) => {
                self.series.blocked.inc();
                let start = Instant::now();
                let permit = self.room.acquire_many(wanted).await;
                self.series.blocked_for.observe_duration(start.elapsed());
                waited = Some(start.elapsed());
                permit
            }
        };
        // A queue that is closed takes nothing.
        let Ok(permit) = permit else { return waited };
        permit.forget();
        let count = batch.events.len();
        self.series.events_in.add(count as u64);
        self.series.queued.add(count as i64);
        let mut queue = self.queue();
        queue.bytes += batch.bytes();
        queue.waiting.push_back(Waiting { batch, since: Instant::now() });
        drop(queue);
        self.arrived.notify_one();
        waited
    }

    /// Counts events that need not wait, since whoever takes them has brought them.
    pub(crate) fn pass(&self, batch: &Batch) {
        self.series.events_in.add(batch.events.len() as u64);
        self.series.events_out.add(batch.events.len() as u64);
        self.series.latency.observe(0.0);
    }

    /// Takes the next events; nothing once it is closed and empty. For one at a time.
    pub async fn recv(&self) -> Option<Batch> {
        loop {
            let arrived = self.arrived.notified();
            if let Some(batch) = self.try_recv() {
                return Some(batch);
            }
            if self.closed.load(Ordering::Acquire) {
                return None;
            }
            self.series.idle.inc();
            let _waiting = Present::in_(self.series.consumers);
            arrived.await;
        }
    }

    /// Takes the next events, if there are any.
    pub fn try_recv(&self) -> Option<Batch> {
        let mut queue = self.queue();
        let Waiting { batch, since } = queue.waiting.pop_front()?;
        queue.bytes -= batch.bytes();
        drop(queue);
        self.room.add_permits(self.permits(&batch) as usize);
        let count = batch.events.len();
        self.series.queued.add(-(count as i64));
        self.series.events_out.add(count as u64);
        self.series.latency.observe_duration(since.elapsed());
        Some(batch)
    }

    /// Takes no more. What is in it can still be taken.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.room.close();
        self.arrived.notify_one();
    }

    /// What is greater than the whole queue goes in when it is empty.
    fn permits(&self, batch: &Batch) -> u32 {
        u32::try_from(batch.events.len().min(self.capacity)).unwrap_or(u32::MAX)
    }

    /// How full it is, 0 to 1.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        1.0 - self.room.available_permits().min(self.capacity) as f64 / self.capacity as f64
    }

    /// What waits in it.
    pub(crate) fn bytes(&self) -> usize {
        self.queue().bytes
    }

    /// How long the oldest events wait.
    pub(crate) fn oldest(&self) -> Duration {
        self.queue().waiting.front().map_or(Duration::ZERO, |waiting| waiting.since.elapsed())
    }

    /// How it does: of the last minutes where [windows](spanwright::windows) are kept, else since it was made.
    #[must_use]
    pub fn get_metrics(&self) -> PipelineMetrics {
        self.read(&PipelineFamilies::global().snapshot())
    }

    /// The same of what was read already, for whoever asks many.
    fn read(&self, snapshot: &Snapshot) -> PipelineMetrics {
        let labels = [("pipeline", &*self.name)];
        let windows = spanwright::windows();
        let rate =
            |name: &str, window| windows.as_ref().and_then(|windows| windows.rate(name, &labels, window));
        let count = |name: &str| snapshot.family(name)?.series(&labels)?.value.number();
        let age = self.made.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
        let trend = Window::ALL.map(|window| {
            rate("pipeline_events_out_total", window)
                .unwrap_or_else(|| count("pipeline_events_out_total").unwrap_or_default() / age)
        });
        let blocked = count("pipeline_producer_blocked_total").unwrap_or_default();
        let sends = count("pipeline_events_in_total").unwrap_or_default();
        let queue_efficiency = match (
            rate("pipeline_producer_blocked_total", Window::OneMinute),
            rate("pipeline_events_in_total", Window::OneMinute),
        ) {
            (Some(blocked), Some(sends)) => efficiency(blocked, sends),
            _ => efficiency(blocked, sends),
        };
        let p99 = windows.as_ref().and_then(|windows| {
            windows.quantile("pipeline_latency_seconds", &labels, 0.99, Window::OneMinute)
        });
        let utilization = self.utilization();
        PipelineMetrics {
            throughput_per_sec: trend[0],
            latency_ms_p99: p99.or_else(|| self.p99_of_all(snapshot)).unwrap_or_default() * 1e3,
            utilization,
            producers_active: count("pipeline_producers_active").unwrap_or_default() as u64,
            producer_blocked: blocked as u64,
            consumer_idle: count("pipeline_consumer_idle_total").unwrap_or_default() as u64,
            queue_efficiency,
            health_score: health_score(utilization, queue_efficiency),
            trend,
        }
    }

    fn p99_of_all(&self, snapshot: &Snapshot) -> Option<f64> {
        let family = snapshot.family("pipeline_latency_seconds")?;
        match &family.series(&[("pipeline", &*self.name)])?.value {
            Value::Histogram(histogram) => histogram.quantile(0.99),
            _ => None,
        }
    }

    /// How well it is: degraded, where its health score is below 0.5.
    #[must_use]
    pub fn check_health(&self) -> HealthStatus {
        let score = self.get_metrics().health_score;
        if score < DEGRADED {
            HealthStatus::degraded(format!("the pipeline `{}` has the health score {score:.2}", self.name))
        } else {
            HealthStatus::Healthy
        }
    }

    /// Shows how it does in its gauges.
    pub(crate) fn show(&self, snapshot: &Snapshot) -> PipelineMetrics {
        let (metrics, series) = (self.read(snapshot), &self.series);
        series.utilization.set(metrics.utilization);
        series.throughput.set(metrics.throughput_per_sec);
        series.p99.set(metrics.latency_ms_p99);
        series.efficiency.set(metrics.queue_efficiency);
        series.health.set(metrics.health_score);
        series.trend.iter().zip(metrics.trend).for_each(|(gauge, trend)| gauge.set(trend));
        metrics
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The share of events that found room at once.
fn efficiency(blocked: f64, sends: f64) -> f64 {
    if sends > 0.0 { (1.0 - blocked / sends).clamp(0.0, 1.0) } else { 1.0 }
}

/// Well is a queue with room in it: from half full on it gets worse. Waits of producers count less, since they are what bounds
/// are for.
fn health_score(utilization: f64, efficiency: f64) -> f64 {
    let headroom = 1.0 - ((utilization - 0.5) / 0.5).clamp(0.0, 1.0);
    0.7 * headroom + 0.3 * efficiency
}

impl HealthCheck for EventPipeline {
    async fn check(&self) -> HealthStatus {
        self.check_health()
    }
}

impl fmt::Debug for EventPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, capacity) = (&self.name, self.capacity);
        f.debug_struct("EventPipeline")
            .field("name", name)
            .field("capacity", &capacity)
            .finish_non_exhaustive()
    }
}

/// Counts one as there until it is dropped.
struct Present(UppedDowned<'static>);

impl Present {
    fn in_(counted: UppedDowned<'static>) -> Self {
        counted.inc();
        Self(counted)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Series {
    fn of(name: &Name) -> Self {
        let all = PipelineFamilies::global();
        let of = || OfPipeline { pipeline: name.clone() };
        let windows = [TrendWindow::OneMinute, TrendWindow::FiveMinutes, TrendWindow::FifteenMinutes];
        let trend = |window| all.throughput_trend.with(OfTrend { pipeline: name.clone(), window });
        Self {
            events_in: all.events_in_total.with(of()).from_zero(),
            events_out: all.events_out_total.with(of()).from_zero(),
            latency: all.latency_seconds.with(of()),
            queued: all.queued_events.with(of()).from_zero(),
            producers: all.producers_active.with(of()).from_zero(),
            consumers: all.consumers_waiting.with(of()).from_zero(),
            blocked: all.producer_blocked_total.with(of()).from_zero(),
            blocked_for: all.producer_blocked_seconds.with(of()),
            idle: all.consumer_idle_total.with(of()).from_zero(),
            capacity: all.capacity_events.with(of()),
            utilization: all.utilization.with(of()),
            throughput: all.throughput_per_sec.with(of()),
            p99: all.latency_ms_p99.with(of()),
            trend: windows.map(trend),
            efficiency: all.queue_efficiency.with(of()),
            health: all.health_score.with(of()),
        }
    }
}
