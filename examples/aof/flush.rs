//! The scheduler, which makes segments durable in the background.
//!
//! A flush that fails is tried again, each time after twice as long; where that is used up, appends flush themselves until one
//! succeeds. A queue that is full holds appends back first, and has them flush themselves if it stays full. Nothing that was accepted
//! is dropped.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use spanwright::{Context, instrument};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Permit, Receiver, Sender};
use tokio::time::{sleep, timeout};

use super::archive::Archive;
use super::config::AofConfig;
use super::metrics::FlushMetrics;
use super::segment::Segment;
use super::tail::Tail;
use super::{escalating, milliseconds, target};

/// Makes segments durable in the background.
pub(super) struct Scheduler {
    queue: Sender<Job>,
    flusher: Arc<Flusher>,
}

/// A segment to be flushed, and the append that led to it.
struct Job {
    segment: Arc<Segment>,
    cause: Context,
}

impl Scheduler {
    /// Starts it on this runtime. It ends when this is dropped, after a last attempt.
    pub(super) fn start(rt: &Handle, cfg: &AofConfig, tail: Tail, metrics: Arc<FlushMetrics>) -> Self {
        let (queue, jobs) = mpsc::channel(cfg.queue);
        let archive = Archive::start(rt, cfg.archive.clone());
        let flusher =
            Arc::new(Flusher { cfg: cfg.clone(), tail, metrics, archive, failing: Mutex::default() });
        rt.spawn(Arc::clone(&flusher).run(jobs));
        Self { queue, flusher }
    }

    /// Has a segment flushed soon. Where too many wait already, the append waits for a place, and at last flushes itself.
    pub(super) async fn schedule(&self, segment: &Arc<Segment>) -> io::Result<()> {
        if segment.is_queued() {
            return Ok(());
        }
        let Flusher { cfg, metrics, .. } = &*self.flusher;
        self.flusher.say_decision(segment);
        if let Ok(place) = self.queue.try_reserve() {
            self.enqueue(place, segment);
            return Ok(());
        }
        let (segment_id, started) = (segment.id().as_u64(), Instant::now());
        for attempts in 1..=cfg.backpressure_waits {
            metrics.backpressure_total.inc();
            escalating!(
                attempts > 1,
                target: target::FLUSH,
                segment_id,
                attempts,
                delay_ms = milliseconds(cfg.backpressure_wait),
                "flush queue is full"
            );
            if let Ok(Ok(place)) = timeout(cfg.backpressure_wait, self.queue.reserve()).await {
                self.enqueue(place, segment);
                return Ok(());
            }
        }
        self.flusher.flush_synchronously(cfg.backpressure_waits, started, "the flush queue stays full").await
    }

    /// Only who has a place marks the segment: an append that is given up while it waits for one leaves nothing behind.
    fn enqueue(&self, place: Permit<'_, Job>, segment: &Arc<Segment>) {
        if segment.enqueue() {
            self.flusher.metrics.queue_segments.inc();
            place.send(Job { segment: Arc::clone(segment), cause: Context::current() });
        }
    }

    /// Where the scheduler has given up, the append flushes itself before anything else is accepted.
    pub(super) async fn catch_up(&self) -> io::Result<()> {
        match self.flusher.failing() {
            None => Ok(()),
            Some(error) => {
                self.flusher.flush_synchronously(self.flusher.cfg.max_attempts, Instant::now(), &error).await
            }
        }
    }

    /// Has a segment archived that was finished by an earlier run.
    pub(super) fn archive(&self, segment: Arc<Segment>) {
        self.flusher.archive.queue(segment, self.flusher.tail.pending());
    }

    /// Makes all durable that was accepted.
    pub(super) async fn flush_all(&self) -> io::Result<()> {
        self.flusher.flush_open().await
    }
}

/// What flushes.
struct Flusher {
    cfg: AofConfig,
    tail: Tail,
    metrics: Arc<FlushMetrics>,
    archive: Archive,
    /// What the disk said, where retries were used up; appends then flush synchronously.
    failing: Mutex<Option<String>>,
}

