//! A profile, and the protobuf that it is written as.
//!
//! Source: [`profile.proto`](https://github.com/google/pprof/blob/main/proto/profile.proto) of pprof.

use std::collections::HashMap;

use super::super::protobuf::Message;

/// Further stacks are counted as one.
const MOST: usize = 1 << 18;
/// Further frames are all the same.
const MOST_FRAMES: usize = 1 << 17;
/// So many frames of a stack at most; those closest to the root are left out.
pub(super) const DEEPEST: usize = 64;

// Field numbers, named by message and field.
const PROFILE_SAMPLE_TYPE: u32 = 1;
const PROFILE_SAMPLE: u32 = 2;
const PROFILE_LOCATION: u32 = 4;
const PROFILE_FUNCTION: u32 = 5;
const PROFILE_STRING_TABLE: u32 = 6;
const PROFILE_TIME_NANOS: u32 = 9;
const PROFILE_DURATION_NANOS: u32 = 10;
const PROFILE_DEFAULT_SAMPLE_TYPE: u32 = 14;
const VALUE_TYPE_TYPE: u32 = 1;
const VALUE_TYPE_UNIT: u32 = 2;
const SAMPLE_LOCATION_ID: u32 = 1;
const SAMPLE_VALUE: u32 = 2;
const SAMPLE_LABEL: u32 = 3;
const LABEL_KEY: u32 = 1;
const LABEL_STR: u32 = 2;
const LOCATION_ID: u32 = 1;
const LOCATION_LINE: u32 = 4;
const LINE_FUNCTION_ID: u32 = 1;
const LINE_LINE: u32 = 2;
const LINE_COLUMN: u32 = 3;
const FUNCTION_ID: u32 = 1;
const FUNCTION_NAME: u32 = 2;
const FUNCTION_SYSTEM_NAME: u32 = 3;
const FUNCTION_FILENAME: u32 = 4;
const FUNCTION_START_LINE: u32 = 5;

/// A frame, by its number: that of its location, and of its function.
pub(super) type Frame = u64;

/// What a frame stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Known {
    name: u64,
    file: u64,
    line: u32,
    column: u32,
}

/// Time and count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) busy: u64,
    pub(super) count: u64,
}

impl Weight {
    pub(super) fn add(&mut self, other: Self) {
        self.busy = self.busy.saturating_add(other.busy);
        self.count = self.count.saturating_add(other.count);
    }
}

/// How much each stack took.
#[derive(Debug)]
pub(super) struct Profile {
    /// What is counted beside the time.
    unit: &'static str,
    several: bool,
    texts: HashMap<String, u64>,
    frames: HashMap<Known, Frame>,
    /// By recording, where there are several, and by stack, the innermost frame first.
    samples: HashMap<(u64, Vec<Frame>), Weight>,
    from: u64,
    to: u64,
}

impl Profile {
    /// Where there are `several` recordings, samples say which they are of.
    pub(super) fn new(unit: &'static str, several: bool) -> Self {
        // The first is the empty one by definition.
        let texts = HashMap::from([(String::new(), 0)]);
        let (frames, samples) = (HashMap::new(), HashMap::new());
        Self { unit, several, texts, frames, samples, from: u64::MAX, to: 0 }
    }

    /// The number of a frame.
    pub(super) fn frame(&mut self, name: &str, file: &str, line: u32, column: u32) -> Frame {
        if self.frames.len() >= MOST_FRAMES {
            return self.others();
        }
        let (name, file) = (self.text(name), self.text(file));
        let next = self.frames.len() as u64 + 1;
        *self.frames.entry(Known { name, file, line, column }).or_insert(next)
    }

    /// Something was seen from a time to another.
    pub(super) fn saw(&mut self, from: u64, to: u64) {
        self.from = self.from.min(from);
        self.to = self.to.max(to);
    }

