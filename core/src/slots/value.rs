//! Typed field values, and how they are written into a slot's words.
//!
//! A field is one word of header, `tag | flags << 8 | field index << 16 | bytes << 32`, and then the value: one
//! word for numbers, the UTF-8 bytes padded to words for text, three words for a link. Where the flag `KEYED` is set, the
//! index is the length of a key in bytes, which comes before the value, padded to words.

use std::fmt;

use super::lock::{LATE, LINKS_SHIFT, MAX_LINKS};
use super::{FIRST_FIELD, FreeList, HEADER, LINK_CHAIN, MAX_CHAIN, Pool, SLOT_WORDS, Slot, word};
use crate::ids::{SpanId, TraceId};
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
    /// Another span that this one has to do with.
    Link(TraceId, SpanId),
}

/// Field indexes that stand for something else than a callsite's field.
pub mod index {
    /// What an error says: the status's description.
    pub const STATUS_MESSAGE: u16 = u16::MAX;
    /// `error.type`.
    pub const ERROR_TYPE: u16 = u16::MAX - 1;
    /// A name other than the callsite's.
    pub const NAME: u16 = u16::MAX - 2;
    /// A kind other than the callsite's, as text in lower case.
    pub const KIND: u16 = u16::MAX - 3;
    /// A status that somebody has set: `true` is "ok", `false` "error".
    pub const STATUS: u16 = u16::MAX - 4;
    /// A link, which has no index.
    pub const LINK: u16 = u16::MAX - 5;
    /// A scope other than the callsite's target.
    pub const SCOPE: u16 = u16::MAX - 6;
    /// W3C's `tracestate`, where there is more than the sampler's.
    pub const TRACE_STATE: u16 = u16::MAX - 7;
    /// How long the call's future was polled, in nanoseconds.
    pub const BUSY: u16 = u16::MAX - 9;
    /// How long it waited for others.
    pub const IDLE: u16 = u16::MAX - 10;
    /// How long its task had been woken and was not polled yet.
    pub const QUEUED: u16 = u16::MAX - 11;
    /// The task that it ran in, by its number.
    pub const TASK: u16 = u16::MAX - 12;
    /// How many links found no room; only a record has it. Counted up to 4 095.
    pub const DROPPED_LINKS: u16 = u16::MAX - 8;
}

/// Longest text of one field, in bytes; the rest is cut.
pub const MAX_TEXT: usize = 1024;
/// Longest key of one field, in bytes; the rest is cut.
pub const MAX_KEY: usize = 255;

const TRUNCATED: u64 = 1 << 8;
const KEYED: u64 = 1 << 9;
const TEXT: u64 = 5;

/// Words of a number's field.
pub(super) const NUMBER_WORDS: usize = 2;

/// The field that says how many links were dropped.
pub(super) fn dropped_links(links: u64) -> [u64; NUMBER_WORDS] {
    [u64::from(index::DROPPED_LINKS) << 16 | 3 | 8 << 32, links]
}

/// Writes fields behind those that are there already.
#[derive(Debug)]
pub struct FieldWriter<'a> {
    pool: &'a Pool,
    cache: &'a FreeList,
    first: u32,
    place: Place<'a>,
    /// The words of `place.used` that are whole fields.
    whole: usize,
    dropped: u16,
    dropped_links: u64,
    late: bool,
}

/// Where the next word goes.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    slot: &'a Slot,
    /// The word in the slot; the slot's end, where another slot follows or is to.
    word: usize,
    /// Slots so far.
    chain: usize,
    /// Words used so far, in all slots.
    used: usize,
}

