//! Traces across processes: from and into the headers of requests and messages.
//!
//! [`extract`] reads what a request says of its trace, [`inject`] writes what the current span is for whoever is called. Which
//! formats are spoken says `OTEL_PROPAGATORS`, or [`Builder::propagators`](crate::telemetry::Builder::propagators):
//!
//! | Name | Headers | Standard |
//! | --- | --- | --- |
//! | `tracecontext` | `traceparent`, `tracestate` | W3C Trace Context, levels 1 and 2 |
//! | `baggage` | `baggage` | W3C Baggage |
//! | `b3` | `b3`; `X-B3-…` are read too | Zipkin's B3 |
//! | `b3multi` | `X-B3-TraceId`, `X-B3-SpanId`, `X-B3-Sampled`, `X-B3-Flags`; `b3` is read too | Zipkin's B3 |
//! | `jaeger` | `uber-trace-id`, `uberctx-…` | Jaeger's own |
//!
//! By default they are `tracecontext` and `baggage`. All of them are written; of those that are read, the last one in the list
//! that makes sense decides about the trace, and of baggage a later one's members win. What is malformed is ignored as its
//! standard says, and never a panic.
//!
//! ```
//! use std::collections::HashMap;
//! use spanwright::{instrument, propagation};
//!
//! #[instrument]
//! fn call(url: &str) -> HashMap<String, String> {
//!     let mut headers = HashMap::new();
//!     propagation::inject(&mut headers);
//!     headers // … and a request with them.
//! }
//!
//! fn serve(headers: &HashMap<String, String>) {
//!     // What is called from here on is a child of the caller's span.
//!     let _remote = propagation::extract(headers).attach();
//!     call("http://localhost/next");
//! }
//!
//! let headers = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
//! serve(&headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect());
//! ```
//!
//! # Clients
//!
//! For HTTP by way of `tower` there is nothing to write: the layers of `spanwright::tower`, with the feature of that name, do all of it.
//!
//! Headers are whatever implements [`Extractor`] and [`Injector`]: string maps, lists of pairs, with the feature `http`
//! `HeaderMap`, with the feature `tonic` a `MetadataMap`. For all others there are lists of pairs and closures, [`getter`] and
//! [`setter`], so that no client is a dependency:
//!
//! | Client | Read: these pairs, collected into a `Vec` | Write |
//! | --- | --- | --- |
//! | `lapin` | `table.inner().iter().filter_map(\|(name, value)\| Some((name.as_str(), value.as_long_string()?.to_string())))` | `setter(\|name: &str, value: String\| { table.insert(name.into(), AMQPValue::LongString(value.into())); })` |
//! | `async-nats` | `headers.iter().flat_map(\|(name, values)\| values.iter().map(move \|value\| (name, value)))` | `setter(\|name: &str, value: String\| headers.insert(name, value))` |
//! | `rdkafka` | `headers.iter().filter_map(\|header\| Some((header.key, str::from_utf8(header.value?).ok()?)))` | into a `Vec` of pairs, then `OwnedHeaders::insert` for each |
//!
//! Pairs are found in whatever case others have written their names, as Go's `Traceparent` in NATS, where names differ by case.
//!
//! # What becomes of it
//!
//! A context is [`Copy`], and owns nothing: `tracestate` and baggage are in one table of the process, with bounds of 65,520 sets and
//! 14 MiB, a part of the [memory limit](crate::telemetry::Builder::memory_limit); where it is full, a request's are left out, which [`left_out`] and the
//! metric `spanwright_carried_left_out_total` count. They stay there as long as a guard of
//! [`attach`](crate::Context::attach), the first span after it, or a future or thread of this crate's helpers needs them.
//! A copy of a context that nobody of these has is good for a while only: for its ids it is always.
//!
//! In a trace that is not recorded, the span that is injected is a new one that nobody has, and not sampled. Where nothing is
//! current, nothing is injected.

mod b3;
mod baggage;
mod baggage_header;
mod carrier;
mod format;
#[cfg(feature = "http")]
mod http;
mod jaeger;
pub(crate) mod percent;
#[cfg(feature = "tonic")]
mod tonic;
mod trace_context;
mod trace_state;

use spanwright_core::carried::{self, Carried, Member};
use spanwright_core::context::{Context, RANDOM, RECORDED, REMOTE, SAMPLED, SUPPRESSED};
use spanwright_core::ids::{SpanId, TraceId};
#[cfg(feature = "telemetry")]
use spanwright_core::slots::SlotHandle;
#[cfg(feature = "telemetry")]
use spanwright_core::slots::value::{Value, index};

