//! The header of a block.

use crate::wire::Bytes;

/// What every block begins with. It is not text, and contains what transfers as text would change.
pub const MARKER: [u8; 8] = *b"\xf5SPW\r\n\x1a\xa7";
/// The version of the format that this package writes, and the newest that it reads.
pub const VERSION: u8 = 1;
/// The length of a header.
pub const HEADER_BYTES: usize = 80;
/// What the packed part of a block is at most when it is unpacked.
pub const MAX_RAW: u32 = 2 << 20;
/// What a block is at most, without its header.
pub const MAX_PAYLOAD: u32 = 4 << 20;
/// The most events of a block, repeated ones included.
pub const MAX_EVENTS: u32 = 1 << 16;

/// How the packed part of a block is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// Not at all.
    None,
    /// Deflate (RFC 1951), which a browser can unpack.
    Deflate,
    /// Zstandard (RFC 8878).
    #[default]
    Zstd,
}

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Events.
    Events,
    /// The index of a finished file.
    Index,
}

/// The header of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the block holds.
    pub content: Content,
    /// How its packed part is compressed.
    pub codec: Codec,
    /// Bytes after the header.
    pub payload: u32,
    /// Bytes of the packed part, which comes first.
    pub packed: u32,
    /// Bytes of the packed part when it is unpacked.
    pub raw: u32,
    /// How many events there are.
    pub events: u32,
    /// How many events there are besides, which were said before and are repeated.
    pub repeated: u32,
    /// Its number within the recording, from 0; gaps mean that blocks are missing.
    pub sequence: u64,
    /// The number of the recording, drawn at random.
    pub recording: u64,
    /// The time of its first event, in nanoseconds since the Unix epoch.
    pub first: u64,
    /// The time of its last event.
    pub last: u64,
    /// When the earliest of what had ended in it began.
    pub earliest: u64,
    /// CRC32C of the payload.
    pub payload_crc: u32,
}

/// Why there is no header here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoHeader {
    /// It does not begin like one.
    #[error("no block begins here")]
    Marker,
    /// Some of its bytes have changed.
    #[error("the checksum of a block's header is wrong")]
    Checksum,
    /// A later version has written it.
    #[error("version {0} of the format is not known")]
    Version(u8),
    /// Its numbers can't be.
    #[error("a block's header says what can't be")]
    Impossible,
}

impl Header {
    /// As bytes.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let content = match self.content {
            Content::Events => 1,
            Content::Index => 2,
        };
        let codec = match self.codec {
            Codec::None => 0,
            Codec::Deflate => 1,
            Codec::Zstd => 2,
        };
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MARKER);
        bytes.extend_from_slice(&[VERSION, content, codec, 0]);
        for number in [self.payload, self.packed, self.raw, self.events, self.repeated] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.sequence, self.recording, self.first, self.last, self.earliest] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.payload_crc.to_le_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        let mut header = [0; HEADER_BYTES];
        header.copy_from_slice(&bytes);
        header
    }

    /// From bytes.
    pub fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Result<Self, NoHeader> {
        let (body, crc) = bytes.split_at(HEADER_BYTES - 4);
        if body[..8] != MARKER {
            return Err(NoHeader::Marker);
        }
        if crc32c::crc32c(body).to_le_bytes() != crc {
            return Err(NoHeader::Checksum);
        }
        if body[8] != VERSION {
            return Err(NoHeader::Version(body[8]));
        }
        let header = Self::read(&body[9..]).ok_or(NoHeader::Impossible)?;
        let events = u64::from(header.events) + u64::from(header.repeated);
        let possible = header.packed <= header.payload
            && header.payload <= MAX_PAYLOAD
            && header.raw <= MAX_RAW
            && events <= u64::from(MAX_EVENTS)
            && header.first <= header.last;
        if possible { Ok(header) } else { Err(NoHeader::Impossible) }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let content = match bytes[0] {
            1 => Content::Events,
            2 => Content::Index,
            _ => return None,
        };
        let codec = match bytes[1] {
            0 => Codec::None,
            1 => Codec::Deflate,
            2 => Codec::Zstd,
            _ => return None,
        };
        let mut rest = Bytes(&bytes[3..]);
        let mut short = || rest.array().ok().map(u32::from_le_bytes);
        let [payload, packed, raw] = [short()?, short()?, short()?];
        let [events, repeated] = [short()?, short()?];
        let mut long = || rest.array().ok().map(u64::from_le_bytes);
        let [sequence, recording] = [long()?, long()?];
        let [first, last, earliest] = [long()?, long()?, long()?];
        let payload_crc = u32::from_le_bytes(rest.array().ok()?);
        Some(Self {
            content,
            codec,
            payload,
            packed,
            raw,
            events,
            repeated,
            sequence,
            recording,
            first,
            last,
            earliest,
            payload_crc,
        })
    }

    /// Bytes of the whole block.
    pub fn length(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.payload)
    }
}