impl<'a> FieldWriter<'a> {
    /// A writer at the span's first field, to be placed before it [goes on](Self::go_behind).
    #[inline(always)]
    pub(super) fn new(pool: &'a Pool, cache: &'a FreeList, slot: &'a Slot, first: u32, state: u64) -> Self {
        Self {
            pool,
            cache,
            first,
            place: Place { slot, word: FIRST_FIELD, chain: 1, used: 0 },
            whole: 0,
            dropped: (state >> 16) as u16,
            dropped_links: state >> LINKS_SHIFT & MAX_LINKS,
            late: state & LATE != 0,
        }
    }

    /// Goes behind the fields that the state counts.
    #[inline]
    pub(super) fn go_behind(&mut self, state: u64) {
        let used = usize::from(state as u16);
        if used > 0 {
            (self.whole, self.late) = (used, true);
            self.skip(used);
        }
    }

    #[cold]
    fn skip(&mut self, mut words: usize) {
        while words > SLOT_WORDS - self.place.word {
            words -= SLOT_WORDS - self.place.word;
            self.place.used += SLOT_WORDS - self.place.word;
            let next = self.place.slot.get(word::TAG) as u32;
            let Some(slot) = next.checked_sub(1).and_then(|next| self.pool.existing(next)) else { return };
            self.place = Place { slot, word: HEADER, chain: self.place.chain + 1, ..self.place };
        }
        self.place.word += words;
        self.place.used += words;
    }

    /// The counts of the state: words written whole, fields and links dropped; and whether there were fields before.
    #[inline]
    pub(super) fn progress(&self) -> u64 {
        let late = if self.late { LATE } else { 0 };
        self.whole as u64 | u64::from(self.dropped) << 16 | self.dropped_links << LINKS_SHIFT | late
    }

