//! Fields of events as JSON.

use serde_json::{Map, Value as Json};
use spanwright_recording::event::Value;

/// A value; a number that JSON does not have becomes text.
pub(crate) fn to_json(value: &Value<'_>) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Uint(value) => (*value).into(),
        Value::Float(value) if value.is_finite() => (*value).into(),
        Value::Float(value) => value.to_string().into(),
        Value::Text(text) => (**text).into(),
        Value::Span(id) => id.to_string().into(),
        Value::Trace(id) => id.to_string().into(),
        Value::List(list) => list.iter().map(to_json).collect(),
        Value::Fields(fields) => {
            let fields = fields.iter().map(|field| (field.key.to_string(), to_json(&field.value)));
            fields.collect::<Map<_, _>>().into()
        }
        _ => Json::Null,
    }
}

/// Whether a field has nothing to say.
pub(crate) fn is_nothing(value: &Value<'_>) -> bool {
    match value {
        Value::None => true,
        Value::Text(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Fields(fields) => fields.is_empty(),
        _ => false,
    }
}
