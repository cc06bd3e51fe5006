//! Zipkin's B3, in one header or several: <https://github.com/openzipkin/b3-propagation>, and what OpenTelemetry's specification says
//! of it. Both are read, the one header first. Without a sampling state the decision is this process' own.

use spanwright_core::context::{DEBUG, SAMPLED, UNDECIDED};
use spanwright_core::ids::SpanId;

use super::{Extractor, Injector, Remote, hex, only, trace_id};

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED_NAME: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

pub(super) fn read<E: Extractor + ?Sized>(headers: &E) -> Option<Remote> {
    only(headers, SINGLE).and_then(|text| parse_single(&text)).or_else(|| read_multi(headers))
}

/// `{trace id}-{span id}`, and perhaps `-{sampling state}-{parent span id}`. A sampling state alone has no trace to belong to.
fn parse_single(text: &str) -> Option<Remote> {
    let mut parts = text.split('-');
    let (trace, span) = (parts.next()?, parts.next()?);
    let flags = match parts.next() {
        None => UNDECIDED,
        Some("d") => SAMPLED | DEBUG,
        Some(state) => sampled(state)?,
    };
    let parent_is_id = parts.next().is_none_or(|parent| id(parent, &[16]).is_some());
    (parent_is_id && parts.next().is_none()).then(|| remote(trace, span, flags))?
}

fn read_multi<E: Extractor + ?Sized>(headers: &E) -> Option<Remote> {
    let (trace, span) = (only(headers, TRACE_ID)?, only(headers, SPAN_ID)?);
    let is_debug = only(headers, FLAGS).is_some_and(|flags| flags == "1");
    let flags = match only(headers, SAMPLED_NAME) {
        _ if is_debug => SAMPLED | DEBUG,
        Some(state) => sampled(&state)?,
        None => UNDECIDED,
    };
    remote(&trace, &span, flags)
}

fn remote(trace: &str, span: &str, flags: u16) -> Option<Remote> {
    Remote::new(trace_id(id(trace, &[16, 32])?), SpanId(id(span, &[16])? as u64), flags)
}

fn id(digits: &str, lengths: &[usize]) -> Option<u128> {
    lengths.contains(&digits.len()).then(|| hex(digits, 32))?
}

fn sampled(state: &str) -> Option<u16> {
    match state {
        "1" => Some(SAMPLED),
        "0" => Some(0),
        // Older tracers write it so.
        _ if state.eq_ignore_ascii_case("true") => Some(SAMPLED),
        _ if state.eq_ignore_ascii_case("false") => Some(0),
        _ => None,
    }
}

pub(super) fn write_single<I: Injector + ?Sized>(out: Remote, headers: &mut I) {
    let state = match out.flags {
        flags if flags & DEBUG != 0 => "-d",
        flags if flags & UNDECIDED != 0 => "",
        flags if flags & SAMPLED != 0 => "-1",
        _ => "-0",
    };
    headers.set(SINGLE, format!("{}-{}{state}", out.trace_id, out.span_id));
}

pub(super) fn write_multi<I: Injector + ?Sized>(out: Remote, headers: &mut I) {
    headers.set(TRACE_ID, out.trace_id.to_string());
    headers.set(SPAN_ID, out.span_id.to_string());
    if out.flags & DEBUG != 0 {
        headers.set(FLAGS, "1".to_owned());
    } else if out.flags & UNDECIDED == 0 {
        let sampled = if out.flags & SAMPLED != 0 { "1" } else { "0" };
        headers.set(SAMPLED_NAME, sampled.to_owned());
    }
}
