//! What services say of themselves in the JSON of `/health`.

use std::fmt;
use std::future::Future;

use serde_json::Value;

use super::DEFAULT_LIMIT;
use super::asked::Asked;

/// A value in the JSON of `/health`: a number, a text, a switch, or `null` where there is none.
///
/// ```
/// use spanwright::health::FieldValue;
///
/// assert_eq!(FieldValue::from(5), FieldValue::from(5.0));
/// assert_eq!(FieldValue::from(None::<f64>), FieldValue::from(f64::NAN));
/// ```
#[derive(Clone, PartialEq)]
pub struct FieldValue(Value);

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

macro_rules! from {
    ($($type:ty),*) => {$(
        impl From<$type> for FieldValue {
            fn from(value: $type) -> Self {
                Self(value.into())
            }
        }
    )*};
}

from!(bool, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, &str, String);

/// What is whole is shown without a fraction: gauges are floats and count things.
impl From<f64> for FieldValue {
    fn from(value: f64) -> Self {
        // Beyond 2⁵³ not every whole number is one of these.
        let is_whole = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
        Self(if is_whole { (value as i64).into() } else { value.into() })
    }
}

impl From<f32> for FieldValue {
    fn from(value: f32) -> Self {
        f64::from(value).into()
    }
}

impl<T: Into<Self>> From<Option<T>> for FieldValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(Value::Null), Into::into)
    }
}

/// A field with its name.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    value: Shown,
}

#[derive(Clone, Debug)]
enum Shown {
    Fixed(FieldValue),
    Asked(Asked<FieldValue>),
}

impl Field {
    pub(super) fn fixed(name: String, value: FieldValue) -> Self {
        Self { name, value: Shown::Fixed(value) }
    }

    pub(super) fn asked<V: Into<FieldValue>>(
        name: String,
        ask: impl Fn() -> V + Send + Sync + 'static,
    ) -> Self {
        let run = move || {
            let value = ask().into();
            Box::pin(std::future::ready(value)) as _
        };
        Self { name, value: Shown::Asked(Asked::new(DEFAULT_LIMIT, run)) }
    }

    /// Asks for the value, at once; `null` where it is not to be had in time. Must be called within a Tokio runtime.
    pub(super) fn start(&self) -> impl Future<Output = (String, Value)> + use<> {
        let name = self.name.clone();
        let (fixed, asked) = match &self.value {
            Shown::Fixed(value) => (Some(value.0.clone()), None),
            Shown::Asked(asked) => (None, Some(asked.start())),
        };
        async move {
            let asked = match asked {
                Some(asked) => asked.await.ok().map(|value| value.0),
                None => None,
            };
            (name, fixed.or(asked).unwrap_or(Value::Null))
        }
    }
}
