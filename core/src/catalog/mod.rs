//! What a binary says of itself without running: its descriptors, as bytes.
//!
//! The macros have the compiler write a record for every annotated item, every struct of metrics and every set of attributes.
//! A record has no pointers in it and says where it ends, so that whoever looks for [the magic bytes](magic) in a file finds
//! all of them, whatever the file's format is.
//!
//! It is texts, each ended by a zero byte: the magic ones and the version of the encoding; what is described ([`Kind`]); the
//! description; and the mark of its end. A number is written in decimal digits, what may be absent has a 0 or a 1 in front, and
//! a list the number of its values.
//!
//! Texts it is because the macros write most records of annotated functions themselves, with `concat!`: a text is nothing to
//! evaluate for the compiler. Where something in it is a constant that only the compiler knows, the record is written by a
//! `const fn`, which takes the compiler some hundred microseconds.
//!
//! Invariants:
//! - what a description consists of is said once, in a table that makes both what writes it and what reads it (a test compares
//!   what the macros write themselves);
//! - whoever reads checks everything, keeps nothing that is larger than what was read, and takes a record only with the mark of
//!   its end where it has to be.
//!
//! A zero byte in a text would end it: the macros write its symbol instead (`\u{2400}`). In a constant that only the compiler knows
//! it makes its record one that is not read.

mod attributes;
mod input;
mod metrics;
mod sink;
mod spans;
mod table;
mod values;

use std::hint::black_box;

pub use attributes::Attribute;
use input::Input;
pub use metrics::{Alert, Condition, Derived, Expr, Group, Metric, Metrics, Panel, Struct};
use sink::Sink;
pub use spans::{Buckets, CallFamilies, CallSpec, Dimension, Objective, Spec, Values};

use crate::descriptor;

/// The version of the encoding.
pub const VERSION: u64 = 1;

/// What records begin with; the version is behind it.
const MAGIC: &str = "\u{1}spanwright\u{1a}\r\n\u{2}\u{3}";

/// What is behind a description.
const END: &str = "\u{3}";

/// The magic bytes, inside out: a program that looks for records has none itself, and so not the bytes either.
const HIDDEN: [u8; MAGIC.len()] = {
    let mut hidden = [0; MAGIC.len()];
    let mut at = 0;
    while at < hidden.len() {
        hidden[at] = !MAGIC.as_bytes()[at];
        at += 1;
    }
    hidden
};

/// What records begin with, worked out while the program runs.
#[must_use]
pub fn magic() -> [u8; MAGIC.len()] {
    black_box(HIDDEN).map(|byte| !byte)
}

/// What is described. The number is that in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Kind {
    /// An annotated item.
    Span = 1,
    /// A struct of metrics.
    Metrics = 2,
    /// A set of attributes.
    Attributes = 3,
}

/// A description that was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content<'b> {
    /// Of an annotated item.
    Span(Box<Spec<'b>>),
    /// Of a struct of metrics.
    Metrics(Metrics<'b>),
    /// Of some attributes.
    Attributes(Vec<Attribute<'b>>),
}

/// Why bytes that begin with the magic ones are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRecord {
    /// They are damaged, or something else.
    Broken,
    /// A newer version has written them.
    Newer(u64),
}

/// A record that a `const fn` has written.
#[derive(Debug)]
pub struct Record<const N: usize> {
    /// Texts, since nothing else was written.
    bytes: [u8; N],
}

impl<const N: usize> Record<N> {
    /// As the text that it is.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        // SAFETY: by the field's invariant it is UTF-8.
        unsafe { std::str::from_utf8_unchecked(&self.bytes) }
    }
}

/// What a record begins with.
const fn header(kind: Kind, sink: &mut Sink<'_>) {
    sink.part(MAGIC);
    sink.number(VERSION);
    sink.number(kind as u64);
}

/// Declares how long a record is, and its bytes.
macro_rules! record {
    ($length:ident, $bytes:ident, $text:ident, $source:ty, $write:path) => {
        /// The record, made while the program runs.
        #[must_use]
        pub fn $text(value: $source) -> String {
            let mut bytes = vec![0; $length(value)];
            let mut sink = Sink::over(&mut bytes);
            $write(value, &mut sink);
            sink.text(END);
            sink.finish();
            // They are texts.
            String::from_utf8(bytes).unwrap_or_default()
        }

        /// How long the record is, in bytes.
        #[must_use]
        pub const fn $length(value: $source) -> usize {
            let mut sink = Sink::counting();
            $write(value, &mut sink);
            sink.text(END);
            sink.written()
        }

        /// The record, of as many bytes as its length is.
        ///
        /// # Panics
        /// Where they are not as many: at compile time.
        #[must_use]
        pub const fn $bytes<const N: usize>(value: $source) -> Record<N> {
            let mut bytes = [0; N];
            let mut sink = Sink::over(&mut bytes);
            $write(value, &mut sink);
            sink.text(END);
            // All is filled, and with whole texts.
            sink.finish();
            Record { bytes }
        }
    };
}

record!(span_length, span_record, span_text, &descriptor::Spec, span);
record!(subject_length, subject_record, subject_text, &Subject, subject);

const fn span(spec: &descriptor::Spec, sink: &mut Sink<'_>) {
    header(Kind::Span, sink);
    spans::spec::write(spec, sink);
}

/// What there is a record about that is no annotated item.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// A struct of metrics.
    Metrics(Struct),
    /// Attributes.
    Attributes(&'static [&'static descriptor::AttributeDescriptor]),
}

const fn subject(subject: &Subject, sink: &mut Sink<'_>) {
    match subject {
        Subject::Metrics(metrics) => {
            header(Kind::Metrics, sink);
            metrics::write(metrics, sink);
        }
        Subject::Attributes(attributes) => {
            header(Kind::Attributes, sink);
            attributes::write(attributes, sink);
        }
    }
}

/// Reads the record that `bytes` begin with; with it comes how long it is.
///
/// # Errors
/// Where there is none.
pub fn read(bytes: &[u8]) -> Result<(Content<'_>, usize), NoRecord> {
    let mut input = Input::new(bytes);
    if input.bytes(MAGIC.len()).is_none_or(|first| first != magic()) {
        return Err(NoRecord::Broken);
    }
    match input.number().ok_or(NoRecord::Broken)? {
        VERSION => {}
        version if version > VERSION => return Err(NoRecord::Newer(version)),
        _ => return Err(NoRecord::Broken),
    }
    let content = content(&mut input).ok_or(NoRecord::Broken)?;
    Ok((content, bytes.len() - input.left()))
}

/// What is described, the description and the mark of its end.
fn content<'b>(input: &mut Input<'b>) -> Option<Content<'b>> {
    let content = match input.number()? {
        kind if kind == Kind::Span as u64 => Content::Span(Box::new(spans::spec::read(input)?)),
        kind if kind == Kind::Metrics as u64 => Content::Metrics(metrics::read(input)?),
        kind if kind == Kind::Attributes as u64 => Content::Attributes(attributes::read(input)?),
        _ => return None,
    };
    (input.text()? == END).then_some(content)
}

#[cfg(all(test, not(loom)))]
mod tests;
