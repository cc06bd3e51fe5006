//! How the fields of events are written into columns.
//!
//! A field type is a Rust type that is [`Wire`], and has a [`FieldType`] that is stated in the file, by which a reader that
//! does not know the kind reads its values all the same.

mod ids;
mod lists;
pub(crate) mod numbers;
mod scalars;
pub(crate) mod state;
mod types;
mod values;

pub(crate) use ids::Woken;
pub(crate) use numbers::{BitsIn, BitsOut, Bytes, get_number, put_number};
pub use scalars::Nanos;
pub(crate) use state::{Known, State};
pub use types::FieldType;

use crate::event::Value;

/// What was wrong with bytes whose checksum was right: they were written by something else, or on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(crate) &'static str);

/// Where a field is written to.
#[derive(Debug)]
pub(crate) struct Out<'o> {
    pub(crate) column: &'o mut Vec<u8>,
    pub(crate) bits: &'o mut BitsOut,
    pub(crate) state: &'o mut State,
}

impl Out<'_> {
    #[inline]
    pub(crate) fn number(&mut self, value: u64) {
        put_number(self.column, self.bits, value);
    }
}

/// Where a field is read from.
#[derive(Debug)]
pub(crate) struct In<'i, 'b> {
    pub(crate) column: &'i mut Bytes<'b>,
    pub(crate) bits: &'i mut BitsIn<'b>,
    pub(crate) known: &'i mut Known,
}

impl In<'_, '_> {
    #[inline]
    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        get_number(self.column, self.bits)
    }

    /// The length of a list, each of whose items takes a byte at least.
    pub(crate) fn length(&mut self) -> Result<usize, Malformed> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if length > self.column.0.len() {
            return Err(Malformed("a list is longer than its column"));
        }
        Ok(length)
    }
}

/// A type of fields.
pub(crate) trait Wire: Sized {
    /// As it is stated in the file.
    const TYPE: FieldType;
    /// The names of the choices, where it is one.
    const CHOICES: &'static [&'static str] = &[];

    fn put(&self, out: &mut Out<'_>);
    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed>;
    /// As a value of any type, for those who show it.
    fn value(&self) -> Value<'_>;
    /// Some value, by the numbers that are drawn.
    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self;
}
