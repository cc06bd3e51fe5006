//! From the pipeline's thread to the recorder's: records are copied, nothing else is done, and what finds no room is counted.
//! So a slow disk harms no exporter.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spanwright_core::chunks::{Record, Records};

static FEED: Mutex<Feed> = Mutex::new(Feed::new());
/// Tells of a pass that is over.
static PASSED: Condvar = Condvar::new();

/// What waits for the recorder.
#[derive(Debug)]
struct Feed {
    /// What may wait, in bytes; nothing is taken where there is no recorder.
    most: usize,
    records: Records,
    lost: u64,
    /// Passes that are over.
    passes: u64,
    /// The ring's number of the last one.
    pass: u64,
}

impl Feed {
    const fn new() -> Self {
        Self { most: 0, records: Records::new(), lost: 0, passes: 0, pass: 0 }
    }
}

fn lock() -> MutexGuard<'static, Feed> {
    FEED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes records from now on, so many bytes of which may wait. Those that wait already stay.
pub(super) fn open(most: usize) {
    lock().most = most;
}

/// Takes nothing any more, and forgets what waits.
pub(super) fn close() {
    let mut feed = lock();
    *feed = Feed { passes: feed.passes, pass: feed.pass, ..Feed::new() };
}

/// Takes what waits into `records`, which are empty: how many were lost, and of which pass of the ring's the last of it is.
pub(super) fn swap(records: &mut Records) -> (u64, u64) {
    let mut feed = lock();
    std::mem::swap(&mut feed.records, records);
    (std::mem::take(&mut feed.lost), feed.pass)
}

/// Waits until the pipeline has gone over the whole ring once more.
pub(super) fn wait_for_pass(timeout: Duration) -> bool {
    // Under the lock, no pass is going on.
    let feed = lock();
    let next = feed.passes + 1;
    spanwright_core::chunks::ring().wake();
    let waited = PASSED.wait_timeout_while(feed, timeout, |feed| feed.passes < next);
    waited.unwrap_or_else(PoisonError::into_inner).0.passes >= next
}

/// A pass over the ring, whose records the recorder gets too.
#[derive(Debug)]
pub(crate) struct Feeding(MutexGuard<'static, Feed>);

/// Begins a pass over the ring.
pub(crate) fn feed() -> Feeding {
    Feeding(lock())
}

impl Feeding {
    /// Hands a record over, where a recorder runs.
    #[inline]
    pub(crate) fn take(&mut self, record: &Record<'_>) {
        let feed = &mut *self.0;
        if feed.most == 0 {
            return;
        }
        if feed.records.bytes() < feed.most {
            feed.records.push(record);
        } else {
            feed.lost += 1;
        }
    }
}

impl Feeding {
    /// The pass is over, and was this one of the ring's: the recorder may have it, whatever the pipeline does next.
    pub(crate) fn passed(mut self, pass: u64) {
        self.0.pass = pass;
    }
}

impl Drop for Feeding {
    fn drop(&mut self) {
        self.0.passes += 1;
        PASSED.notify_all();
    }
}
