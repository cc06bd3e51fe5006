//! W3C's `tracestate`: <https://www.w3.org/TR/trace-context-2/#tracestate-header>. Others' members are kept in their order; ours,
//! `ot`, comes first where the sampler of this process has decided.

use super::{Extractor, trimmed};

const NAME: &str = "tracestate";
const MAX_MEMBERS: usize = 32;
/// The longest that is handed on, in characters, without what the sampler says.
const MAX_LENGTH: usize = 512;
/// Members longer than this go first where there is too much.
const LONG: usize = 128;
const MAX_KEY: usize = 256;
const MAX_VALUE: usize = 256;

/// The members of all headers; nothing where one of them is not valid, or there are too many.
pub(super) fn read<E: Extractor + ?Sized>(headers: &E) -> String {
    let mut text = String::new();
    headers.each_value(NAME, &mut |value| {
        // More than that is no valid list, and not worth the memory.
        if text.len() <= MAX_MEMBERS * (MAX_KEY + MAX_VALUE + 2) {
            text.push_str(value);
            text.push(',');
        }
    });
    parse(&text)
}

fn parse(text: &str) -> String {
    let mut members: Vec<&str> = Vec::new();
    for member in text.split(',').map(trimmed).filter(|member| !member.is_empty()) {
        let Some((key, value)) = member.split_once('=') else { return String::new() };
        if !is_key(key) || !is_value(value) || members.len() == MAX_MEMBERS {
            return String::new();
        }
        // Of one key the first member is the newest.
        if !members.iter().any(|earlier| key_of(earlier) == key) {
            members.push(member);
        }
    }
    shorten(&mut members);
    members.join(",")
}

/// Leaves out what the standard says is to be left out first.
fn shorten(members: &mut Vec<&str>) {
    let length = |members: &[&str]| members.iter().map(|member| member.len() + 1).sum::<usize>();
    while length(members) > MAX_LENGTH + 1 {
        match members.iter().rposition(|member| member.len() > LONG) {
            Some(at) => drop(members.remove(at)),
            None => drop(members.pop()),
        }
    }
}

fn key_of(member: &str) -> &str {
    member.split_once('=').map_or(member, |(key, _)| key)
}

/// Level 2's: a letter or digit first; `@` may stand anywhere else.
fn is_key(key: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_other = |byte: u8| is_first(byte) || b"_-*/@".contains(&byte);
    key.len() <= MAX_KEY && key.bytes().next().is_some_and(is_first) && key.bytes().all(is_other)
}

/// Printable characters but `,` and `=`, the last one no space.
fn is_value(value: &str) -> bool {
    let is_char = |byte: u8| matches!(byte, 0x20..=0x7e) && byte != b',' && byte != b'=';
    (1..=MAX_VALUE).contains(&value.len()) && value.bytes().all(is_char) && !value.ends_with(' ')
}

/// `ours`, as in `ot=th:c`, before `theirs`, whose own `ot` gives up its threshold and keeps the rest, its randomness above all.
pub(super) fn joined(ours: &str, theirs: &str) -> String {
    if ours.is_empty() || theirs.is_empty() {
        return [ours, theirs].concat();
    }
    let mut joined = ours.to_owned();
    let their_ot = theirs.split(',').find_map(|member| member.strip_prefix("ot="));
    for part in their_ot.into_iter().flat_map(|ot| ot.split(';')) {
        if !part.starts_with("th:") && joined.len() + part.len() < MAX_VALUE {
            joined.push(';');
            joined.push_str(part);
        }
    }
    for other in theirs.split(',').filter(|member| !member.starts_with("ot=")).take(MAX_MEMBERS - 1) {
        joined.push(',');
        joined.push_str(other);
    }
    joined
}
