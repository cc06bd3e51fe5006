//! W3C's `traceparent`: <https://www.w3.org/TR/trace-context-2/#traceparent-header>.

use spanwright_core::context::{RANDOM, SAMPLED};
use spanwright_core::ids::SpanId;

use super::{Extractor, Injector, Remote, only, trace_id, w3c_flags};

const NAME: &str = "traceparent";
/// The length of version 00, and of what later ones begin with.
const LENGTH: usize = 55;

pub(super) fn read<E: Extractor + ?Sized>(headers: &E) -> Option<Remote> {
    parse(&only(headers, NAME)?)
}

fn parse(text: &str) -> Option<Remote> {
    let fields = text.get(..LENGTH)?;
    let version = number(fields.get(..2)?)?;
    let is_known = match version {
        0 => text.len() == LENGTH,
        0xff => false,
        // What later versions have to say more comes behind a dash.
        _ => matches!(text.as_bytes().get(LENGTH), None | Some(b'-')),
    };
    let dashes = [2, 35, 52].iter().all(|at| fields.as_bytes()[*at] == b'-');
    if !is_known || !dashes {
        return None;
    }
    let span_id = SpanId(number(fields.get(36..52)?)? as u64);
    let flags = number(fields.get(53..)?)?;
    let flag = |is: u128, of: u16| if flags & is != 0 { of } else { 0 };
    Remote::new(trace_id(number(fields.get(3..35)?)?), span_id, flag(1, SAMPLED) | flag(2, RANDOM))
}

/// Hexadecimal digits, in lower case only.
fn number(digits: &str) -> Option<u128> {
    let is_hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    digits.bytes().all(is_hex).then(|| u128::from_str_radix(digits, 16).ok())?
}

pub(super) fn write<I: Injector + ?Sized>(out: Remote, headers: &mut I) {
    headers.set(NAME, format!("00-{}-{}-{:02x}", out.trace_id, out.span_id, w3c_flags(out.flags)));
}