    pub(super) fn cache(&self) -> &'a FreeList {
        self.cache
    }

    /// The index of the span's first slot.
    pub(super) fn first(&self) -> u32 {
        self.first
    }

    /// Writes a field; where there is no room it is dropped and counted. A link leaves room for other fields.
    #[inline(always)]
    pub fn push(&mut self, index: u16, value: Value<'_>) {
        let header = u64::from(index) << 16;
        match value {
            Value::Bool(value) => self.number(header | 1, value.into()),
            Value::I64(value) => self.number(header | 2, value as u64),
            Value::U64(value) => self.number(header | 3, value),
            Value::F64(value) => self.number(header | 4, value.to_bits()),
            Value::Str(text) => self.text(header, text),
            Value::Link(trace, span) => self.push_link(header, trace, span),
        }
    }

    /// Writes a field with a key that its callsite does not know.
    pub fn push_keyed(&mut self, key: &str, value: Value<'_>) {
        let key = cut(key, MAX_KEY);
        self.push_with(KEYED | (key.len() as u64) << 16, key, value);
    }

    /// Writes what `text` formats to, without a buffer in between. Cut at [`MAX_TEXT`] or where the room ends.
    pub fn push_fmt(&mut self, index: u16, text: fmt::Arguments<'_>) {
        match text.as_str() {
            Some(text) => self.push(index, Value::Str(text)),
            None => self.push_formatted(u64::from(index) << 16, "", text),
        }
    }

    /// As [`push_keyed`](Self::push_keyed) and [`push_fmt`](Self::push_fmt).
    pub fn push_keyed_fmt(&mut self, key: &str, text: fmt::Arguments<'_>) {
        let key = cut(key, MAX_KEY);
        self.push_formatted(KEYED | (key.len() as u64) << 16, key, text);
    }

    fn push_with(&mut self, header: u64, key: &str, value: Value<'_>) {
        match value {
            Value::Bool(value) => self.push_number(header | 1, key, value.into()),
            Value::I64(value) => self.push_number(header | 2, key, value as u64),
            Value::U64(value) => self.push_number(header | 3, key, value),
            Value::F64(value) => self.push_number(header | 4, key, value.to_bits()),
            Value::Str(text) => self.push_formatted(header, key, format_args!("{text}")),
            Value::Link(trace, span) => self.push_link(header, trace, span),
        }
    }

    #[inline]
    fn number(&mut self, header: u64, value: u64) {
        let (slot, word) = (self.place.slot, self.place.word);
        if let Some([first, second]) = slot.words.get(word..word + 2) {
            first.store(header | 8 << 32, Ordering::Relaxed);
            second.store(value, Ordering::Relaxed);
            self.advance(2);
        } else {
            self.push_number(header, "", value);
        }
    }

    /// Text that fits into the slot; else as what is formatted.
    fn text(&mut self, header: u64, text: &str) {
        let bytes = text.as_bytes();
        let (slot, word) = (self.place.slot, self.place.word);
        let words = 1 + bytes.len().div_ceil(8);
        let room = slot.words.get(word..word + words).filter(|_| bytes.len() <= MAX_TEXT);
        let Some([first, rest @ ..]) = room else {
            return self.push_formatted(header, "", format_args!("{text}"));
        };
        first.store(header | TEXT | (bytes.len() as u64) << 32, Ordering::Relaxed);
        for (to, bytes) in rest.iter().zip(bytes.chunks(8)) {
            to.store(word_of(bytes), Ordering::Relaxed);
        }
        self.advance(words);
    }

    /// Counts words of a whole field in this slot.
    #[inline]
    fn advance(&mut self, words: usize) {
        self.place.word += words;
        self.place.used += words;
        self.whole = self.place.used;
    }

    #[cold]
    fn push_link(&mut self, header: u64, trace: TraceId, span: SpanId) {
        let (start, header) = (self.place, header | 6 | 24 << 32);
        let written = [header, trace.high, trace.low, span.0].into_iter().all(|word| self.put(word));
        if written && self.place.chain <= LINK_CHAIN {
            self.whole = self.place.used;
        } else {
            self.place = start;
            self.dropped_links = (self.dropped_links + 1).min(MAX_LINKS);
        }
    }

    #[cold]
    fn push_number(&mut self, header: u64, key: &str, value: u64) {
        let start = self.place;
        let written = self.put(header | 8 << 32) && self.put_text(key) && self.put(value);
        self.close(start, written);
    }

    #[cold]
    fn push_formatted(&mut self, header: u64, key: &str, text: fmt::Arguments<'_>) {
        let start = self.place;
        if !(self.put(0) && self.put_text(key)) {
            return self.close(start, false);
        }
        let mut writer = TextWriter { fields: self, word: [0; 8], bytes: 0, truncated: false };
        // An error is the text's own or our "full": what is written stays.
        let _ = fmt::Write::write_fmt(&mut writer, text);
        let (bytes, truncated) = writer.finish();
        if bytes == 0 && truncated {
            return self.close(start, false);
        }
        let flags = if truncated { TRUNCATED } else { 0 };
        let end = std::mem::replace(&mut self.place, start);
        self.put(header | TEXT | flags | (bytes as u64) << 32);
        self.place = end;
        self.close(start, true);
    }

    /// The field is whole; or what was written of it is taken back, and it counts as dropped. The slots stay chained.
    #[inline]
    fn close(&mut self, start: Place<'a>, written: bool) {
        if written {
            self.whole = self.place.used;
        } else {
            self.place = start;
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Writes text padded to words.
    fn put_text(&mut self, text: &str) -> bool {
        text.as_bytes().chunks(8).all(|bytes| self.put(word_of(bytes)))
    }

    #[inline]
    fn put(&mut self, value: u64) -> bool {
        if self.place.word == SLOT_WORDS && !self.grow() {
            return false;
        }
        self.place.slot.set(self.place.word, value);
        self.place.word += 1;
        self.place.used += 1;
        true
    }

    /// Goes on in another slot.
    #[cold]
    fn grow(&mut self) -> bool {
        if self.place.chain == MAX_CHAIN {
            return false;
        }
        let link = self.place.slot.get(word::TAG) as u32;
        let next = link.checked_sub(1).or_else(|| {
            let (slot, next) = self.pool.take(self.cache)?;
            let next = next.index();
            let header = &slot.words[word::SPEC..HEADER];
            header.iter().for_each(|word| word.store(0, Ordering::Relaxed));
            let tag = &self.place.slot.words[word::TAG];
            let generation = tag.load(Ordering::Relaxed) & !0xffff_ffff;
            tag.store(generation | u64::from(next + 1), Ordering::Release);
            Some(next)
        });
        let Some(slot) = next.and_then(|next| self.pool.existing(next)) else { return false };
        self.place = Place { slot, word: HEADER, chain: self.place.chain + 1, ..self.place };
        true
    }
}

/// One to eight bytes as a word, in the order of memory, padded with zeros.
#[inline]
fn word_of(bytes: &[u8]) -> u64 {
    if let Ok(word) = bytes.try_into() {
        return u64::from_ne_bytes(word);
    }
    let word = if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // The two overlap, and agree where they do.
        let low = u64::from(u32::from_le_bytes(*first));
        low | u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4))
    } else {
        bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    word.to_le()
}