pub use baggage::{Baggage, BaggageError, BaggageValue};
pub use carrier::{Extractor, Getter, Injector, Setter, getter, setter};
pub(crate) use format::Format;
#[cfg(feature = "telemetry")]
pub(crate) use format::set_formats;

/// What a header says of its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Remote {
    trace_id: TraceId,
    span_id: SpanId,
    /// Of a context's flags, those that come from elsewhere.
    flags: u16,
}

impl Remote {
    /// A trace and a span of it; nothing where one of them is none.
    fn new(trace_id: TraceId, span_id: SpanId, flags: u16) -> Option<Self> {
        (trace_id.is_some() && span_id.is_some()).then_some(Self { trace_id, span_id, flags })
    }
}

/// The context of the caller's span, as its request's headers say: what is called while it is [attached](Context::attach) is a
/// child of that span, and so is an annotated function with `parent = extract(&headers)`.
///
/// Without such a span it is no trace's, and the next span is a root: with the baggage, where there is some. The thread's own
/// context has nothing to do with it. Without the feature `telemetry` nothing is read.
pub fn extract<E: Extractor + ?Sized>(headers: &E) -> Context {
    extract_as(headers, format::formats())
}

fn extract_as<E: Extractor + ?Sized>(headers: &E, formats: impl Iterator<Item = Format>) -> Context {
    let (here, store) = Context::here_flags();
    let mut context = Context { flags: here & SUPPRESSED, store, ..Context::NONE };
    if !crate::ENABLED {
        return context;
    }
    let mut remote = None;
    let mut baggage = Vec::new();
    for format in formats {
        match format {
            Format::TraceContext => remote = trace_context::read(headers).or(remote),
            Format::B3 | Format::B3Multi => remote = b3::read(headers).or(remote),
            Format::Jaeger => {
                remote = jaeger::read(headers).or(remote);
                jaeger::read_baggage(headers, &mut baggage);
            }
            Format::Baggage => baggage_header::read(headers, &mut baggage),
        }
    }
    let mut carried = Carried { baggage: baggage.into(), ..Carried::default() };
    if let Some(remote) = remote {
        context.trace_id = remote.trace_id;
        context.span_id = remote.span_id;
        context.flags |= REMOTE | remote.flags;
        // It is worth nothing without the `traceparent` that it came with.
        if trace_context::read(headers).is_some_and(|parent| parent.trace_id == remote.trace_id) {
            carried.trace_id = remote.trace_id;
            carried.trace_state = trace_state::read(headers).into();
        }
    }
    context.baggage = keep(carried);
    context
}

/// Keeps what a trace carries; what finds no room is counted.
fn keep(carried: Carried) -> u32 {
    let is_empty = carried.is_empty();
    let kept = carried::keep(carried);
    #[cfg(feature = "telemetry")]
    if kept == 0 && !is_empty {
        crate::own_metrics::OwnMetrics::global().carried_left_out_total.inc();
    }
    #[cfg(not(feature = "telemetry"))]
    let _ = is_empty;
    kept
}

/// Writes the current span into a request's headers, and the baggage; nothing where there is neither. Names that are there
/// already are replaced.
///
/// It does not matter which way the span was made: by `#[instrument]`, by `tracing`, or, where the two are joined, by the
/// `opentelemetry` API. A context that was extracted and has no span of this process yet is handed on as it came.
pub fn inject<I: Injector + ?Sized>(headers: &mut I) {
    if crate::ENABLED {
        inject_as(current(), headers, format::formats());
    }
}

/// Writes a context's span, and its baggage.
#[cfg(feature = "opentelemetry")]
pub(crate) fn inject_context<I: Injector + ?Sized>(context: Context, headers: &mut I) {
    inject_as(context, headers, format::formats());
}

/// The names of the headers that are written, without those of Jaeger's baggage.
#[cfg(feature = "opentelemetry")]
pub(crate) fn header_names() -> impl Iterator<Item = &'static str> {
    format::formats()
        .flat_map(|format| match format {
            Format::TraceContext => &["traceparent", "tracestate"][..],
            Format::Baggage => &["baggage"],
            Format::B3 => &["b3"],
            Format::B3Multi => &["x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags"],
            Format::Jaeger => &["uber-trace-id"],
        })
        .copied()
}

/// The whole `tracestate` of a context.
#[cfg(feature = "opentelemetry")]
pub(crate) fn trace_state(context: Context) -> String {
    trace_state_of(context, carried::find(context.baggage).as_deref())
}

