//! Annotated by `fastrace`.

use std::hint::black_box;

use super::{EVENTS, POLLS, Wait};
use fastrace::Span;
use fastrace::collector::SpanContext;
use fastrace::local::LocalSpan;
use fastrace::{Event, trace};

#[trace(properties = { "n": "{n}", "text": "{text}", "flag": "{flag}" })]
#[inline(never)]
pub fn span(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[trace]
#[inline(never)]
pub fn bare(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[trace(properties = { "a": "{n}", "b": "{n}", "c": "{n}", "d": "{n}", "e": "{text}", "f": "{text}", "g": "{text}", "h": "{flag}", "i": "{flag}", "j": "{flag}" })]
#[inline(never)]
pub fn ten(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[trace(properties = { "n": "{n}", "text": "{text}", "flag": "{flag}" })]
#[inline(never)]
pub async fn span_future(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[trace]
#[inline(never)]
pub async fn polled(n: u64, text: &str, flag: bool) -> u64 {
    Wait(POLLS).await;
    black_box((n, text, flag)).0 + 1
}

#[trace]
#[inline(never)]
pub fn events(n: u64, text: &str, flag: bool) -> u64 {
    for _ in 0..EVENTS {
        LocalSpan::add_event(Event::new("text").with_property(|| ("n", n.to_string())));
    }
    black_box((n, text, flag)).0 + 1
}

/// A trace of its own.
#[inline(never)]
pub fn root(n: u64, text: &str, flag: bool, is_sampled: bool) -> u64 {
    let properties = || [("n", n.to_string()), ("text", text.to_string()), ("flag", flag.to_string())];
    let root = Span::root("root", SpanContext::random().sampled(is_sampled)).with_properties(properties);
    let _entered = root.set_local_parent();
    black_box((n, text, flag)).0 + 1
}
