//! The log itself: appends, sealing, and the decision to flush.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spanwright::{Metrics, instrument};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::config::AofConfig;
use super::flush::Scheduler;
use super::metrics::FlushMetrics;
use super::record::MAX_PAYLOAD;
use super::recovery::{Recovered, recover};
use super::segment::{Segment, SegmentId};
use super::tail::{Tail, TailState};
use super::target;

/// Why the log did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum AofError {
    /// The record is longer than records may be.
    #[error("a record of {0} bytes is longer than {MAX_PAYLOAD}")]
    TooLong(usize),
    /// The disk refuses. Nothing of what was accepted before is lost as long as the process lives.
    #[error("the log's disk failed: {0}")]
    Disk(#[from] io::Error),
}

/// An append-only log.
pub struct Aof {
    cfg: AofConfig,
    /// The segment that takes appends. Whoever holds it decides about the next one.
    active: Mutex<Arc<Segment>>,
    tail: Tail,
    metrics: Arc<FlushMetrics>,
    scheduler: Scheduler,
    recovered: u64,
}

impl Aof {
    /// Opens the log of this folder, with what is there, and flushes on this runtime.
    pub fn new(rt: Arc<Runtime>, cfg: AofConfig) -> Result<Self, AofError> {
        let Recovered { sealed, active, next, records } = recover(&cfg)?;
        let metrics = Arc::new(FlushMetrics::register(&cfg.registry));
        let tail = Tail::new(sealed.clone(), cfg.blocked_after);
        let active = match active {
            Some(active) => active,
            None => allocate(&cfg, &tail, next)?,
        };
        tail.opened(Arc::clone(&active));
        let scheduler = Scheduler::start(rt.handle(), &cfg, tail.clone(), Arc::clone(&metrics));
        sealed.into_iter().for_each(|segment| scheduler.archive(segment));
        Ok(Self { cfg, active: Mutex::new(active), tail, metrics, scheduler, recovered: records })
    }

    /// How many records were there at the start, without those in the archive.
    pub fn recovered(&self) -> u64 {
        self.recovered
    }

    /// Accepts a record, and says in which segment. It is durable once that has been [flushed](Self::flush).
    #[instrument(target = target::LOG, level = "trace", fields(bytes = payload.len(), segment_id = Empty))]
    pub async fn append(&self, payload: &[u8]) -> Result<SegmentId, AofError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(AofError::TooLong(payload.len()));
        }
        self.scheduler.catch_up().await?;
        let (segment, sealed) = self.accept(payload);
        let id = segment.id();
        spanwright::record!(segment_id = id.as_u64());
        tracing::trace!(target: target::LOG, segment_id = id.as_u64(), bytes = payload.len(), "record accepted");
        if sealed || segment.behind() >= self.cfg.flush_bytes {
            self.scheduler.schedule(&segment).await?;
        }
        Ok(id)
    }

    /// Puts a record into the active segment, and says whether that has sealed it.
    fn accept(&self, payload: &[u8]) -> (Arc<Segment>, bool) {
        let mut active = self.active();
        let segment = Arc::clone(&active);
        if segment.append(payload) < self.cfg.segment_bytes {
            return (segment, false);
        }
        match allocate(&self.cfg, &self.tail, segment.id().next()) {
            Ok(next) => {
                segment.seal();
                self.tail.opened(Arc::clone(&next));
                *active = next;
                tracing::debug!(
                    target: target::LOG,
                    segment_id = segment.id().as_u64(),
                    pending_remaining = self.tail.pending(),
                    requested = segment.requested(),
                    durable = segment.durable(),
                    "segment sealed"
                );
                (segment, true)
            }
            Err(error) => {
                let segment_id = segment.id().as_u64();
                tracing::warn!(target: target::LOG, segment_id, %error, "no segment can be allocated, this one grows on");
                (segment, false)
            }
        }
    }

    /// Makes durable all that was accepted until now.
    pub async fn flush(&self) -> Result<(), AofError> {
        Ok(self.scheduler.flush_all().await?)
    }

    /// Makes all durable, and ends the followers once they have read all.
    #[instrument(target = target::LOG, level = "debug", err(level = "warn"))]
    pub async fn close(&self) -> Result<(), AofError> {
        let flushed = self.flush().await;
        self.tail.close();
        flushed
    }

    /// What the flush scheduler counts.
    pub fn flush_metrics(&self) -> Arc<FlushMetrics> {
        Arc::clone(&self.metrics)
    }

    /// Its end, to be followed.
    pub fn tail(&self) -> Tail {
        self.tail.clone()
    }

    /// Where its end is, and each change of that.
    pub fn tail_events(&self) -> watch::Receiver<TailState> {
        self.tail.events()
    }

    fn active(&self) -> MutexGuard<'_, Arc<Segment>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn allocate(cfg: &AofConfig, tail: &Tail, id: SegmentId) -> io::Result<Arc<Segment>> {
    let segment = Arc::new(Segment::create(&cfg.folder, id, Arc::clone(&cfg.disk))?);
    tracing::debug!(
        target: target::LOG,
        segment_id = id.as_u64(),
        pending_remaining = tail.pending(),
        "segment allocated"
    );
    Ok(segment)
}
