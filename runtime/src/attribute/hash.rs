//! Hashes in place of values, and their key.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use hmac_sha256::HMAC;

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

/// The key that is configured. Held when it changes, and once by each thread after that.
static CONFIGURED: Mutex<Option<&'static [u8]>> = Mutex::new(None);

/// How often the key has changed; publishes nothing, since the key is behind the lock.
static CHANGES: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The key, and the number of the change that made it so.
    static KNOWN: Cell<(u64, &'static [u8])> = const { Cell::new((0, &[])) };
}

/// Hashes with this key from now on, or with the process's own. A key that was in use once stays in memory.
pub(crate) fn set_key(key: Option<RedactionKey>) {
    let mut configured = CONFIGURED.lock().unwrap_or_else(PoisonError::into_inner);
    if key.as_ref().map(|key| &*key.0) != *configured {
        *configured = key.map(|key| &*Box::leak(key.0));
        CHANGES.fetch_add(1, Ordering::Release);
    }
}

/// The first 8 bytes of an HMAC-SHA256 (RFC 2104) in lower-case hexadecimal digits.
pub(super) fn hashed(text: &str) -> [u8; 16] {
    hashed_with(key(), text)
}

fn hashed_with(key: &[u8], text: &str) -> [u8; 16] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mac = HMAC::mac(text, key);
    std::array::from_fn(|at| DIGITS[usize::from(mac[at / 2] >> (4 * (1 - at % 2)) & 0xf)])
}

/// The key, without a lock where this thread knows it.
fn key() -> &'static [u8] {
    let now = CHANGES.load(Ordering::Acquire);
    let known = KNOWN.try_with(Cell::get).unwrap_or((0, &[]));
    if known.0 == now {
        return known.1;
    }
    let key = CONFIGURED.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(own_key);
    let _ = KNOWN.try_with(|known| known.set((now, key)));
    key
}

/// A key that this process alone has, of as much randomness as the system gives the standard library's hash maps: 128
/// bits.
fn own_key() -> &'static [u8] {
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

    #[test]
    fn hashes_tell_equal_values_and_depend_on_the_key() {
        let own = hashed("ann");
        assert_eq!(own, hashed("ann"));
        assert_ne!(own, hashed("bob"));
        assert!(own.iter().all(u8::is_ascii_hexdigit), "{own:?}");
        // RFC 4231, test case 2.
        assert_eq!(&hashed_with(b"Jefe", "what do ya want for nothing?"), b"5bdcc146bf60754e");
        assert_ne!(&hashed_with(b"Jeff", "what do ya want for nothing?"), b"5bdcc146bf60754e");
    }

    #[test]
    fn the_key_is_never_shown() {
        let key = RedactionKey::new("canary-key-of-the-hashes");
        assert!(!format!("{key:?}").contains("canary"));
    }
}
