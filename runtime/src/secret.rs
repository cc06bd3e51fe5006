//! Values that no telemetry ever shows.

/// A secret: it can't be recorded, used as a label, or formatted, and is read by
/// [`Secret::expose`] and [`Secret::into_exposed`] alone.
///
/// ```compile_fail
/// # use spanwright::Secret;
/// #[spanwright::instrument(record(card))]
/// fn charge(card: &Secret<String>) {}
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
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
