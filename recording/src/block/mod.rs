//! Blocks: what is compressed, checked and read as one.

mod decode;
pub(crate) mod encode;

use std::sync::Arc;

use crate::event::Record;
use crate::header::{Content, HEADER_BYTES, Header, NoHeader};
use crate::wire::Malformed;

/// A block that has been read.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it says of itself.
    pub header: Header,
    /// Its events: those of a thread in the order of their time, as long as they follow each other.
    pub records: Vec<Record<'static>>,
    /// Events of earlier blocks, without which this one could not be understood: whose recording it is, its runtimes,
    /// threads and tasks.
    pub repeated: Vec<Record<'static>>,
    /// What each kind takes in it.
    pub sizes: Vec<KindSize>,
}

/// What the events of a kind take in a block, repeated ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindSize {
    /// The kind's name.
    pub kind: Arc<str>,
    /// How many events.
    pub events: u64,
    /// Bytes in columns, before compression.
    pub columns: u64,
    /// Bits that are not compressed.
    pub loose_bits: u64,
}

/// Why a block can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// There is none.
    #[error(transparent)]
    Header(#[from] NoHeader),
    /// It is longer than what there is.
    #[error("the block is cut off")]
    Short,
    /// Some of its bytes have changed.
    #[error("the checksum of a block's payload is wrong")]
    Checksum,
    /// It holds no events.
    #[error("the block holds no events")]
    NoEvents,
    /// Its bytes are as they were written, and make no sense.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl Block {
    /// Reads the block that `bytes` begin with.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(Unreadable::Short)?;
        let header = Header::from_bytes(header)?;
        let payload = rest.get(..header.payload as usize).ok_or(Unreadable::Short)?;
        Self::from_payload(&header, payload)
    }

    /// Reads a block whose header is known.
    pub fn from_payload(header: &Header, payload: &[u8]) -> Result<Self, Unreadable> {
        if header.content != Content::Events {
            return Err(Unreadable::NoEvents);
        }
        if payload.len() != header.payload as usize || crc32c::crc32c(payload) != header.payload_crc {
            return Err(Unreadable::Checksum);
        }
        Ok(decode::decode(header, payload)?)
    }
}
