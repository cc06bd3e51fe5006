//! An append-only log on disk: segments that are sealed when they are full, a scheduler that flushes them, followers of its end,
//! recovery after a crash.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `log` | [`Aof`]: appends, sealing, the decision to flush |
//! | `segment`, `record` | a file of checksummed records, and what of it is durable |
//! | `flush` | the scheduler: its queue, retries, backpressure, the synchronous fallback |
//! | `tail` | followers, and the state that others watch |
//! | `recovery`, `archive` | what is found at the start; where sealed segments go |
//! | `metrics` | what the flush scheduler counts, and the exporter of that |
//! | `disk` | the disk, and one with faults |
//!
//! Invariants:
//! - a segment's durable part is a prefix of it, and segments become durable in their order;
//! - what was accepted and is not durable is in memory, at most a segment for each place in the queue and two more;
//! - events are `debug` as long as all goes well, and `warn` once the disk or the system holds something up.

#![allow(dead_code, unused_imports, reason = "each program uses a part of what a log offers")]

mod archive;
mod config;
mod disk;
mod flush;
mod log;
mod metrics;
mod record;
mod recovery;
mod segment;
mod tail;

pub use config::AofConfig;
pub use disk::{Disk, FaultyDisk, RealDisk};
pub use log::{Aof, AofError};
pub use metrics::{FlushMetrics, FlushMetricsExporter, FlushSample};
pub use segment::{Segment, SegmentId};
pub use tail::{Follower, Tail, TailState};

/// The targets of its events, by which operators filter: they stay what they are wherever the code moves.
mod target {
    /// Segments and the decisions about them.
    pub(super) const LOG: &str = "bop_rs::aof2::mod";
    /// Flushes, and what holds them up.
    pub(super) const FLUSH: &str = "bop_rs::aof2::flush";
    /// Followers.
    pub(super) const READER: &str = "bop_rs::aof2::reader";
}

/// An event that is `warn` where something is held up, and `debug` where not.
macro_rules! escalating {
    ($held_up:expr, $($event:tt)+) => {
        if $held_up {
            ::tracing::warn!($($event)+)
        } else {
            ::tracing::debug!($($event)+)
        }
    };
}
use escalating;

/// A duration as the events' fields have it.
fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
