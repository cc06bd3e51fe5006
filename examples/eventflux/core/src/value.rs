//! Values, events and what streams are made of.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};

use crate::metrics::Name;

/// A column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `INT`: 64 bits.
    Int,
    /// `DOUBLE`: a floating-point number.
    Double,
    /// `TEXT`.
    Text,
    /// `BOOL`.
    Bool,
}

impl Type {
    /// As queries write them.
    pub(crate) const NAMES: [(&'static str, Self); 4] =
        [("INT", Self::Int), ("DOUBLE", Self::Double), ("TEXT", Self::Text), ("BOOL", Self::Bool)];

    /// Whether it can be calculated with.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES[*self as usize].0)
    }
}

/// A value of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An `INT`.
    Int(i64),
    /// A `DOUBLE`.
    Double(f64),
    /// A `TEXT`.
    Text(Arc<str>),
    /// A `BOOL`.
    Bool(bool),
}

impl Value {
    /// The number that it is, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Double(value) => Some(*value),
            Self::Text(_) | Self::Bool(_) => None,
        }
    }

    /// Its type.
    pub(crate) fn of(&self) -> Type {
        match self {
            Self::Int(_) => Type::Int,
            Self::Double(_) => Type::Double,
            Self::Text(_) => Type::Text,
            Self::Bool(_) => Type::Bool,
        }
    }

    /// The value of a column of this type that JSON says.
    fn from_json(json: &Json, of: Type) -> Option<Self> {
        match of {
            Type::Int => json.as_i64().map(Self::Int),
            Type::Double => json.as_f64().map(Self::Double),
            Type::Text => json.as_str().map(|text| Self::Text(text.into())),
            Type::Bool => json.as_bool().map(Self::Bool),
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Self::Int(value) => (*value).into(),
            // JSON has no infinity.
            Self::Double(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
            Self::Text(text) => text.as_ref().into(),
            Self::Bool(value) => (*value).into(),
        }
    }

    /// What tells groups apart: floats by their bits.
    pub(crate) fn key(&self) -> Key {
        match self {
            Self::Int(value) => Key::Int(*value),
            Self::Double(value) => Key::Bits(value.to_bits()),
            Self::Text(text) => Key::Text(text.clone()),
            Self::Bool(value) => Key::Bool(*value),
        }
    }

    /// About what it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + if let Self::Text(text) = self { text.len() } else { 0 }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Bool(value) => value.fmt(f),
        }
    }
}

/// A value that can be looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    Int(i64),
    Bits(u64),
    Text(Arc<str>),
    Bool(bool),
}

/// The columns of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Their names and types, in their order.
    pub columns: Vec<(Name, Type)>,
}

impl Schema {
    /// The number of a column.
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(its, _)| its.eq_ignore_ascii_case(name))
    }
}

/// The key in JSON of when an event happened, in milliseconds.
const TIMESTAMP: &str = "timestamp";

/// What has happened: a time, and a value for each column of its stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it happened, in milliseconds since whatever its source counts from.
    pub timestamp: u64,
    /// The values, in the columns' order.
    pub values: Arc<[Value]>,
}

impl Event {
    /// Reads a JSON object. Where it has no `timestamp`, `now` is when it happened.
    ///
    /// # Errors
    /// Where a column is missing or of another type, by its name.
    pub fn from_json(json: &Map<String, Json>, schema: &Schema, now: u64) -> Result<Self, NoEvent> {
        let value = |(name, of): &(Name, Type)| {
            let json = json.get(&**name).ok_or_else(|| NoEvent::Missing(name.clone()))?;
            Value::from_json(json, *of).ok_or_else(|| NoEvent::Type(name.clone(), *of))
        };
        let timestamp = match json.get(TIMESTAMP) {
            None => now,
            Some(timestamp) => {
                timestamp.as_u64().ok_or_else(|| NoEvent::Type(TIMESTAMP.into(), Type::Int))?
            }
        };
        Ok(Self { timestamp, values: schema.columns.iter().map(value).collect::<Result<_, _>>()? })
    }

    /// Whether it has a value for each column.
    pub(crate) fn is_of(&self, schema: &Schema) -> Result<(), NoEvent> {
        for (place, (name, of)) in schema.columns.iter().enumerate() {
            let value = self.values.get(place).ok_or_else(|| NoEvent::Missing(name.clone()))?;
            if value.of() != *of {
                return Err(NoEvent::Type(name.clone(), *of));
            }
        }
        Ok(())
    }

    /// The same as a JSON object.
    #[must_use]
    pub fn to_json(&self, schema: &Schema) -> Json {
        let values = schema
            .columns
            .iter()
            .zip(&*self.values)
            .map(|((name, _), value)| (name.to_string(), value.to_json()));
        Json::Object([(TIMESTAMP.to_owned(), self.timestamp.into())].into_iter().chain(values).collect())
    }

    /// About what it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.values.iter().map(Value::bytes).sum::<usize>()
    }
}

/// Why something is no event of a stream. Says nothing of its values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoEvent {
    /// It is no JSON object.
    #[error("it is no JSON object; each line is one, as in {{\"symbol\": \"ABC\", \"price\": 12.5}}")]
    Json,
    /// It lacks a column.
    #[error("it has no `{0}`")]
    Missing(Name),
    /// A column has another type.
    #[error("its `{0}` is no {1}")]
    Type(Name, Type),
}
