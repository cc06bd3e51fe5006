//! Values that are not put together of others.

use super::table::{list, optional};
use super::{Input, Sink};

/// A text.
pub(crate) mod text {
    use super::{Input, Sink};

    pub(crate) type Read<'b> = &'b str;

    pub(crate) const fn write(value: &str, sink: &mut Sink<'_>) {
        sink.text(value);
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        input.text()
    }
}

/// A number.
pub(crate) mod number {
    use super::{Input, Sink};

    pub(crate) type Read<'b> = u32;

    pub(crate) const fn write(value: u32, sink: &mut Sink<'_>) {
        sink.number(value as u64);
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        input.number()?.try_into().ok()
    }
}

/// A large number.
pub(crate) mod long {
    use super::{Input, Sink};

    pub(crate) type Read<'b> = u64;

    pub(crate) const fn write(value: u64, sink: &mut Sink<'_>) {
        sink.number(value);
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        input.number()
    }
}

/// A floating-point number: the number that its bits are.
pub(crate) mod float {
    use super::{Input, Sink};

    pub(crate) type Read<'b> = f64;

    pub(crate) const fn write(value: f64, sink: &mut Sink<'_>) {
        sink.number(value.to_bits());
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        input.number().map(f64::from_bits)
    }
}

/// Yes or no.
pub(crate) mod flag {
    use super::{Input, Sink};

    pub(crate) type Read<'b> = bool;

    pub(crate) const fn write(value: bool, sink: &mut Sink<'_>) {
        sink.number(value as u64);
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        match input.number()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Two texts.
pub(crate) mod pair {
    use super::{Input, Sink};

    pub(crate) type Read<'b> = (&'b str, &'b str);

    pub(crate) const fn write(value: (&str, &str), sink: &mut Sink<'_>) {
        sink.text(value.0);
        sink.text(value.1);
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        Some((input.text()?, input.text()?))
    }
}

list!(texts: [&str] of text, by);
list!(pairs: [(&str, &str)] of pair, by);
list!(floats: [f64] of float, by);
optional!(optional_text: &str as text);
optional!(optional_float: f64 as float);
