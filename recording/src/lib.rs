//! Recordings of a process and its Tokio runtimes: the format, what writes it and what reads it.
//!
//! An [`Encoder`] takes [events](event) of threads and hands compressed blocks to a [`TraceWriter`]; a [`Reader`] gives them back in the
//! order of their time, of whole files, of unfinished ones, and of damaged ones as far as they go. The format is described in `FORMAT.md`
//! beside this package, so that others can read it too.
//!
//! ```
//! use spanwright_recording::event::{Nanos, Poll, TaskId, TaskSpawn};
//! use spanwright_recording::{Encoder, Options, Reader};
//!
//! let start = 1_700_000_000_000_000_000;
//! let task = TaskId::new(7);
//! // Memory is a writer too.
//! let mut encoder = Encoder::new(Vec::new(), Options::default());
//! encoder.event(0, start, &TaskSpawn { task, name: "serve".into(), ..TaskSpawn::default() })?;
//! encoder.event(0, start + 900, &Poll { duration: Nanos(800), task, worker: Some(0) })?;
//! encoder.flush()?;
//!
//! let mut reader = Reader::from_bytes(encoder.writer().clone());
//! let mut events = reader.events();
//! while let Some(record) = events.next() {
//!     println!("{}", spanwright_recording::to_line(&record, events.names(), start));
//! }
//! assert!(reader.problems().is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! | Module | Holds |
//! | --- | --- |
//! | `event` | what there is to say, as data; the table of kinds |
//! | `wire` | how values are written into columns |
//! | `block`, `header`, `codec`, `index` | a block, and where it is |
//! | `encoder` | from events to blocks |
//! | `writer` | where blocks go to |
//! | `reader` | from files to events |
//! | `json`, `show`, `summary`, `recover`, `merge` | what commands make of them |
//!
//! Invariants:
//! - blocks decode alone;
//! - whoever reads allocates no more than limits of the format allow, whatever a file says;
//! - nothing here is `unsafe`, and nothing panics on what is read.

#![forbid(unsafe_code)]

mod block;
mod codec;
mod encoder;
pub mod event;
mod header;
mod index;
mod json;
mod merge;
mod reader;
mod recover;
mod show;
mod summary;
#[cfg(test)]
mod tests;
mod wire;
mod writer;

pub use block::{Block, KindSize, Unreadable};
pub use encoder::{Encoder, Options};
pub use event::{Event, Record};
pub use header::{
    Codec, Content, HEADER_BYTES, Header, MARKER, MAX_EVENTS, MAX_PAYLOAD, MAX_RAW, NoHeader, VERSION,
};
pub use index::{Entry, TRAILER_BYTES, index_at, read_index};
pub use json::to_json;
pub use merge::merge_into;
pub use reader::{Events, Names, Problem, Problems, Reader, What, files};
pub use recover::{Recovered, recover, recover_into, repack};
pub use show::{to_line, to_rfc3339};
pub use summary::{Summary, ThreadSummary};
pub use wire::{FieldType, Malformed};
#[cfg(feature = "object_store")]
pub use writer::{Destination, ObjectStoreWriter, UploadMonitor, download};
pub use writer::{
    NullWriter, RotatingWriter, Sealed, SimpleBinaryWriter, StreamWriter, TraceWriter, UploadHealth,
    numbered_files,
};
