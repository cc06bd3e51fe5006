//! What is left of a value that is not to be shown.

use std::borrow::Cow;

use super::descriptor::Redaction;
#[cfg(feature = "telemetry")]
use super::hash::hashed;

/// What stands for the part of a text that is masked, however long that is.
const STARS: &[u8] = b"********";
/// How much of a masked text's end is shown, in characters.
const SHOWN: usize = 4;
/// The shortest text of which that is shown: what is hidden is then twice as long.
const LONG: usize = 12;
/// The longest that is left, in bytes: the stars, and that many characters of four bytes each.
const LONGEST: usize = STARS.len() + 4 * SHOWN;

/// What is left of a redacted text: a mask or a hash, without any allocation.
#[derive(Clone, Copy)]
pub(crate) struct Left {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Left {
    fn of(parts: [&[u8]; 2]) -> Self {
        let mut bytes = [0; LONGEST];
        let mut length = 0;
        for (byte, own) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *byte = *own;
            length += 1;
        }
        Self { bytes, length }
    }

    pub(crate) fn as_str(&self) -> &str {
        // Stars, digits, and whole characters.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// What is recorded in place of `text`.
pub(crate) fn redacted(redaction: Redaction, text: &str) -> Option<Cow<'_, str>> {
    match redaction {
        Redaction::Shown => Some(text.into()),
        _ => left(redaction, text).map(|left| left.as_str().to_owned().into()),
    }
}

/// What is left of a text that is not shown as it is; nothing of one that is dropped.
pub(crate) fn left(redaction: Redaction, text: &str) -> Option<Left> {
    match redaction {
        Redaction::Masked => Some(Left::of([STARS, end(text).as_bytes()])),
        Redaction::Hashed => hash(text),
        // Shown as it is, dropped, or nothing that is known.
        _ => None,
    }
}

/// The same of what a value's `Debug` says, whose end may be any part of the value: a mask shows nothing of it.
#[cfg(feature = "telemetry")]
pub(crate) fn left_of_debug(redaction: Redaction, text: &str) -> Option<Left> {
    match redaction {
        Redaction::Masked => Some(Left::of([STARS, b""])),
        _ => left(redaction, text),
    }
}

/// The end of a masked text that is shown.
fn end(text: &str) -> &str {
    let Some(start) = text.char_indices().nth_back(SHOWN - 1).map(|(at, _)| at) else { return "" };
    match text.chars().nth(LONG - 1) {
        Some(_) => &text[start..],
        None => "",
    }
}

#[cfg(feature = "telemetry")]
fn hash(text: &str) -> Option<Left> {
    Some(Left::of([&hashed(text), b""]))
}

/// Without telemetry nothing is hashed, since there is no key.
#[cfg(not(feature = "telemetry"))]
fn hash(_: &str) -> Option<Left> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(redaction: Redaction, text: &str) -> String {
        redacted(redaction, text).expect("something is left").into_owned()
    }

    #[test]
    fn a_mask_tells_neither_the_length_nor_short_texts() {
        for short in ["", "a", "12345678901", "ääääääääääÄ"] {
            assert_eq!(shown(Redaction::Masked, short), "********", "{short}");
        }
        assert_eq!(shown(Redaction::Masked, "123456789012"), "********9012");
        assert_eq!(shown(Redaction::Masked, &"ä".repeat(12)), "********ääää");
        assert_eq!(shown(Redaction::Masked, &"🦀".repeat(12)), "********🦀🦀🦀🦀");
    }

    #[cfg(feature = "telemetry")]
    #[test]
    fn a_mask_shows_nothing_of_what_debug_says() {
        let left = left_of_debug(Redaction::Masked, "Card { number: 4111111111111111, code: 737 }");
        assert_eq!(left.expect("stars").as_str(), "********");
    }

    #[test]
    fn nothing_is_left_of_what_is_dropped() {
        assert_eq!(redacted(Redaction::Dropped, "text"), None);
        assert_eq!(redacted(Redaction::Shown, "text"), Some("text".into()));
    }

    #[cfg(not(feature = "telemetry"))]
    #[test]
    fn nothing_is_left_of_a_hash_without_telemetry() {
        assert_eq!(redacted(Redaction::Hashed, "text"), None);
    }
}
