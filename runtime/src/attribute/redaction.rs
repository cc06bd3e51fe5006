//! What is left of a value that is not to be shown.

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{OnceLock, PoisonError, RwLock};

use hmac_sha256::HMAC;

use super::descriptor::Redaction;

/// What stands for the part of a text that is masked, however long that is.
const STARS: &str = "********";
/// How much of a masked text's end is shown, in characters.
const SHOWN: usize = 4;
/// The shortest text of which that is shown: what is hidden is then twice as long.
const LONG: usize = 12;

/// The key of the hashes that is configured: a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RedactionKey(Box<[u8]>);

impl RedactionKey {
    /// The shortest key, in bytes.
    pub(crate) const SHORTEST: usize = 16;

    pub(crate) fn new(key: &str) -> Self {
        Self(key.as_bytes().into())
    }
}

impl fmt::Debug for RedactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactionKey(not shown)")
    }
}

/// The key that is configured. Held for a hash only.
static CONFIGURED: RwLock<Option<RedactionKey>> = RwLock::new(None);

/// Hashes with this key from now on, or with the process's own.
pub(crate) fn set_key(key: Option<RedactionKey>) {
    *CONFIGURED.write().unwrap_or_else(PoisonError::into_inner) = key;
}

/// What is recorded in place of `text`.
pub(crate) fn redacted(redaction: Redaction, text: &str) -> Option<Cow<'_, str>> {
    match redaction {
        Redaction::Shown => Some(text.into()),
        Redaction::Hashed => Some(hashed(text).into()),
        Redaction::Masked => Some(masked(text).into()),
        Redaction::Dropped => None,
    }
}

fn masked(text: &str) -> String {
    let shown = match text.chars().count() {
        length if length >= LONG => text.char_indices().nth(length - SHOWN).map_or("", |(at, _)| &text[at..]),
        _ => "",
    };
    format!("{STARS}{shown}")
}

/// The first 8 bytes of an HMAC-SHA256 (RFC 2104) in lower-case hexadecimal digits.
fn hashed(text: &str) -> String {
    match &*CONFIGURED.read().unwrap_or_else(PoisonError::into_inner) {
        Some(key) => hashed_with(&key.0, text),
        None => hashed_with(own_key(), text),
    }
}

fn hashed_with(key: &[u8], text: &str) -> String {
    HMAC::mac(text, key).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A key that this process alone has, of as much randomness as the system gives the standard library's hash maps: 128
/// bits.
fn own_key() -> &'static [u8; 32] {
    static KEY: OnceLock<[u8; 32]> = OnceLock::new();
    KEY.get_or_init(|| {
        let random = RandomState::new();
        let mut key = [0; 32];
        for (number, bytes) in key.chunks_mut(8).enumerate() {
            bytes.copy_from_slice(&random.hash_one(number).to_le_bytes());
        }
        key
    })
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
            assert_eq!(shown(Redaction::Masked, short), STARS, "{short}");
        }
        assert_eq!(shown(Redaction::Masked, "123456789012"), "********9012");
        assert_eq!(shown(Redaction::Masked, &"ä".repeat(12)), "********ääää");
    }

    #[test]
    fn nothing_is_left_of_what_is_dropped() {
        assert_eq!(redacted(Redaction::Dropped, "text"), None);
        assert_eq!(redacted(Redaction::Shown, "text"), Some("text".into()));
    }

    #[test]
    fn hashes_tell_equal_values_and_depend_on_the_key() {
        let own = shown(Redaction::Hashed, "ann");
        assert_eq!(own, shown(Redaction::Hashed, "ann"));
        assert_ne!(own, shown(Redaction::Hashed, "bob"));
        assert!(own.len() == 16 && own.bytes().all(|byte| byte.is_ascii_hexdigit()), "{own}");
        // RFC 4231, test case 2.
        assert_eq!(hashed_with(b"Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e");
        assert_ne!(hashed_with(b"Jeff", "what do ya want for nothing?"), "5bdcc146bf60754e");
    }

    #[test]
    fn the_key_is_never_shown() {
        let key = RedactionKey::new("canary-key-of-the-hashes");
        assert!(!format!("{key:?}").contains("canary"));
    }
}