impl Flusher {
    async fn run(self: Arc<Self>, mut jobs: Receiver<Job>) {
        loop {
            match timeout(self.cfg.flush_interval, jobs.recv()).await {
                Ok(Some(Job { segment, cause })) => {
                    self.metrics.queue_segments.dec();
                    segment.dequeue();
                    // The events have what becomes of it; what could not be written stays for the next attempt.
                    let _ = self.flush_through(&segment, cause).await;
                }
                Ok(None) => break,
                Err(_) => {
                    // Nobody has asked for a while, so whatever is there has waited long enough.
                    let open = self.tail.open();
                    if let Some(segment) = open.iter().rfind(|segment| segment.behind() > 0) {
                        self.say_decision(segment);
                        let _ = self.flush_through(segment, Context::NONE).await;
                    }
                }
            }
        }
        let _ = self.flush_open().await;
    }

    /// Flushes all segments up to this one.
    async fn flush_through(&self, last: &Segment, cause: Context) -> io::Result<()> {
        for segment in self.tail.open() {
            if segment.id() <= last.id() && segment.behind() > 0 {
                self.flush(&segment, cause).await?;
            }
        }
        Ok(())
    }

    /// Flushes all there is, for whoever waits for that: it is no other's doing.
    async fn flush_open(&self) -> io::Result<()> {
        match self.tail.open().last() {
            Some(last) => self.flush_through(last, Context::NONE).await,
            None => Ok(()),
        }
    }

    /// Flushes a segment, with as many attempts as there may be.
    async fn flush(&self, segment: &Arc<Segment>, cause: Context) -> io::Result<()> {
        let segment_id = segment.id().as_u64();
        let mut delay = self.cfg.retry_delay;
        for attempts in 1.. {
            let (started, lag) = (Instant::now(), segment.lag());
            let error = match self.attempt(segment, attempts, cause).await {
                Ok(durable) => {
                    let lag_ms = milliseconds(lag + started.elapsed());
                    let delay_ms = milliseconds(started.elapsed());
                    tracing::debug!(target: target::FLUSH, segment_id, attempts, delay_ms, lag_ms, durable, "flushed");
                    return Ok(());
                }
                Err(error) => error,
            };
            if attempts == self.cfg.max_attempts {
                tracing::warn!(
                    target: target::FLUSH, segment_id, attempts, %error,
                    "flush has failed, appends flush synchronously until one succeeds"
                );
                *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                return Err(error);
            }
            let delay_ms = milliseconds(delay);
            tracing::warn!(target: target::FLUSH, segment_id, attempts, delay_ms, %error, "flush failed, it is tried again");
            self.metrics.retries_total.inc();
            sleep(delay).await;
            delay *= 2;
        }
        Ok(())
    }

    /// The append itself flushes: one attempt, and an error that it returns.
    async fn flush_synchronously(&self, attempts: u32, since: Instant, error: &str) -> io::Result<()> {
        self.metrics.synchronous_total.inc();
        for segment in self.tail.open().into_iter().filter(|segment| segment.behind() > 0) {
            let delay_ms = milliseconds(since.elapsed());
            let segment_id = segment.id().as_u64();
            tracing::warn!(target: target::FLUSH, segment_id, attempts, delay_ms, error, "flushing synchronously");
            self.attempt(&segment, attempts.saturating_add(1), Context::NONE).await?;
        }
        Ok(())
    }

    /// One attempt, on a thread that may block.
    #[instrument(
        name = "flush",
        target = target::FLUSH,
        level = "debug",
        record(attempts),
        follows_from = cause,
        fields(segment_id = segment.id().as_u64(), requested = segment.requested(), durable = Empty),
        metrics(into = self.metrics),
    )]
    async fn attempt(&self, segment: &Arc<Segment>, attempts: u32, cause: Context) -> io::Result<u64> {
        let written = Arc::clone(segment);
        let bytes = spanwright::spawn_blocking(move || written.write_out()).await??;
        self.metrics.durable_bytes_total.add(bytes);
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = None;
        spanwright::record!(durable = segment.durable());
        self.settle();
        Ok(segment.durable())
    }

    /// Followers and the archive get what is finished.
    fn settle(&self) {
        for segment in self.tail.settle() {
            self.archive.queue(segment, self.tail.pending());
        }
    }

    fn failing(&self) -> Option<String> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say_decision(&self, segment: &Segment) {
        self.metrics.scheduled_total.inc();
        let lag = segment.lag();
        escalating!(
            lag > self.cfg.lag_limit,
            target: target::LOG,
            segment_id = segment.id().as_u64(),
            pending_remaining = self.tail.pending(),
            requested = segment.requested(),
            durable = segment.durable(),
            lag_ms = milliseconds(lag),
            "flush scheduled"
        );
    }
}
