//! Numbers, texts and choices.

use super::numbers::{unzigzag, zigzag};
use super::{FieldType, In, Malformed, Out, Wire};
use crate::event::{End, Flavour, Level, Mode, Opened, Role, SpanKind, SpawnKind, Status, WakeKind, Why};
use crate::event::{Text, Value};

/// Nanoseconds. Those of optional fields are less than 2⁶⁴ − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanos(pub u64);

impl From<std::time::Duration> for Nanos {
    /// 584 years, where it is more.
    fn from(duration: std::time::Duration) -> Self {
        Self(duration.as_nanos().try_into().unwrap_or(u64::MAX))
    }
}

impl Wire for u64 {
    const TYPE: FieldType = FieldType::Uint;

    #[inline]
    fn put(&self, out: &mut Out<'_>) {
        out.number(*self);
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        input.number()
    }

    fn value(&self) -> Value<'_> {
        Value::Uint(*self)
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        draw() >> (draw() % 64)
    }
}

impl Wire for u32 {
    const TYPE: FieldType = FieldType::Uint;

    #[inline]
    fn put(&self, out: &mut Out<'_>) {
        out.number((*self).into());
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        // A later version may have made it longer.
        Ok(input.number()?.try_into().unwrap_or(u32::MAX))
    }

    fn value(&self) -> Value<'_> {
        Value::Uint((*self).into())
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        (draw() as u32) >> (draw() % 32)
    }
}

impl Wire for Option<u32> {
    const TYPE: FieldType = FieldType::OptionalUint;

    #[inline]
    fn put(&self, out: &mut Out<'_>) {
        out.number(self.map_or(0, |value| u64::from(value) + 1));
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        let number = input.number()?;
        Ok(number.checked_sub(1).map(|value| value.try_into().unwrap_or(u32::MAX)))
    }

    fn value(&self) -> Value<'_> {
        (*self).into()
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        (draw() % 3 != 0).then(|| u32::some(draw))
    }
}

impl Wire for Nanos {
    const TYPE: FieldType = FieldType::Duration;

    #[inline]
    fn put(&self, out: &mut Out<'_>) {
        out.number(self.0);
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        input.number().map(Self)
    }

    fn value(&self) -> Value<'_> {
        Value::Uint(self.0)
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        Self(draw() >> (24 + draw() % 40))
    }
}

impl Wire for Option<Nanos> {
    const TYPE: FieldType = FieldType::OptionalDuration;

    fn put(&self, out: &mut Out<'_>) {
        out.number(self.map_or(0, |nanos| nanos.0.saturating_add(1)));
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        Ok(input.number()?.checked_sub(1).map(Nanos))
    }

    fn value(&self) -> Value<'_> {
        self.map_or(Value::None, |nanos| Value::Uint(nanos.0))
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        (draw() % 3 != 0).then(|| Nanos::some(draw))
    }
}

impl Wire for i64 {
    const TYPE: FieldType = FieldType::Int;

    fn put(&self, out: &mut Out<'_>) {
        out.number(zigzag(*self));
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        input.number().map(unzigzag)
    }

    fn value(&self) -> Value<'_> {
        Value::Int(*self)
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        draw() as i64 >> (draw() % 64)
    }
}

impl Wire for f64 {
    const TYPE: FieldType = FieldType::Float;

    /// Most have zeros at their end, which come first here.
    fn put(&self, out: &mut Out<'_>) {
        out.number(self.to_bits().reverse_bits());
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        Ok(f64::from_bits(input.number()?.reverse_bits()))
    }

    fn value(&self) -> Value<'_> {
        Value::Float(*self)
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        match draw() % 4 {
            0 => f64::INFINITY,
            1 => -0.0,
            2 => (draw() % 1000) as f64 / 8.0,
            _ => draw() as f64,
        }
    }
}

impl Wire for bool {
    const TYPE: FieldType = FieldType::Bool;

    fn put(&self, out: &mut Out<'_>) {
        out.number((*self).into());
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        Ok(input.number()? != 0)
    }

    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        draw() % 2 == 0
    }
}

impl Wire for Text<'_> {
    const TYPE: FieldType = FieldType::Text;

    fn put(&self, out: &mut Out<'_>) {
        let index = out.state.text(self);
        out.number(index);
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        let index = input.number()?;
        Ok(Self::Shared(input.known.text(index)?.clone()))
    }

    fn value(&self) -> Value<'_> {
        Value::Text(Text::Borrowed(self))
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        let text = ["", "a", "worker \"1\"\n", "größer", "\u{1f980}\0"][(draw() % 5) as usize];
        Text::from(if draw() % 2 == 0 { text.to_owned() } else { format!("{text}{}", draw() % 100) })
    }
}

macro_rules! choice {
    ($($of:ident)*) => {$(
        impl Wire for $of {
            const TYPE: FieldType = FieldType::Choice;
            const CHOICES: &'static [&'static str] = $of::NAMES;

            #[inline]
            fn put(&self, out: &mut Out<'_>) {
                out.number(*self as u64);
            }

            fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
                input.number().map(Self::from_index)
            }

            fn value(&self) -> Value<'_> {
                Value::Text(Text::Borrowed(self.name()))
            }

            #[cfg(test)]
            fn some(draw: &mut dyn FnMut() -> u64) -> Self {
                Self::from_index(draw() % Self::NAMES.len() as u64)
            }
        }
    )*};
}

choice!(End Flavour Level Mode Opened Role SpanKind SpawnKind Status WakeKind Why);
