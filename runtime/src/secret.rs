//! Values that no telemetry ever shows.

use std::hint::black_box;

/// A secret: it can't be recorded, used as a label, or formatted, and is read by
/// [`Secret::expose`] and [`Secret::into_exposed`] alone.
///
/// ```compile_fail
/// # use spanwright::Secret;
/// #[spanwright::instrument(record(card))]
/// fn charge(card: &Secret<String>) {}
/// ```
///
/// It has neither `Debug` nor `Display`, not even ones that show stars: what can be formatted gets into logs, and is found
/// missing there when it is needed. A struct with a secret in it has a `Debug` of its own that leaves the secret out:
///
/// ```
/// # use spanwright::Secret;
/// # use std::fmt;
/// struct Card {
///     holder: String,
///     number: Secret<String>,
/// }
///
/// impl fmt::Debug for Card {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.debug_struct("Card").field("holder", &self.holder).finish_non_exhaustive()
///     }
/// }
/// ```
///
/// Secrets are equal where their bytes are. How long that takes depends on the lengths and not on the bytes, as far as code
/// can say so to the compiler; so it is there for what has bytes, such as texts, and there is no order and no hash.
///
/// What is in memory stays as it is: a value that is to be wiped when it is dropped does so itself, as in
/// `Secret<zeroize::Zeroizing<String>>`.
#[derive(Clone, Default)]
#[allow(missing_debug_implementations, reason = "a secret is not formatted")]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Keeps `value` secret.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. What is done with it is the caller's responsibility.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Gives the value up.
    #[must_use]
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.0.as_ref(), other.0.as_ref());
        // All bytes are looked at, wherever the first difference is.
        let differences = one.iter().zip(other).fold(0, |all, (one, other)| black_box(all | (one ^ other)));
        one.len() == other.len() && differences == 0
    }
}

impl<T: AsRef<[u8]>> Eq for Secret<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_equal_where_all_their_bytes_are() {
        let secret = |text: &str| Secret::new(text.to_owned());
        assert!(secret("hunter2") == secret("hunter2"));
        assert!(secret("") == secret(""));
        for other in ["", "hunter", "hunter22", "Hunter2", "hunter3", "hunTer2"] {
            assert!(secret("hunter2") != secret(other), "{other}");
        }
        assert!(Secret::new([1, 2]) == Secret::new([1, 2]));
    }
}