    /// A stack took this, the innermost frame first.
    pub(super) fn add(&mut self, recording: u64, stack: &[Frame], weight: Weight) {
        let recording = if self.several { recording } else { 0 };
        let key = (recording, stack.to_vec());
        let key = if self.samples.len() < MOST || self.samples.contains_key(&key) {
            key
        } else {
            (recording, vec![self.others()])
        };
        self.samples.entry(key).or_default().add(weight);
    }

    /// What stands for all that there is no room for.
    fn others(&mut self) -> Frame {
        let known = Known { name: self.text("(others)"), file: 0, line: 0, column: 0 };
        let next = self.frames.len() as u64 + 1;
        *self.frames.entry(known).or_insert(next)
    }

    fn text(&mut self, text: &str) -> u64 {
        if let Some(known) = self.texts.get(text) {
            return *known;
        }
        let next = self.texts.len() as u64;
        self.texts.insert(text.to_owned(), next);
        next
    }

    /// As protobuf, in an order that is always the same.
    pub(super) fn into_message(mut self) -> Message {
        let mut out = Message::default();
        let types = [("busy", "nanoseconds"), (self.unit, "count")];
        let types = types.map(|(what, unit)| (self.text(what), self.text(unit)));
        for (what, unit) in types {
            out.message(PROFILE_SAMPLE_TYPE, |out| {
                out.uint(VALUE_TYPE_TYPE, what);
                out.uint(VALUE_TYPE_UNIT, unit);
            });
        }
        self.put_samples(&mut out);
        let mut frames: Vec<_> = self.frames.iter().collect();
        frames.sort_by_key(|(_, frame)| **frame);
        for (known, frame) in frames {
            put_frame(&mut out, known, *frame);
        }
        let mut texts: Vec<_> = self.texts.iter().collect();
        texts.sort_by_key(|(_, place)| **place);
        texts.iter().for_each(|(text, _)| out.text(PROFILE_STRING_TABLE, text));
        if self.from <= self.to {
            out.uint(PROFILE_TIME_NANOS, most(self.from));
            out.uint(PROFILE_DURATION_NANOS, most(self.to - self.from));
        }
        out.uint(PROFILE_DEFAULT_SAMPLE_TYPE, types[0].0);
        out
    }

    fn put_samples(&mut self, out: &mut Message) {
        let mut samples: Vec<_> = std::mem::take(&mut self.samples).into_iter().collect();
        samples.sort_by(|one, other| one.0.cmp(&other.0));
        for ((recording, stack), Weight { busy, count }) in samples {
            let label =
                self.several.then(|| (self.text("recording"), self.text(&format!("{recording:016x}"))));
            out.message(PROFILE_SAMPLE, |out| {
                out.packed(SAMPLE_LOCATION_ID, stack);
                out.packed(SAMPLE_VALUE, [most(busy), most(count)]);
                if let Some((key, text)) = label {
                    out.message(SAMPLE_LABEL, |out| {
                        out.uint(LABEL_KEY, key);
                        out.uint(LABEL_STR, text);
                    });
                }
            });
        }
    }
}

/// A frame is a location, and a function of its own.
fn put_frame(out: &mut Message, known: &Known, frame: Frame) {
    let Known { name, file, line, column } = *known;
    out.message(PROFILE_LOCATION, |out| {
        out.uint(LOCATION_ID, frame);
        out.message(LOCATION_LINE, |out| {
            out.uint(LINE_FUNCTION_ID, frame);
            out.uint(LINE_LINE, line.into());
            out.uint(LINE_COLUMN, column.into());
        });
    });
    out.message(PROFILE_FUNCTION, |out| {
        out.uint(FUNCTION_ID, frame);
        out.uint(FUNCTION_NAME, name);
        out.uint(FUNCTION_SYSTEM_NAME, name);
        out.uint(FUNCTION_FILENAME, file);
        out.uint(FUNCTION_START_LINE, line.into());
    });
}

/// Values are signed.
fn most(value: u64) -> u64 {
    value.min(i64::MAX as u64)
}
