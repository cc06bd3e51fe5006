//! Typed field values and their encoding in a slot's words.
//!
//! A field is one word of header, `tag | flags << 8 | field index << 16 | bytes << 32`, and then the value: one
//! word for numbers, the UTF-8 bytes padded to words for text.

use std::fmt;

use super::{CONTINUED_HEADER, FreeList, HEADER, MAX_CHAIN, MAX_SLOTS, Pool, SLOT_WORDS, SlotHandle, word};
use crate::sync::Ordering;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A floating-point number.
    F64(f64),
    /// Text.
    Str(&'a str),
}

/// The field index of the status's description: what an error says.
pub const STATUS_MESSAGE: u16 = u16::MAX;
/// The field index of `error.type`.
pub const ERROR_TYPE: u16 = u16::MAX - 1;

/// Longest text of one field, in bytes; the rest is cut.
pub const MAX_TEXT: usize = 1024;

const TRUNCATED: u64 = 1 << 8;

/// Writes fields behind those that are there already.
#[derive(Debug)]
pub struct FieldWriter<'a> {
    pool: &'a Pool,
    cache: &'a FreeList,
    /// The slot that `used` lies in, and the words used before it.
    slot: u32,
    base: usize,
    chain: usize,
    used: usize,
    /// The words of `used` that are whole fields.
    whole: usize,
    dropped: u16,
}

impl<'a> FieldWriter<'a> {
    pub(super) fn new(
        pool: &'a Pool,
        cache: &'a FreeList,
        span: SlotHandle,
        used: u16,
        dropped: u16,
    ) -> Self {
        let used = usize::from(used);
        let mut writer =
            Self { pool, cache, slot: span.index(), base: 0, chain: 1, used, whole: used, dropped };
        while writer.used >= writer.base + writer.room() {
            let next = writer.pool.slot(writer.slot).get(word::TAG) as u32;
            let Some(next) = next.checked_sub(1) else { break };
            writer.step(next);
        }
        writer
    }

    /// Words written whole, and fields dropped.
    pub(super) fn progress(&self) -> (u16, u16) {
        (self.whole as u16, self.dropped)
    }

    /// Writes a field; where there is no room it is dropped and counted.
    pub fn push(&mut self, index: u16, value: Value<'_>) {
        let (tag, word) = match value {
            Value::Bool(value) => (1, u64::from(value)),
            Value::I64(value) => (2, value as u64),
            Value::U64(value) => (3, value),
            Value::F64(value) => (4, value.to_bits()),
            Value::Str(text) => return self.push_fmt(index, format_args!("{text}")),
        };
        let at = self.used;
        let header = tag | u64::from(index) << 16 | 8 << 32;
        if !(self.put(header) && self.put(word)) {
            return self.undo(at);
        }
        self.whole = self.used;
    }

    /// Writes what `text` formats to, without a buffer in between. Cut at [`MAX_TEXT`] or where the room ends.
    pub fn push_fmt(&mut self, index: u16, text: fmt::Arguments<'_>) {
        let start = self.place();
        let at = self.used;
        if !self.put(0) {
            return self.undo(at);
        }
        let mut writer = TextWriter { fields: self, word: 0, bytes: 0, truncated: false };
        // An error is the text's own or our "full": what is written stays.
        let _ = fmt::Write::write_fmt(&mut writer, text);
        let (bytes, truncated) = writer.finish();
        let flags = if truncated { TRUNCATED } else { 0 };
        let header = 5 | flags | u64::from(index) << 16 | (bytes as u64) << 32;
        if bytes == 0 && truncated {
            return self.undo(at);
        }
        if let Some((slot, word)) = start {
            self.pool.slot(slot).set(word, header);
        }
        self.whole = self.used;
    }

    /// Where the next word goes; a new slot is chained where the last is full.
    fn place(&mut self) -> Option<(u32, usize)> {
        if self.used >= self.base + self.room() {
            if self.chain == MAX_CHAIN {
                return None;
            }
            let link = self.pool.slot(self.slot).get(word::TAG) as u32;
            let next = match link.checked_sub(1) {
                Some(next) => next,
                None => {
                    let (next, _) = self.pool.take(self.cache)?;
                    let tag = &self.pool.slot(self.slot).words[word::TAG];
                    let generation = tag.load(Ordering::Relaxed) & !0xffff_ffff;
                    tag.store(generation | u64::from(next + 1), Ordering::Release);
                    next
                }
            };
            self.step(next);
        }
        Some((self.slot, self.header() + self.used - self.base))
    }

