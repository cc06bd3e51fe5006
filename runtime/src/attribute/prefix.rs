//! Sets whose keys are put behind a prefix, so that one set can be flattened twice.

use super::descriptor::{AttributeDescriptor, MAX_KEY};

/// A key that the compiler has put together.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    bytes: [u8; MAX_KEY],
    length: usize,
}

impl Key {
    const EMPTY: Self = Self { bytes: [0; MAX_KEY], length: 0 };

    #[track_caller]
    const fn followed_by(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        assert!(
            self.length + text.len() <= MAX_KEY,
            "with this prefix a key is longer than 127 characters: shorten it"
        );
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.length] = text[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    const fn as_str(&self) -> &str {
        let (used, _) = self.bytes.split_at(self.length);
        match std::str::from_utf8(used) {
            Ok(key) => key,
            // A prefix and a key are ASCII.
            Err(_) => "",
        }
    }
}

/// What is replaced.
const NOTHING: &AttributeDescriptor = super::Attribute::<str>::new("_").descriptor();

/// The keys of a set behind `prefix` and a dot.
///
/// # Panics
/// Where one gets too long.
#[must_use]
#[track_caller]
pub const fn prefixed_keys<const N: usize>(prefix: &str, set: &[&AttributeDescriptor]) -> [Key; N] {
    let mut keys = [Key::EMPTY; N];
    let mut at = 0;
    while at < N {
        keys[at] = Key::EMPTY.followed_by(prefix).followed_by(".").followed_by(set[at].key);
        at += 1;
    }
    keys
}

/// The attributes of a set under these keys.
#[must_use]
#[track_caller]
pub const fn under_keys<const N: usize>(
    set: &[&'static AttributeDescriptor],
    keys: &'static [Key; N],
) -> [AttributeDescriptor; N] {
    let mut all = [*NOTHING; N];
    let mut at = 0;
    while at < N {
        all[at] = set[at].under(keys[at].as_str());
        at += 1;
    }
    all
}

/// The descriptors as a set has them.
#[must_use]
pub const fn references<const N: usize>(
    all: &'static [AttributeDescriptor; N],
) -> [&'static AttributeDescriptor; N] {
    let mut references = [NOTHING; N];
    let mut at = 0;
    while at < N {
        references[at] = &all[at];
        at += 1;
    }
    references
}