/// The start of a text, of at most so many bytes.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// Collects bytes into words.
struct TextWriter<'w, 'a> {
    fields: &'w mut FieldWriter<'a>,
    word: [u8; 8],
    bytes: usize,
    truncated: bool,
}

impl TextWriter<'_, '_> {
    fn finish(mut self) -> (usize, bool) {
        if self.bytes % 8 != 0 && !self.fields.put(u64::from_ne_bytes(self.word)) {
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
            self.word[self.bytes % 8] = byte;
            self.bytes += 1;
            if self.bytes % 8 == 0 {
                if !self.fields.put(u64::from_ne_bytes(self.word)) {
                    self.bytes -= 8;
                    self.truncated = true;
                    return Err(fmt::Error);
                }
                self.word = [0; 8];
            }
        }
        Ok(())
    }
}

/// A field, read back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    /// Its place among the callsite's fields, or one of [`index`].
    pub index: u16,
    /// Its key, where its callsite does not know it.
    pub key: Option<&'a str>,
    /// Its value.
    pub value: Value<'a>,
}

/// Fields, read from a record or a copy of a span's slots.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    words: &'a [u64],
}

impl<'a> Fields<'a> {
    pub(super) fn new(words: &'a [u64]) -> Self {
        Self { words }
    }

    fn take(&mut self, words: usize) -> Option<&'a [u64]> {
        let (taken, rest) = self.words.split_at_checked(words)?;
        self.words = rest;
        Some(taken)
    }

    fn text(&mut self, bytes: usize) -> Option<&'a str> {
        let bytes = &as_bytes(self.take(bytes.div_ceil(8))?)[..bytes];
        Some(match std::str::from_utf8(bytes) {
            Ok(text) => text,
            // Cut in the middle of a character.
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        })
    }
}

/// The bytes of words, in the order of memory.
fn as_bytes(words: &[u64]) -> &[u8] {
    // SAFETY: the memory is that of the slice, any of its bytes is a `u8`, and a `u8` needs no alignment.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        let header = *self.take(1)?.first()?;
        let (tag, index, bytes) = (header & 0xff, (header >> 16) as u16, (header >> 32) as usize);
        let key = if header & KEYED != 0 { Some(self.text(index.into())?) } else { None };
        let mut number = || self.take(1)?.first().copied();
        let value = match tag {
            1 => Value::Bool(number()? != 0),
            2 => Value::I64(number()? as i64),
            3 => Value::U64(number()?),
            4 => Value::F64(f64::from_bits(number()?)),
            TEXT if bytes <= MAX_TEXT => Value::Str(self.text(bytes)?),
            6 => {
                let [high, low, span] = *self.take(3)? else { return None };
                Value::Link(TraceId { high, low }, SpanId(span))
            }
            _ => return None,
        };
        Some(Field { index, key, value })
    }
}
