//! Compression of the packed part of a block.
//!
//! Long columns are compressed one by one, though within one stream: each then has statistics of its own, since the numbers
//! of two columns are as different as two languages.

use std::io::{self, Read, Write};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::header::Codec;
use crate::wire::Malformed;

/// Columns from this length on have statistics of their own.
const OWN_STATISTICS: usize = 1024;

/// Compresses the parts of a block, with memory of its own.
pub(crate) struct Packer {
    codec: Codec,
    level: i32,
    #[cfg(feature = "zstd")]
    zstd: Option<zstd::stream::raw::Encoder<'static>>,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer")
            .field("codec", &self.codec)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

impl Packer {
    /// Zstandard becomes Deflate where it is not compiled in.
    pub(crate) fn new(codec: Codec, level: i32) -> Self {
        #[cfg(feature = "zstd")]
        return Self { codec, level, zstd: None };
        #[cfg(not(feature = "zstd"))]
        Self { codec: if codec == Codec::Zstd { Codec::Deflate } else { codec }, level }
    }

    /// Appends the compressed parts to `out`, and says how they are compressed: not at all, where that is no gain.
    pub(crate) fn pack<'p>(&mut self, parts: impl Iterator<Item = &'p [u8]>, out: &mut Vec<u8>) -> Codec {
        let start = out.len();
        let parts: Vec<&[u8]> = parts.collect();
        let packed = match self.codec {
            Codec::None => Err(io::ErrorKind::Unsupported.into()),
            Codec::Deflate => self.deflate(&parts, out),
            #[cfg(feature = "zstd")]
            Codec::Zstd => self.zstd(&parts, out),
            #[cfg(not(feature = "zstd"))]
            Codec::Zstd => Err(io::ErrorKind::Unsupported.into()),
        };
        let raw: usize = parts.iter().map(|part| part.len()).sum();
        if packed.is_ok() && out.len() - start < raw {
            return self.codec;
        }
        out.truncate(start);
        parts.iter().for_each(|part| out.extend_from_slice(part));
        Codec::None
    }

    fn deflate(&self, parts: &[&[u8]], out: &mut Vec<u8>) -> io::Result<()> {
        let level = flate2::Compression::new(self.level.clamp(0, 9) as u32);
        let mut encoder = DeflateEncoder::new(out, level);
        for part in parts {
            encoder.write_all(part)?;
            if part.len() >= OWN_STATISTICS {
                encoder.flush()?;
            }
        }
        encoder.finish().map(drop)
    }

    #[cfg(feature = "zstd")]
    fn zstd(&mut self, parts: &[&[u8]], out: &mut Vec<u8>) -> io::Result<()> {
        use zstd::stream::raw::Operation;
        use zstd::stream::zio::Writer;

        let mut encoder = match self.zstd.take() {
            Some(encoder) => encoder,
            None => {
                let mut encoder = zstd::stream::raw::Encoder::new(self.level)?;
                encoder.set_parameter(zstd::stream::raw::CParameter::WindowLog(WINDOW_LOG))?;
                encoder
            }
        };
        encoder.reinit()?;
        let mut writer = Writer::new(out, encoder);
        for part in parts {
            writer.write_all(part)?;
            if part.len() >= OWN_STATISTICS {
                writer.flush()?;
            }
        }
        writer.finish()?;
        self.zstd = Some(writer.into_inner().1);
        Ok(())
    }
}

/// Unpacks what must become exactly `raw` bytes.
pub(crate) fn unpack(codec: Codec, packed: &[u8], raw: u32) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::new();
    // One more would be too many, and is seen.
    let limit = u64::from(raw) + 1;
    let read = match codec {
        Codec::None => packed.take(limit).read_to_end(&mut out),
        Codec::Deflate => DeflateDecoder::new(packed).take(limit).read_to_end(&mut out),
        #[cfg(feature = "zstd")]
        Codec::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(packed);
            decoder.and_then(|mut decoder| {
                decoder.window_log_max(WINDOW_LOG)?;
                decoder.take(limit).read_to_end(&mut out)
            })
        }
        #[cfg(not(feature = "zstd"))]
        Codec::Zstd => return Err(Malformed("Zstandard is not compiled in")),
    };
    match read {
        Ok(length) if length == raw as usize => Ok(out),
        Ok(_) => Err(Malformed("a block unpacks to another length than its header says")),
        Err(_) => Err(Malformed("a block can't be unpacked")),
    }
}

/// The window is no larger than the largest block, [`MAX_RAW`](crate::MAX_RAW).
#[cfg(feature = "zstd")]
const WINDOW_LOG: u32 = 21;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_more_than_it_says_is_refused() {
        // 64 MiB of zeros, if they were unpacked.
        let zeros = vec![0; 1 << 20];
        for codec in [Codec::Deflate, Codec::Zstd] {
            let mut packed = Vec::new();
            let parts = std::iter::repeat_n(&zeros[..], 64);
            assert_eq!(Packer::new(codec, 1).pack(parts, &mut packed), codec);
            assert!(packed.len() < 1 << 20, "{codec:?}");
            assert!(unpack(codec, &packed, 1000).is_err(), "{codec:?}");
            assert!(unpack(codec, &packed[..packed.len() / 2], 64 << 20).is_err(), "{codec:?}");
            assert_eq!(unpack(codec, &packed, 64 << 20).map(|out| out.len()), Ok(64 << 20), "{codec:?}");
        }
    }
}
