//! What all signals share: attributes, and the resource that is made of them.
//!
//! Source: `common.proto` and `resource.proto` of
//! [opentelemetry-proto](https://github.com/open-telemetry/opentelemetry-proto) 1.9.

use crate::export::protobuf::{
    Wire, bytes, bytes_length, fixed64, integer, short_tag, tag, text, text_length, varint, varint_length,
};
use crate::span::{AttributeRef, SpanId, TraceId};

// Field numbers, named by message and field.
const RESOURCE_ATTRIBUTES: u32 = 1;
const KEY_VALUE_KEY: u32 = 1;
const KEY_VALUE_VALUE: u32 = 2;
const ANY_VALUE_STRING: u32 = 1;
const ANY_VALUE_BOOL: u32 = 2;
const ANY_VALUE_INT: u32 = 3;
const ANY_VALUE_DOUBLE: u32 = 4;

/// The bytes of a `Resource`, which are the same in all requests.
pub(super) fn resource(attributes: &[(String, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in attributes {
        key_value(&mut out, RESOURCE_ATTRIBUTES, key, AttributeRef::Str(value));
    }
    out
}

/// A trace's id in a field below 15, and a span's id in the next: they stand side by side in all messages.
#[inline]
pub(super) fn ids(out: &mut Vec<u8>, field: u32, trace_id: TraceId, span_id: SpanId) {
    let mut both = [0; 28];
    both[0] = short_tag(field, Wire::Bytes);
    both[1] = 16;
    both[2..18].copy_from_slice(&trace_id.to_bytes());
    both[18] = short_tag(field + 1, Wire::Bytes);
    both[19] = 8;
    both[20..].copy_from_slice(&span_id.to_bytes());
    out.extend_from_slice(&both);
}

/// A `KeyValue`, in a field below 16.
#[inline]
pub(super) fn key_value(out: &mut Vec<u8>, field: u32, key: &str, value: AttributeRef<'_>) {
    let of_value = any_value_length(value);
    let length = text_length(key) + 1 + varint_length(of_value as u64) + of_value;
    if length >= 0x80 || key.is_empty() {
        return unusual_key_value(out, field, (key, value), (length, of_value));
    }
    // All lengths are single bytes: what stands together is written at once.
    const KEY: u8 = short_tag(KEY_VALUE_KEY, Wire::Bytes);
    const VALUE: u8 = short_tag(KEY_VALUE_VALUE, Wire::Bytes);
    const STRING: u8 = short_tag(ANY_VALUE_STRING, Wire::Bytes);
    out.extend_from_slice(&[short_tag(field, Wire::Bytes), length as u8, KEY, key.len() as u8]);
    out.extend_from_slice(key.as_bytes());
    if let AttributeRef::Str(value) = value {
        out.extend_from_slice(&[VALUE, of_value as u8, STRING, value.len() as u8]);
        out.extend_from_slice(value.as_bytes());
    } else {
        out.extend_from_slice(&[VALUE, of_value as u8]);
        any_value(out, value);
    }
}

/// A `KeyValue` with whatever lengths: its own, and that of its value.
fn unusual_key_value(
    out: &mut Vec<u8>,
    field: u32,
    (key, value): (&str, AttributeRef<'_>),
    (length, of_value): (usize, usize),
) {
    tag(out, field, Wire::Bytes);
    varint(out, length as u64);
    text(out, KEY_VALUE_KEY, key);
    tag(out, KEY_VALUE_VALUE, Wire::Bytes);
    varint(out, of_value as u64);
    any_value(out, value);
}

/// The content of an `AnyValue`. One of several: written even where it is its type's default.
#[inline]
pub(super) fn any_value(out: &mut Vec<u8>, value: AttributeRef<'_>) {
    match value {
        AttributeRef::Str(value) => bytes(out, ANY_VALUE_STRING, value.as_bytes()),
        AttributeRef::Bool(value) => integer(out, ANY_VALUE_BOOL, value.into()),
        AttributeRef::I64(value) => integer(out, ANY_VALUE_INT, value as u64),
        AttributeRef::F64(value) => fixed64(out, ANY_VALUE_DOUBLE, value.to_bits()),
    }
}

/// How many bytes [`any_value`] writes.
#[inline]
fn any_value_length(value: AttributeRef<'_>) -> usize {
    match value {
        AttributeRef::Str(value) => bytes_length(value),
        AttributeRef::Bool(_) => 2,
        AttributeRef::I64(value) => 1 + varint_length(value as u64),
        AttributeRef::F64(_) => 9,
    }
}
