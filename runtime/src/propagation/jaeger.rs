//! Jaeger's own headers: <https://www.jaegertracing.io/docs/1.76/apis/client-libraries/#propagation-format>. Baggage is a header for
//! each member.

use spanwright_core::carried::Member;
use spanwright_core::context::{DEBUG, SAMPLED};
use spanwright_core::ids::SpanId;

use super::{Extractor, Injector, Remote, add_member, baggage_header, hex, only, percent, trace_id};

const NAME: &str = "uber-trace-id";
const BAGGAGE: &str = "uberctx-";

pub(super) fn read<E: Extractor + ?Sized>(headers: &E) -> Option<Remote> {
    parse(&percent::decoded(&only(headers, NAME)?))
}

/// `{trace id}:{span id}:{parent span id}:{flags}`. Zeros in front may be missing; what the parent is does not matter.
fn parse(text: &str) -> Option<Remote> {
    let mut parts = text.split(':');
    let (trace, span, _parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let flags = match hex(flags, 2)? {
        // Who debugs a trace wants it.
        flags if flags & 3 == 3 => SAMPLED | DEBUG,
        flags if flags & 1 == 1 => SAMPLED,
        _ => 0,
    };
    Remote::new(trace_id(hex(trace, 32)?), SpanId(hex(span, 16)? as u64), flags)
}

pub(super) fn read_baggage<E: Extractor + ?Sized>(headers: &E, members: &mut Vec<Member>) {
    headers.each_header(&mut |name, value| {
        let is_ours = name.get(..BAGGAGE.len()).is_some_and(|start| start.eq_ignore_ascii_case(BAGGAGE));
        let Some(key) = name.get(BAGGAGE.len()..).filter(|key| is_ours && baggage_header::is_token(key))
        else {
            return;
        };
        let value = percent::decoded(value);
        add_member(members, Member { key: key.into(), value: value.into(), properties: "".into() });
    });
}

pub(super) fn write<I: Injector + ?Sized>(out: Remote, headers: &mut I) {
    let flags = match out.flags {
        flags if flags & DEBUG != 0 => 3,
        flags if flags & SAMPLED != 0 => 1,
        _ => 0,
    };
    headers.set(NAME, format!("{}:{}:0:{flags}", out.trace_id, out.span_id));
}

pub(super) fn write_baggage<I: Injector + ?Sized>(members: &[Member], headers: &mut I) {
    for member in members {
        headers.set(&format!("{BAGGAGE}{}", member.key), percent::encoded(&member.value));
    }
}
