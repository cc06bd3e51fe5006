//! gzip.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use spanwright::instrument;

/// Compresses what is to be stored.
#[instrument(fields(size_bytes = data.len()), err)]
pub(crate) fn compress_data(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data)?;
    let compressed = encoder.finish()?;
    tracing::debug!(size_bytes = data.len(), compressed_bytes = compressed.len(), "Data compressed");
    Ok(compressed)
}

/// Decompresses what was stored.
#[instrument(fields(size_bytes = data.len()), err)]
pub(crate) fn decompress_data(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut decompressed = Vec::new();
    GzDecoder::new(data).read_to_end(&mut decompressed)?;
    tracing::debug!(size_bytes = decompressed.len(), compressed_bytes = data.len(), "Data decompressed");
    Ok(decompressed)
}
