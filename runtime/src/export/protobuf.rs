//! What protobuf messages are written with: the wire format, straight into one buffer.
//!
//! A message inside another has its length before it. Where that is cheap the length is computed beforehand. Elsewhere
//! room is left for the length that is likely, and what was written moves in the rare case that it needs more or less.
//! So every length has its shortest form.
//!
//! Source: [protobuf's encoding](https://protobuf.dev/programming-guides/encoding/).

/// The wire types of protobuf.
#[derive(Clone, Copy)]
pub(in crate::export) enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// How many bytes a nested message's length is likely to take: below 128 bytes, below 16 KiB, below 2 MiB.
#[derive(Clone, Copy)]
pub(in crate::export) enum Likely {
    Small = 1,
    Medium = 2,
    Large = 3,
}

/// The tag of a field below 16, which is one byte.
#[inline]
pub(in crate::export) const fn short_tag(field: u32, wire: Wire) -> u8 {
    debug_assert!(field < 16, "the tag of a greater field takes two bytes");
    (field << 3 | wire as u32) as u8
}

#[inline]
pub(in crate::export) fn tag(out: &mut Vec<u8>, field: u32, wire: Wire) {
    varint(out, u64::from(field << 3 | wire as u32));
}

/// Text where there is any: the absent and the empty are the same outside of a `oneof`.
#[inline]
pub(in crate::export) fn text(out: &mut Vec<u8>, field: u32, value: &str) {
    if !value.is_empty() {
        bytes(out, field, value.as_bytes());
    }
}

/// How many bytes [`text`] writes for a field below 16.
#[inline]
pub(in crate::export) const fn text_length(value: &str) -> usize {
    if value.is_empty() { 0 } else { bytes_length(value) }
}

/// How many bytes [`bytes`] writes for a field below 16.
#[inline]
pub(in crate::export) const fn bytes_length(value: &str) -> usize {
    1 + varint_length(value.len() as u64) + value.len()
}

#[inline]
pub(in crate::export) fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    tag(out, field, Wire::Bytes);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// A number, the default included.
#[inline]
pub(in crate::export) fn integer(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, Wire::Varint);
    varint(out, value);
}

/// A number where it is not zero: the absent and zero are the same outside of a `oneof`.
#[inline]
pub(in crate::export) fn count(out: &mut Vec<u8>, field: u32, value: u32) {
    if value > 0 {
        integer(out, field, value.into());
    }
}

#[inline]
pub(in crate::export) fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, Wire::Fixed64);
    out.extend_from_slice(&value.to_le_bytes());
}

#[inline]
pub(in crate::export) fn fixed32(out: &mut Vec<u8>, field: u32, value: u32) {
    tag(out, field, Wire::Fixed32);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A nested message: its tag, its length, and what `content` writes.
#[inline]
pub(in crate::export) fn message(
    out: &mut Vec<u8>,
    field: u32,
    likely: Likely,
    content: impl FnOnce(&mut Vec<u8>),
) {
    tag(out, field, Wire::Bytes);
    delimited(out, likely, content);
}

/// A message with its length before it.
#[inline]
pub(in crate::export) fn delimited(out: &mut Vec<u8>, likely: Likely, content: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    match likely {
        Likely::Small => out.extend_from_slice(&[0; 1]),
        Likely::Medium => out.extend_from_slice(&[0; 2]),
        Likely::Large => out.extend_from_slice(&[0; 3]),
    }
    content(out);
    let length = out.len() - at - likely as usize;
    match (likely, length) {
        (Likely::Small, ..0x80) => out[at] = length as u8,
        (Likely::Medium, 0x80..0x4000) => {
            out[at..at + 2].copy_from_slice(&[length as u8 | 0x80, (length >> 7) as u8]);
        }
        _ => fit(out, at, likely, length),
    }
}

/// Writes a message's length where it may need other room than was left for it.
#[inline(never)]
fn fit(out: &mut Vec<u8>, at: usize, likely: Likely, length: usize) {
    let mut encoded = [0; 10];
    let encoded = encode_varint(length as u64, &mut encoded);
    let (before, after) = (at + likely as usize, at + encoded.len());
    out.resize(out.len().max(after + length), 0);
    out.copy_within(before..before + length, after);
    out.truncate(after + length);
    out[at..after].copy_from_slice(encoded);
}

#[inline]
pub(in crate::export) fn varint(out: &mut Vec<u8>, value: u64) {
    match value {
        ..0x80 => out.push(value as u8),
        0x80..0x4000 => out.extend_from_slice(&[value as u8 | 0x80, (value >> 7) as u8]),
        _ => long_varint(out, value),
    }
}

#[inline(never)]
fn long_varint(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(encode_varint(value, &mut [0; 10]));
}

/// Seven bits a byte, the lowest first; all but the last have the top bit set.
fn encode_varint(mut value: u64, room: &mut [u8; 10]) -> &[u8] {
    let mut length = 1;
    for byte in room.iter_mut() {
        *byte = value as u8 & 0x7f;
        value >>= 7;
        if value == 0 {
            break;
        }
        *byte |= 0x80;
        length += 1;
    }
    &room[..length]
}

/// How many bytes [`varint`] writes: one for each seven bits.
#[inline]
pub(in crate::export) const fn varint_length(value: u64) -> usize {
    (value | 1).ilog2() as usize / 7 + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_finds_its_room_whatever_was_left_for_it() {
        for likely in [Likely::Small, Likely::Medium, Likely::Large] {
            for length in [0, 1, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152] {
                let content = (0..length).map(|at| at as u8).collect::<Vec<_>>();
                let (mut out, mut expected) = (b"before".to_vec(), b"before".to_vec());
                message(&mut out, 1, likely, |out| out.extend_from_slice(&content));
                bytes(&mut expected, 1, &content);
                assert!(out == expected, "{length} bytes in room for {}", likely as usize);
            }
        }
    }

    proptest! {
        #[test]
        fn a_varint_is_what_prost_writes(value: u64, shift in 0..64) {
            let value = value >> shift;
            let (mut out, mut expected) = (Vec::new(), Vec::new());
            varint(&mut out, value);
            prost::encoding::encode_varint(value, &mut expected);
            prop_assert_eq!(&out, &expected);
            prop_assert_eq!(varint_length(value), expected.len());
        }
    }
}
