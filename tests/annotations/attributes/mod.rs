//! Attributes as constants and structs: what is recorded by them, and what is left of what is not to be shown.

mod recorded;
mod redacted;
mod reference;

use spanwright::span::{AttributeValue, SpanData};

fn value(span: &SpanData, key: &str) -> Option<AttributeValue> {
    span.attributes.iter().find(|(its_key, _)| its_key == key).map(|(_, value)| value.clone())
}

fn text(value: &str) -> Option<AttributeValue> {
    Some(AttributeValue::Str(value.to_owned().into()))
}

/// The keys that the span has a value of, but for those of its place.
fn keys(span: &SpanData) -> Vec<&str> {
    span.attributes.iter().map(|(key, _)| key.as_ref()).filter(|key| !key.starts_with("code.")).collect()
}
