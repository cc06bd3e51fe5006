//! What the addresses in records stand for, written down for other processes on their first use.
//!
//! A definition is two words, `kind | bytes << 32` and the address, and then its bytes, padded to words. Texts in them have
//! their length before them, as four bytes, little-endian like all numbers.
//!
//! Whether an address is known is a look into a table without a lock; a new one takes a lock. All of them are kept in the
//! process, so that a segment which comes later has them too.

use std::panic::Location;

use super::Segment;
use super::layout::{Area, HEADER, STEP, WORD, word};
use crate::descriptor::{Level, SpanKind, Spec};
use crate::events::UserSpec;
use crate::process;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};

/// What a definition is of: a [`Spec`].
pub const SPEC: u8 = 1;
/// A `&'static str`, by the address of its first byte.
pub const TEXT: u8 = 2;
/// A [`Location`].
pub const PLACE: u8 = 3;
/// A [`UserSpec`].
pub const USER: u8 = 4;
/// The first kind that is the runtime's own: it says what key and bytes are.
pub const FIRST_OTHER: u8 = 16;

/// The most definitions that there can be.
pub const MAX: usize = TABLE / 4 * 3;
/// The most bytes of one definition; what is longer is not written down.
pub const MAX_BYTES: usize = STEP / 2;
const TABLE: usize = 1 << 14;
/// The most words that are kept: 8 MiB.
const MAX_WORDS: usize = 1 << 20;

/// What is known: each address, with its kind in the upper byte; zero is free. A place changes once, and publishes nothing:
/// who finds an address knows that somebody has defined it or is about to.
static KNOWN: [AtomicU64; TABLE] = [const { AtomicU64::new(0) }; TABLE];
/// Whether there is no room for more. Publishes nothing.
static FULL: AtomicBool = AtomicBool::new(false);
static ALL: Mutex<All> = Mutex::new(All { count: 0, lost: 0, words: Vec::new(), segment: None });

struct All {
    /// How many places of the table are taken.
    count: usize,
    /// How many found no room.
    lost: u64,
    /// All of them, as they are written into a segment.
    words: Vec<u64>,
    segment: Option<&'static Segment>,
}

/// Writes down a callsite.
#[inline]
pub fn spec(spec: &'static Spec) {
    define(SPEC, std::ptr::from_ref(spec) as u64, || {
        let mut bytes = vec![spec.level.number(), spec.kind as u8];
        bytes.extend(spec.line.to_le_bytes());
        let texts = [spec.name, spec.target, spec.component, spec.module, spec.function, spec.file];
        texts.iter().chain(spec.fields).for_each(|text| put_text(&mut bytes, text));
        bytes
    });
}

/// What a definition of a callsite says, kept for good.
pub(super) fn read_spec(bytes: &[u8]) -> Option<&'static Spec> {
    let (&[level, kind, ..], line) = (bytes.first_chunk::<2>()?, bytes.get(2..6)?);
    let line = u32::from_le_bytes(line.try_into().ok()?);
    let mut texts = Texts(bytes.get(6..)?);
    let [name, target, component, module, function, file] = texts.some()?;
    let fields: Vec<&'static str> = texts.map(leak).collect();
    let kinds =
        [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
    Some(Box::leak(Box::new(Spec {
        name,
        target,
        level: Level::from_number(level),
        kind: kinds.into_iter().find(|known| *known as u8 == kind).unwrap_or_default(),
        component,
        module,
        function,
        file,
        line,
        fields: fields.leak(),
        doc: "",
        calls: None,
        reports: false,
        objectives: &[],
    })))
}

/// What a definition of a type of event says, kept for good.
pub(super) fn read_user(bytes: &[u8]) -> Option<&'static UserSpec> {
    let mut texts = Texts(bytes);
    let [name] = texts.some()?;
    let fields: Vec<&'static str> = texts.map(leak).collect();
    Some(Box::leak(Box::new(UserSpec { name, fields: fields.leak() })))
}

pub(super) fn leak(text: &[u8]) -> &'static str {
    String::from_utf8_lossy(text).into_owned().leak()
}

/// Texts with their lengths before them, as far as they are whole.
struct Texts<'a>(&'a [u8]);

impl<'a> Iterator for Texts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(text)
    }
}

impl Texts<'_> {
    fn some<const N: usize>(&mut self) -> Option<[&'static str; N]> {
        let mut all: [&[u8]; N] = [&[]; N];
        for text in &mut all {
            *text = self.next()?;
        }
        // Nothing is kept of what is not whole.
        Some(all.map(leak))
    }
}

/// Writes down a text.
#[inline]
pub fn text(text: &'static str) {
    define(TEXT, text.as_ptr() as u64, || text.as_bytes().to_vec());
}

/// Writes down a place in the source.
#[inline]
pub fn place(place: &'static Location<'static>) {
    define(PLACE, std::ptr::from_ref(place) as u64, || place.to_string().into_bytes());
}

