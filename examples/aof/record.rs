//! Records in a file: length, CRC32C, kind, payload.

/// Length, checksum and kind.
const HEADER: usize = 9;
/// No payload is longer, so that a length that was damaged is seen.
pub(super) const MAX_PAYLOAD: usize = 1 << 20;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What somebody has appended.
    Data = 1,
    /// The last one of a segment: how many there are before it, eight bytes, little-endian.
    Seal = 2,
}

/// Appends a record to `out`. The payload is no longer than [`MAX_PAYLOAD`].
pub(super) fn encode(kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).expect("payloads have a limit");
    out.extend(length.to_le_bytes());
    out.extend(checksum(kind as u8, payload).to_le_bytes());
    out.push(kind as u8);
    out.extend(payload);
}

/// How many bytes a record takes.
pub(super) fn encoded_len(payload: &[u8]) -> u64 {
    (HEADER + payload.len()) as u64
}

fn checksum(kind: u8, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&[kind]), payload)
}

/// The records of a file, up to the first that is torn or damaged.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the last one ends.
    pub(super) fn end(&self) -> u64 {
        self.at as u64
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (Kind, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.bytes[self.at..].split_first_chunk::<HEADER>()?;
        let [l0, l1, l2, l3, c0, c1, c2, c3, kind] = *header;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if length > MAX_PAYLOAD {
            return None;
        }
        let payload = rest.get(..length)?;
        if checksum(kind, payload) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return None;
        }
        let kind = match kind {
            1 => Kind::Data,
            2 => Kind::Seal,
            _ => return None,
        };
        self.at += HEADER + length;
        Some((kind, payload))
    }
}
