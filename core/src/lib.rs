//! The leaf of spanwright: what the hot path touches, and all of its `unsafe` and lock-free code.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`descriptor`] | what the macros write down about a function or a metric: plain constants |
//! | [`objective`] | which share of a function's calls is to be good |
//! | [`catalog`] | the same as bytes in the binary, and what reads them |
//! | [`callsite`] | one word of state per annotated function; zero means "run the body" |
//! | [`context`] | the current span of a thread, `Copy`, swapped by calls, polls and layers |
//! | [`carried`] | what a context's handle stands for: `tracestate` and baggage, in one bounded table |
//! | [`local`] | the one thread-local of the hot path |
//! | [`cells`] | values of metrics: per-thread pages of cells, added up when read |
//! | [`chunks`] | the telemetry ring buffer: what happened, from all threads to one reader |
//! | [`events`] | polls, parks, wakes, tasks: what the recorder wants to know, and what each thread does now |
//! | [`lanes`] | what each thread is and does now, where others can read it |
//! | [`segment`] | a file in memory for ring and open spans, so that others can read them after this process |
//! | [`slots`] | open spans: pooled, generation-tagged slots that hold ids, times and typed fields |
//! | [`kept`] | values that are made when they are needed first, and kept for good |
//! | [`process`] | the end of the process, and forked children |
//! | [`clock`] | the processor's invariant counter where there is one, the system's clock elsewhere |
//!
//! Invariants:
//! - nothing here allocates, locks or calls the system on the hot path (a page's or a segment's first
//!   use, a thread's first and last use are not it);
//! - a handle is an index into a process-wide layout, never an address;
//! - every bound is a constant of this crate: [`slots::MAX_SLOTS`], [`cells::MAX_CELLS`].
//!
//! Users depend on the `spanwright` package; nothing here is a public interface of its own.

pub mod callsite;
#[cfg(not(loom))]
pub mod carried;
pub mod catalog;
pub mod cells;
pub mod chunks;
pub mod clock;
pub mod context;
pub mod descriptor;
#[cfg(not(loom))]
pub mod events;
pub mod ids;
pub mod kept;
#[cfg_attr(loom, allow(dead_code, reason = "threads' lanes are not known to loom"))]
pub mod lanes;
pub mod local;
pub mod objective;
#[cfg(not(loom))]
pub mod process;
#[cfg(not(loom))]
pub mod segment;
pub mod slots;
mod sync;
pub mod texts;