/// Writes down a type of event.
#[inline]
pub fn user(spec: &'static UserSpec) {
    define(USER, std::ptr::from_ref(spec) as u64, || {
        let mut bytes = Vec::new();
        [spec.name].iter().chain(spec.fields).for_each(|text| put_text(&mut bytes, text));
        bytes
    });
}

/// Writes down what the runtime wants others to know, under a kind from [`FIRST_OTHER`] on and a key of 56 bits. Once: of what
/// is known already, nothing is changed.
pub fn other(kind: u8, key: u64, bytes: &[u8]) {
    if kind >= FIRST_OTHER {
        define(kind, key, || bytes.to_vec());
    }
}

/// How many definitions found no room.
#[must_use]
pub fn lost() -> u64 {
    lock(&ALL).lost
}

#[inline]
fn define(kind: u8, key: u64, bytes: impl FnOnce() -> Vec<u8>) {
    let entry = key & !(0xff << 56) | u64::from(kind) << 56;
    for place in places(entry) {
        match place.load(Ordering::Relaxed) {
            // A forked child has nothing to leave, and perhaps a lock that nobody opens any more.
            0 if process::is_forked() || FULL.load(Ordering::Relaxed) => return,
            0 => return define_now(place, kind, entry, key, &bytes()),
            known if known == entry => return,
            _ => {}
        }
    }
}

/// The places of the table that an entry may be in, the likeliest first.
#[inline]
fn places(entry: u64) -> impl Iterator<Item = &'static AtomicU64> {
    let first = (entry.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize;
    (0..TABLE).map(move |probe| &KNOWN[(first + probe) % TABLE])
}

#[cold]
fn define_now(place: &'static AtomicU64, kind: u8, entry: u64, key: u64, bytes: &[u8]) {
    let mut all = lock(&ALL);
    let taken = place.load(Ordering::Relaxed);
    if taken == entry {
        return;
    }
    if taken != 0 {
        // Another one came first.
        drop(all);
        return define(kind, key, || bytes.to_vec());
    }
    let fits = bytes.len() <= MAX_BYTES;
    let words = if fits { 2 + bytes.len().div_ceil(WORD) } else { 0 };
    if all.count == MAX || all.words.len() + words > MAX_WORDS {
        FULL.store(true, Ordering::Relaxed);
    }
    if FULL.load(Ordering::Relaxed) {
        return all.lose();
    }
    all.count += 1;
    if !fits {
        all.lose();
        // Its place is taken, so that it is made once, and not at each use.
        place.store(entry, Ordering::Release);
        return;
    }
    let start = all.words.len();
    all.words.extend([u64::from(kind) | (bytes.len() as u64) << 32, key]);
    all.words.extend(bytes.chunks(WORD).map(|bytes| {
        let mut word = [0; WORD];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    }));
    let written = all.segment.is_none_or(|segment| segment.append(&all.words[start..]));
    if !written {
        all.lose();
    }
    // Only now: who finds it here may end at once, and others find it in the segment.
    place.store(entry, Ordering::Release);
}

impl All {
    fn lose(&mut self) {
        self.lost += 1;
        if let Some(segment) = self.segment {
            segment.word(word::LOST_DEFINITIONS).store(self.lost, Ordering::Relaxed);
        }
    }
}

/// Writes all that is known into the segment, and all that will be.
pub(super) fn write_into(segment: Option<&'static Segment>) {
    let mut all = lock(&ALL);
    all.segment = segment;
    let mut rest = all.words.as_slice();
    let mut lost = 0;
    while let Some(first) = rest.first() {
        let words = 2 + ((*first >> 32) as usize).div_ceil(WORD);
        let (one, after) = rest.split_at(words.min(rest.len()));
        lost += u64::from(segment.is_some_and(|segment| !segment.append(one)));
        rest = after;
    }
    all.lost += lost;
}

impl Segment {
    /// Appends a definition; `false` where there is no room. The lock of all definitions is held.
    fn append(&self, words: &[u64]) -> bool {
        let (offset, room) = self.place(Area::Definitions);
        let used = self.word(Area::Definitions.used_word());
        let at = used.load(Ordering::Relaxed) as usize;
        let end = at + words.len() * WORD;
        if end > room || !self.has_definitions_until(offset + end) {
            return false;
        }
        for (number, value) in words.iter().enumerate() {
            // SAFETY: the words lie in the area, which is mapped for good and allocated up to there; they are aligned, and only
            // used as atomics.
            let to = unsafe { self.base.add(offset + at).cast::<AtomicU64>().add(number).as_ref() };
            to.store(*value, Ordering::Relaxed);
        }
        used.store(end as u64, Ordering::Release);
        true
    }

    /// Has the file's first bytes allocated, those before the next area.
    fn has_definitions_until(&self, end: usize) -> bool {
        let mut allocated = lock(&self.allocated);
        while allocated.definitions < end {
            if !self.grow(Area::Definitions, allocated.definitions) {
                return false;
            }
            allocated.definitions += STEP;
        }
        true
    }
}

const _: () = assert!(HEADER % WORD == 0);

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
}
