//! By the OpenTelemetry SDK's own tracer. The span is not made the current one: less than the others do.

use std::hint::black_box;

use opentelemetry::trace::{Span, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

/// A span in `context`, with attributes that `attributes` makes.
#[inline(never)]
pub fn span<const N: usize>(
    (tracer, context): (&SdkTracer, &Context),
    (n, text, flag): (u64, &str, bool),
    attributes: impl FnOnce(u64, &str, bool) -> [KeyValue; N],
) -> u64 {
    let builder = tracer.span_builder("span").with_attributes(attributes(n, text, flag));
    let mut span = tracer.build_with_context(builder, context);
    let result = black_box((n, text, flag)).0 + 1;
    span.end();
    result
}

pub fn three(n: u64, text: &str, flag: bool) -> [KeyValue; 3] {
    [number("n", n), KeyValue::new("text", text.to_owned()), KeyValue::new("flag", flag)]
}

pub fn ten(n: u64, text: &str, flag: bool) -> [KeyValue; 10] {
    let text = |key| KeyValue::new(key, text.to_owned());
    let flag = |key| KeyValue::new(key, flag);
    [
        number("a", n),
        number("b", n),
        number("c", n),
        number("d", n),
        text("e"),
        text("f"),
        text("g"),
        flag("h"),
        flag("i"),
        flag("j"),
    ]
}

fn number(key: &'static str, n: u64) -> KeyValue {
    KeyValue::new(key, n as i64)
}
