//! The log's end: which segments are sealed, which of them are durable, and those who follow it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spanwright::registry::Watched;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::segment::{Segment, SegmentId};
use super::target;

/// The end of a log. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct Tail(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Watched<TailState>,
    segments: Mutex<Segments>,
    blocked_after: Duration,
}

#[derive(Debug, Default)]
struct Segments {
    /// Sealed, and durable as a whole, in their order.
    finished: Vec<Arc<Segment>>,
    /// All others; the last takes appends.
    open: VecDeque<Arc<Segment>>,
}

/// Where the log's end is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TailState {
    /// The segment that takes appends.
    pub active: Option<SegmentId>,
    /// Segments that are sealed and not durable yet: the log rolls over faster than the disk keeps up.
    pub pending: Vec<SegmentId>,
    /// How many segments followers can read.
    pub finished: usize,
    /// There will be no more.
    pub closed: bool,
}

/// Who reads a log, segment by segment.
#[derive(Debug)]
pub struct Follower {
    next: SegmentId,
    state: watch::Receiver<TailState>,
}

impl Tail {
    pub(super) fn new(finished: Vec<Arc<Segment>>, blocked_after: Duration) -> Self {
        let segments = Segments { finished, open: VecDeque::new() };
        Self(Arc::new(Inner { state: Watched::default(), segments: Mutex::new(segments), blocked_after }))
    }

    /// A new segment takes appends.
    pub(super) fn opened(&self, segment: Arc<Segment>) {
        let mut segments = self.segments();
        segments.open.push_back(segment);
        self.publish(&segments);
    }

    /// Hands segments that are finished now to followers, in their order, and says which.
    pub(super) fn settle(&self) -> Vec<Arc<Segment>> {
        let mut segments = self.segments();
        let mut settled = Vec::new();
        while segments.open.front().is_some_and(|segment| segment.is_finished()) {
            settled.extend(segments.open.pop_front());
        }
        if !settled.is_empty() {
            segments.finished.extend(settled.iter().cloned());
            self.publish(&segments);
        }
        settled
    }

    /// Those that are not finished, in their order.
    pub(super) fn open(&self) -> Vec<Arc<Segment>> {
        self.segments().open.iter().cloned().collect()
    }

    /// How many are sealed and not durable.
    pub(super) fn pending(&self) -> usize {
        self.0.state.borrow().pending.len()
    }

    /// There will be no more.
    pub(super) fn close(&self) {
        self.0.state.update(|state| state.closed = true);
    }

    /// Listens to the state.
    pub(super) fn events(&self) -> watch::Receiver<TailState> {
        self.0.state.subscribe()
    }

    fn publish(&self, segments: &Segments) {
        let mut open: Vec<_> = segments.open.iter().map(|segment| segment.id()).collect();
        let active = open.pop();
        self.0.state.update(|state| {
            *state = TailState { active, pending: open, finished: segments.finished.len(), ..*state };
        });
    }

    fn segments(&self) -> MutexGuard<'_, Segments> {
        self.0.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads from the first segment that there is.
    pub fn follow(&self) -> Follower {
        let segments = self.segments();
        let first = segments
            .finished
            .first()
            .or(segments.open.front())
            .map_or(SegmentId::new(1), |segment| segment.id());
        drop(segments);
        tracing::debug!(target: target::READER, event = "attached", segment_id = first.as_u64(), "tail follower attached");
        Follower { next: first, state: self.events() }
    }

    /// The next segment that is sealed and durable, once there is one; nothing where the log is closed and all were read.
    pub async fn next_sealed_segment(&self, follower: &mut Follower) -> Option<Arc<Segment>> {
        let mut blocked = None;
        let (mut first, mut deadline) = (None, Instant::now() + self.0.blocked_after);
        loop {
            let state = follower.state.borrow_and_update().clone();
            // More segments behind the one that is waited for are no reason to be patient with it.
            if first != state.pending.first().copied() {
                (first, deadline) = (state.pending.first().copied(), Instant::now() + self.0.blocked_after);
            }
            if let Some(segment) = self.first_from(follower.next) {
                let id = segment.id();
                follower.next = id.next();
                if blocked.is_some() {
                    tracing::debug!(target: target::READER, event = "resumed", segment_id = id.as_u64(), "tail moves again");
                }
                tracing::debug!(target: target::READER, event = "segment", segment_id = id.as_u64(), "tail follower reads a segment");
                return Some(segment);
            }
            if state.closed {
                let id = follower.next.as_u64();
                tracing::debug!(target: target::READER, event = "ended", segment_id = id, "tail follower has read all");
                return None;
            }
            // The follower has its own receiver of a state that `self` keeps alive, so a change is all that can end the wait.
            if timeout_at(deadline, follower.state.changed()).await.is_err() {
                self.say_if_blocked(&mut blocked);
                deadline += self.0.blocked_after;
            }
        }
    }

    fn first_from(&self, id: SegmentId) -> Option<Arc<Segment>> {
        let segments = self.segments();
        let at = segments.finished.partition_point(|segment| segment.id() < id);
        segments.finished.get(at).cloned()
    }

    /// Warns, once for each segment, where what is sealed does not become durable.
    fn say_if_blocked(&self, blocked: &mut Option<SegmentId>) {
        let first = self.0.state.borrow().pending.first().copied();
        if let Some(id) = first
            && *blocked != first
        {
            tracing::warn!(
                target: target::READER,
                event = "blocked",
                segment_id = id.as_u64(),
                pending = self.pending(),
                "tail is blocked by a sealed segment that is not durable"
            );
            *blocked = first;
        }
    }
}
