//! How numbers are written: LEB128 in tables, and a token with loose bits in columns.
//!
//! A token is a byte that says how large a number is and how it begins; the rest of it are bits, which are as good as random
//! and are kept apart, so that what is left to the compressor is what it can compress. It is the hybrid integer coding of
//! JPEG XL (ISO/IEC 18181-1, C.3.3) with a split exponent of 4 and two most significant bits in the token.

use super::Malformed;

/// Numbers below this are their token.
const SMALL: u64 = 16;
/// The exponent of the first number that is not.
const SPLIT: u32 = 4;
/// So many bits after the leading one are in the token.
const LEADING: u32 = 2;

/// Writes a number as LEB128: seven bits a byte, the lowest first, the top bit where more follow.
pub(crate) fn put_leb(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Signed numbers near zero as small unsigned ones: 0, -1, 1, -2, …
pub(crate) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The reverse of [`zigzag`].
pub(crate) const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Bytes that are read from their front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed("a byte is missing"))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed("bytes are missing"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed("bytes are missing"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn leb(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed("a number is longer than 64 bits"))
    }

    /// A count of things that take `bytes` each at least: no more than there is room for.
    pub(crate) fn count(&mut self, bytes: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.leb()?).unwrap_or(usize::MAX);
        if count > self.0.len() / bytes.max(1) {
            return Err(Malformed("a count is larger than what follows"));
        }
        Ok(count)
    }
}

/// The loose bits of a block, the lowest first.
#[derive(Debug, Default)]
pub struct BitsOut {
    bytes: Vec<u8>,
    pending: u64,
    /// So many of them; fewer than 64 between two calls.
    used: u32,
}

impl BitsOut {
    /// `count` is 61 at most, and `bits` has no others.
    #[inline]
    fn put(&mut self, bits: u64, count: u32) {
        self.pending |= bits << self.used;
        self.used += count;
        if self.used >= 64 {
            self.bytes.extend_from_slice(&self.pending.to_le_bytes());
            self.used -= 64;
            // What did not fit.
            self.pending = bits >> (count - self.used);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends what there is to `out`, and is empty after it.
    pub(crate) fn drain_to(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.bytes);
        let left = self.used.div_ceil(8) as usize;
        out.extend_from_slice(&self.pending.to_le_bytes()[..left]);
        (self.pending, self.used) = (0, 0);
    }
}

/// The reverse of [`BitsOut`].
#[derive(Debug)]
pub(crate) struct BitsIn<'a> {
    bytes: &'a [u8],
    /// In bits.
    at: usize,
}

impl<'a> BitsIn<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bits were read.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// `count` is 61 at most.
    #[inline]
    fn get(&mut self, count: u32) -> Result<u64, Malformed> {
        let (first, within) = (self.at / 8, (self.at % 8) as u32);
        self.at += count as usize;
        let rest = self.bytes.get(first..).unwrap_or_default();
        if self.at > self.bytes.len() * 8 {
            return Err(Malformed("the loose bits end early"));
        }
        let low = match rest.first_chunk() {
            Some(whole) => u64::from_le_bytes(*whole),
            None => {
                let mut whole = [0; 8];
                whole.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                u64::from_le_bytes(whole)
            }
        };
        let mut value = low >> within;
        if within + count > 64 {
            value |= u64::from(rest[8]) << (64 - within);
        }
        Ok(value & ((1 << count) - 1))
    }
}

/// Writes a number to a column.
#[inline]
pub(crate) fn put_number(column: &mut Vec<u8>, bits: &mut BitsOut, value: u64) {
    if value < SMALL {
        column.push(value as u8);
        return;
    }
    let exponent = value.ilog2();
    let loose = exponent - LEADING;
    let leading = (value >> loose) as u32 & ((1 << LEADING) - 1);
    column.push((SMALL as u32 + ((exponent - SPLIT) << LEADING) + leading) as u8);
    bits.put(value & ((1 << loose) - 1), loose);
}

/// Reads a number from a column.
#[inline]
pub(crate) fn get_number(column: &mut Bytes<'_>, bits: &mut BitsIn<'_>) -> Result<u64, Malformed> {
    let token = column.byte()?;
    if u64::from(token) < SMALL {
        return Ok(token.into());
    }
    let token = u32::from(token) - SMALL as u32;
    let loose = (token >> LEADING) + SPLIT - LEADING;
    let leading = u64::from((1 << LEADING) | (token & ((1 << LEADING) - 1)));
    Ok(leading << loose | bits.get(loose)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_sizes_come_back() {
        let numbers: Vec<u64> = (0..64)
            .flat_map(|shift| [(1u64 << shift) - 1, 1 << shift, (1 << shift) | 1, u64::MAX >> shift])
            .chain(0..300)
            .collect();
        let (mut column, mut bits) = (Vec::new(), BitsOut::default());
        for number in &numbers {
            put_number(&mut column, &mut bits, *number);
        }
        let mut loose = Vec::new();
        bits.drain_to(&mut loose);
        let (mut column, mut bits) = (Bytes(&column), BitsIn::new(&loose));
        for number in &numbers {
            assert_eq!(get_number(&mut column, &mut bits), Ok(*number));
        }
        assert!(get_number(&mut column, &mut bits).is_err());
    }

    #[test]
    fn leb128_of_all_sizes_comes_back_and_longer_ones_are_refused() {
        for number in (0..64).map(|shift| u64::MAX >> shift).chain([0]) {
            let mut out = Vec::new();
            put_leb(&mut out, number);
            assert_eq!(Bytes(&out).leb(), Ok(number));
        }
        assert!(Bytes(&[0xff; 11]).leb().is_err());
        assert!(Bytes(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).leb().is_err());
    }

    #[test]
    fn zigzag_goes_both_ways() {
        for value in [0, -1, 1, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
    }
}
