//! W3C's `baggage`: <https://www.w3.org/TR/baggage/#baggage-http-header-format>. A member that is not valid is left out; the others
//! stay.

use spanwright_core::carried::Member;

use super::{Extractor, Injector, add_member, percent, trimmed};

const NAME: &str = "baggage";
/// The most members, and the most bytes of the header's value: what the standard says must be handed on.
pub(super) const MAX_MEMBERS: usize = 64;
pub(super) const MAX_BYTES: usize = 8_192;

pub(super) fn read<E: Extractor + ?Sized>(headers: &E, members: &mut Vec<Member>) {
    let mut left = MAX_BYTES;
    headers.each_value(NAME, &mut |value| {
        for text in value.split(',') {
            // What comes behind is not looked at: it may be of any length.
            let Some(rest) = left.checked_sub(text.len()) else { return left = 0 };
            left = rest;
            if let Some(member) = parse(text) {
                add_member(members, member);
            }
        }
    });
}

/// `key=value;property;property=value`.
fn parse(text: &str) -> Option<Member> {
    let (member, properties) = text.split_once(';').unwrap_or((text, ""));
    let (key, value) = member.split_once('=')?;
    let (key, value, properties) = (trimmed(key), trimmed(value), trimmed(properties));
    let is_visible = |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'));
    if !is_token(key) || !is_visible(value) || !is_visible(properties) {
        return None;
    }
    Some(Member { key: key.into(), value: percent::decoded(value).into(), properties: properties.into() })
}

/// RFC 7230's `token`.
pub(super) fn is_token(text: &str) -> bool {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_char)
}

/// How long a member is in the header.
pub(super) fn length(member: &Member) -> usize {
    let properties = if member.properties.is_empty() { 0 } else { member.properties.len() + 1 };
    member.key.len() + 1 + percent::length(&member.value) + properties
}

/// Writes the members. That they fit was seen to when they were added.
pub(super) fn write<I: Injector + ?Sized>(members: &[Member], headers: &mut I) {
    if members.is_empty() {
        return;
    }
    let mut text = String::new();
    for member in members {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&member.key);
        text.push('=');
        text.push_str(&percent::encoded(&member.value));
        if !member.properties.is_empty() {
            text.push(';');
            text.push_str(&member.properties);
        }
    }
    headers.set(NAME, text);
}