    fn put(&mut self, value: u64) -> bool {
        let Some((slot, word)) = self.place() else { return false };
        self.pool.slot(slot).set(word, value);
        self.used += 1;
        true
    }

    /// Takes back what was written from `at` on, and counts the field as dropped. The slots stay chained.
    fn undo(&mut self, at: usize) {
        self.used = at;
        self.dropped = self.dropped.saturating_add(1);
    }

    fn step(&mut self, next: u32) {
        self.base += self.room();
        self.slot = next;
        self.chain += 1;
    }

    fn header(&self) -> usize {
        if self.chain == 1 { HEADER } else { CONTINUED_HEADER }
    }

    fn room(&self) -> usize {
        SLOT_WORDS - self.header()
    }
}

/// Collects bytes into words.
struct TextWriter<'w, 'a> {
    fields: &'w mut FieldWriter<'a>,
    word: u64,
    bytes: usize,
    truncated: bool,
}

impl TextWriter<'_, '_> {
    fn finish(mut self) -> (usize, bool) {
        if self.bytes % 8 != 0 && !self.fields.put(self.word) {
            self.bytes -= self.bytes % 8;
            self.truncated = true;
        }
        (self.bytes, self.truncated)
    }
}

impl fmt::Write for TextWriter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.bytes == MAX_TEXT {
                self.truncated = true;
                return Err(fmt::Error);
            }
            self.word |= u64::from(byte) << (8 * (self.bytes % 8));
            self.bytes += 1;
            if self.bytes % 8 == 0 {
                if !self.fields.put(self.word) {
                    self.bytes -= 8;
                    self.truncated = true;
                    return Err(fmt::Error);
                }
                self.word = 0;
            }
        }
        Ok(())
    }
}

/// A field read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its place among the callsite's fields, or [`STATUS_MESSAGE`] or [`ERROR_TYPE`].
    pub index: u16,
    /// Its value.
    pub value: OwnedValue,
}

/// A value read back; text is copied out, since its slot may be used again at any time.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnedValue {
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A floating-point number.
    F64(f64),
    /// Text.
    Str(String),
}

/// The fields of a span, read from its slots.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    pool: &'a Pool,
    slot: u32,
    word: usize,
    chain: usize,
    left: u16,
}

impl<'a> Fields<'a> {
    pub(super) fn new(pool: &'a Pool, slot: u32, used: u16) -> Self {
        Self { pool, slot, word: HEADER, chain: 1, left: used }
    }

    fn next_word(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        if self.word == SLOT_WORDS {
            let next = self.pool.existing(self.slot)?.get(word::TAG) as u32;
            self.slot = next.checked_sub(1).filter(|next| *next < MAX_SLOTS && self.chain < MAX_CHAIN)?;
            self.word = CONTINUED_HEADER;
            self.chain += 1;
        }
        self.word += 1;
        Some(self.pool.existing(self.slot)?.get(self.word - 1))
    }

    fn text(&mut self, bytes: usize) -> Option<String> {
        let mut text = Vec::with_capacity(bytes.min(MAX_TEXT));
        while text.len() < bytes {
            let word = self.next_word()?.to_le_bytes();
            let wanted = (bytes - text.len()).min(8);
            text.extend_from_slice(&word[..wanted]);
        }
        Some(match String::from_utf8(text) {
            Ok(text) => text,
            // Cut in the middle of a character.
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let mut text = error.into_bytes();
                text.truncate(valid);
                String::from_utf8(text).unwrap_or_default()
            }
        })
    }
}

impl Iterator for Fields<'_> {
    type Item = Field;

    fn next(&mut self) -> Option<Field> {
        let header = self.next_word()?;
        let (tag, index, bytes) = (header as u8, (header >> 16) as u16, (header >> 32) as usize);
        let value = match tag {
            1 => OwnedValue::Bool(self.next_word()? != 0),
            2 => OwnedValue::I64(self.next_word()? as i64),
            3 => OwnedValue::U64(self.next_word()?),
            4 => OwnedValue::F64(f64::from_bits(self.next_word()?)),
            5 if bytes <= MAX_TEXT => OwnedValue::Str(self.text(bytes)?),
            _ => return None,
        };
        Some(Field { index, value })
    }
}
