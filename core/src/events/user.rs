//! Events of the user's own: a type of event is a constant, and its values are words.

use std::fmt;

use super::{current_task, put_with};
use crate::chunks::{Head, Kind};
use crate::clock;
use crate::local;
use crate::sync::Ordering;

/// What is known of a type of event before the program runs.
#[derive(Debug, PartialEq, Eq)]
pub struct UserSpec {
    /// What it is called.
    pub name: &'static str,
    /// Its fields' names, in the order of their values.
    pub fields: &'static [&'static str],
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldValue<'a> {
    /// There is none.
    None,
    /// Yes or no.
    Bool(bool),
    /// A number that may be negative.
    I64(i64),
    /// A number that may not.
    U64(u64),
    /// A number with a fraction.
    F64(f64),
    /// A text.
    Str(&'a str),
}

/// The most words of all values; a text that does not fit is cut, and what comes after it is [nothing](FieldValue::None).
const WORDS: usize = 128;

/// Takes the values of an event, in the order of its fields.
#[derive(Debug)]
pub struct UserWriter {
    words: [u64; WORDS],
    used: usize,
}

impl UserWriter {
    /// Adds the next field's value.
    pub fn push(&mut self, value: FieldValue<'_>) {
        match value {
            FieldValue::None => self.number(0, 0),
            FieldValue::Bool(value) => self.number(1, value.into()),
            FieldValue::I64(value) => self.number(2, value as u64),
            FieldValue::U64(value) => self.number(3, value),
            FieldValue::F64(value) => self.number(4, value.to_bits()),
            FieldValue::Str(text) => self.push_fmt(format_args!("{text}")),
        }
    }

    /// Adds what the next field's value formats to, without a buffer in between.
    pub fn push_fmt(&mut self, text: fmt::Arguments<'_>) {
        let Some(first) = self.words.get(self.used).map(|_| self.used) else { return };
        let mut out = Text { words: &mut self.words[first + 1..], bytes: 0 };
        // An error is the value's own, or that the room is used up: what is written stays.
        let _ = fmt::Write::write_fmt(&mut out, text);
        let bytes = out.bytes;
        self.words[first] = TEXT | (bytes as u64) << 8;
        self.used = first + 1 + bytes.div_ceil(8);
    }

    fn number(&mut self, tag: u64, value: u64) {
        if let Some([first, second]) = self.words.get_mut(self.used..self.used + 2) {
            (*first, *second) = (tag, value);
            self.used += 2;
        }
    }
}

const TEXT: u64 = 5;

/// A text that is being written.
struct Text<'w> {
    words: &'w mut [u64],
    bytes: usize,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut end = text.len().min(self.words.len() * 8 - self.bytes);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        for byte in &text.as_bytes()[..end] {
            let (word, shift) = (self.bytes / 8, self.bytes % 8 * 8);
            // What was there before is nothing.
            self.words[word] |= u64::from(*byte) << shift;
            self.bytes += 1;
        }
        if end < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// Records an event of the user's, whose values `write` says. Nothing is evaluated while nothing is [recorded](super::is_on).
pub fn user(spec: &'static UserSpec, write: impl FnOnce(&mut UserWriter)) {
    let Some(epoch) = super::epoch_if_on() else { return };
    crate::segment::definitions::user(spec);
    let mut writer = UserWriter { words: [0; WORDS], used: 0 };
    write(&mut writer);
    let span = crate::context::Context::here().span_id.0;
    local::with(|local| {
        let _ = local.lane_made(epoch);
        let head = Head { kind: Kind::User, flags: 0, aux: 0, at: clock::now() };
        let words = &writer.words[..writer.used];
        put_with(local, head, 3 + words.len(), |to| {
            let start = [std::ptr::from_ref(spec) as u64, current_task(), span];
            for (to, word) in to.iter().zip(start.iter().chain(words)) {
                to.store(*word, Ordering::Relaxed);
            }
        });
    });
}

/// An event of the user's, read.
#[derive(Clone, Copy, Debug)]
pub struct UserEvent<'a> {
    /// Its type.
    pub spec: &'static UserSpec,
    /// The task that was being polled; zero where none was.
    pub task: u64,
    /// The span that was current; zero where none was.
    pub span: u64,
    pub(super) words: &'a [u64],
}

impl UserEvent<'_> {
    /// Calls `each` with the fields' names and values.
    pub fn for_each(&self, mut each: impl FnMut(&'static str, FieldValue<'_>)) {
        let mut rest = self.words;
        let mut text = Vec::new();
        for name in self.spec.fields {
            let value = match *rest {
                [first, ref after @ ..] if first & 0xff == TEXT => {
                    let length = (first >> 8) as usize;
                    let (words, after) = after.split_at(length.div_ceil(8).min(after.len()));
                    text.clear();
                    text.extend(words.iter().flat_map(|word| word.to_le_bytes()));
                    text.truncate(length);
                    rest = after;
                    FieldValue::Str(std::str::from_utf8(&text).unwrap_or_default())
                }
                [tag, value, ref after @ ..] => {
                    rest = after;
                    match tag {
                        1 => FieldValue::Bool(value != 0),
                        2 => FieldValue::I64(value as i64),
                        3 => FieldValue::U64(value),
                        4 => FieldValue::F64(f64::from_bits(value)),
                        _ => FieldValue::None,
                    }
                }
                _ => FieldValue::None,
            };
            each(name, value);
        }
    }
}