fn inject_as<I: Injector + ?Sized>(context: Context, headers: &mut I, formats: impl Iterator<Item = Format>) {
    if context.is_suppressed() {
        return;
    }
    let carried = carried::find(context.baggage);
    let out = to_inject(context);
    for format in formats {
        let members = carried.as_deref().map_or(&[][..], |carried| &carried.baggage);
        match (format, out) {
            (Format::Baggage, _) => baggage_header::write(members, headers),
            (Format::TraceContext, Some(out)) => {
                trace_context::write(out, headers);
                let state = trace_state_of(context, carried.as_deref());
                if !state.is_empty() {
                    headers.set("tracestate", state);
                }
            }
            (Format::B3, Some(out)) => b3::write_single(out, headers),
            (Format::B3Multi, Some(out)) => b3::write_multi(out, headers),
            (Format::Jaeger, out) => {
                if let Some(out) = out {
                    jaeger::write(out, headers);
                }
                jaeger::write_baggage(members, headers);
            }
            (Format::TraceContext | Format::B3 | Format::B3Multi, None) => {}
        }
    }
}

/// The ids and flags that are injected; nothing without a trace.
fn to_inject(context: Context) -> Option<Remote> {
    let is_local = context.flags & REMOTE == 0;
    // Children of a root that is dropped have no ids of their own: who is called gets a parent that is not the root's.
    let span_id = if is_local && context.flags & RECORDED == 0 { SpanId::random() } else { context.span_id };
    context.trace_id.is_some().then_some(())?;
    Remote::new(context.trace_id, span_id, context.flags)
}

/// How many requests' `tracestate` and baggage found no room so far.
#[must_use]
pub fn left_out() -> u64 {
    carried::refused()
}

/// This thread's context, the newer one where there are two.
fn current() -> Context {
    let here = Context::here();
    #[cfg(feature = "telemetry")]
    let here = crate::bridge::around(here);
    here
}

/// The whole `tracestate` of a context: what the sampler says first, then what came with the trace.
fn trace_state_of(context: Context, carried: Option<&Carried>) -> String {
    #[cfg(feature = "telemetry")]
    let ours = crate::span::trace_state(context.flags);
    #[cfg(not(feature = "telemetry"))]
    let ours = "";
    let theirs = carried.filter(|carried| carried.trace_id == context.trace_id);
    trace_state::joined(ours, theirs.map_or("", |carried| &carried.trace_state))
}

/// Writes a span's `tracestate` down, where there is more in it than the sampler's.
#[cfg(feature = "telemetry")]
#[inline]
pub(crate) fn write_trace_state(context: Context, slot: SlotHandle) {
    if context.baggage != 0 && slot.is_some() {
        write_carried_state(context, slot);
    }
}

#[cfg(feature = "telemetry")]
#[cold]
fn write_carried_state(context: Context, slot: SlotHandle) {
    let Some(carried) = carried::find(context.baggage) else { return };
    if !carried.trace_state.is_empty() {
        let state = trace_state_of(context, Some(&carried));
        crate::span::write(slot, |fields| fields.push(index::TRACE_STATE, Value::Str(&state)));
    }
}

/// Adds a member, in place of an earlier one of its key, within the bounds of the W3C's: 64 members, 8,192 bytes.
fn add_member(members: &mut Vec<Member>, member: Member) -> bool {
    let earlier = members.iter().position(|earlier| earlier.key == member.key);
    let others = members.iter().enumerate().filter(|(at, _)| Some(*at) != earlier);
    let bytes: usize = others.map(|(_, other)| baggage_header::length(other) + 1).sum();
    let fits = bytes + baggage_header::length(&member) <= baggage_header::MAX_BYTES
        && (earlier.is_some() || members.len() < baggage_header::MAX_MEMBERS);
    if fits {
        match earlier {
            Some(at) => members[at] = member,
            None => members.push(member),
        }
    }
    fits
}

/// Of a context's flags, those of W3C's.
fn w3c_flags(flags: u16) -> u8 {
    let flag = |of: u16, is: u8| if flags & of != 0 { is } else { 0 };
    flag(SAMPLED, 1) | flag(RANDOM, 2)
}

/// A number of up to so many hexadecimal digits, at least one.
fn hex(digits: &str, most: usize) -> Option<u128> {
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    (is_hex && (1..=most).contains(&digits.len())).then(|| u128::from_str_radix(digits, 16).ok())?
}

fn trace_id(number: u128) -> TraceId {
    TraceId { high: (number >> 64) as u64, low: number as u64 }
}

/// The only value of a header; nothing where there are several, or none.
fn only<E: Extractor + ?Sized>(headers: &E, name: &str) -> Option<String> {
    let (mut found, mut times) = (None, 0);
    headers.each_value(name, &mut |value| {
        times += 1;
        found.get_or_insert_with(|| trimmed(value).to_owned());
    });
    found.filter(|_| times == 1)
}

/// Without the white space of HTTP.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests;
