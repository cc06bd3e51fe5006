//! Any bytes as the payload of a block whose checksums are right, so that all of the decoder is reached. The first six bytes say what the header does: the
//! codec, and how many events, repeated events and bytes of the packed part there are; the rest is the payload.
//!
//!     cargo +nightly fuzz run payload

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanwright_recording::{Block, Codec, Content, Header, MAX_RAW};

fuzz_target!(|bytes: &[u8]| {
    let Some(([codec, events, repeated, packed @ ..], payload)) = bytes.split_first_chunk::<6>() else {
        return;
    };
    let packed = u32::from(packed[0]) | u32::from(packed[1]) << 8 | u32::from(packed[2]) << 16;
    let codec = [Codec::None, Codec::Deflate, Codec::Zstd][usize::from(codec % 3)];
    let packed = packed.min(payload.len() as u32);
    let header = Header {
        content: Content::Events,
        codec,
        payload: payload.len() as u32,
        packed,
        raw: if codec == Codec::None { packed } else { MAX_RAW },
        events: u32::from(*events),
        repeated: u32::from(*repeated),
        sequence: 0,
        recording: 0,
        first: 1 << 60,
        last: 1 << 61,
        earliest: 0,
        payload_crc: crc32c::crc32c(payload),
    };
    let _ = Block::from_payload(&header, payload);
});
