//! What a returned value means.
//!
//! Without `err`, a [`Probe`] finds out at compile time whether the value is a `Result`: an inherent method of
//! `Probe<Result<…>>` hides the trait's method of the same name, which every other type has. With `err`, a bound asks
//! for a `Result`.

use std::any::type_name;
use std::error::Error;
use std::fmt;

use spanwright_core::descriptor::Level;
use spanwright_core::slots::Outcome;

/// How a call ended, and what is to be said of it.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'r> {
    pub(super) outcome: Outcome,
    /// The error's type, for `error.type`.
    pub(super) error_type: Option<&'static str>,
    /// What the error says, and the level of the event about it.
    pub(super) message: Option<(Message<'r>, Level)>,
}

/// An error, and how to show it.
#[derive(Clone, Copy)]
pub(super) enum Message<'r> {
    Display(&'r dyn fmt::Display),
    Debug(&'r dyn fmt::Debug),
    Chain(&'r dyn Error),
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Display(error) => error.fmt(f),
            Self::Debug(error) => error.fmt(f),
            Self::Chain(error) => {
                write!(f, "{error}")?;
                let mut source = error.source();
                while let Some(error) = source {
                    write!(f, ": {error}")?;
                    source = error.source();
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Verdict<'_> {
    /// The outcome alone.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        Self { outcome, error_type: None, message: None }
    }

    fn error<E>() -> Self {
        Self { outcome: Outcome::Error, error_type: Some(type_name::<E>()), message: None }
    }
}

/// Looks at a returned value.
#[derive(Debug)]
pub struct Probe<'r, R: ?Sized>(pub &'r R);

impl<'r, T, E> Probe<'r, Result<T, E>> {
    /// `error` for an `Err`, with its type.
    #[inline]
    #[must_use]
    pub fn outcome(&self) -> Verdict<'r> {
        match self.0 {
            Ok(_) => Verdict::of(Outcome::Ok),
            Err(_) => Verdict::error::<E>(),
        }
    }
}

/// Every other value is `ok`.
pub trait AnyOutcome<'r> {
    /// `ok`.
    fn outcome(&self) -> Verdict<'r>;
}

impl<'r, R: ?Sized> AnyOutcome<'r> for Probe<'r, R> {
    #[inline]
    fn outcome(&self) -> Verdict<'r> {
        Verdict::of(Outcome::Ok)
    }
}

/// What `err` needs.
#[diagnostic::on_unimplemented(
    message = "`err` needs a function that returns a `Result`, and this one returns `{Self}`",
    label = "not a `Result`",
    note = "remove `err`, or return a `Result`"
)]
pub trait ResultLike {
    /// The error.
    type Error;

    /// The error, where there is one.
    fn error(&self) -> Option<&Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<T, E> ResultLike for Result<T, E> {
    type Error = E;

    #[inline]
    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

/// What `err` shows.
#[diagnostic::on_unimplemented(
    message = "`err` shows the error by its `Display`, and `{Self}` has none",
    label = "the error is not `Display`",
    note = "write `err(Debug)`, or implement `Display` for `{Self}`",
    note = "a `Secret` is never shown: return an error that says what went wrong without it"
)]
pub trait DisplayError: fmt::Display {}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display> DisplayError for E {}

/// What `err(Debug)` shows.
#[diagnostic::on_unimplemented(
    message = "`err(Debug)` shows the error by its `Debug`, and `{Self}` has none",
    label = "the error is not `Debug`",
    note = "write `err`, or derive `Debug` for `{Self}`",
    note = "a `Secret` is never shown: return an error that says what went wrong without it"
)]
pub trait DebugError: fmt::Debug {}

#[diagnostic::do_not_recommend]
impl<E: fmt::Debug> DebugError for E {}

/// What `err(chain)` shows.
#[diagnostic::on_unimplemented(
    message = "`err(chain)` shows the error and its sources, and `{Self}` is no `std::error::Error`",
    label = "the error is not `std::error::Error`",
    note = "write `err` or `err(Debug)`, or implement `std::error::Error` for `{Self}`",
    note = "a `Secret` is never shown: return an error that says what went wrong without it"
)]
pub trait ChainedError: Error {}

#[diagnostic::do_not_recommend]
impl<E: Error> ChainedError for E {}

fn verdict<'r, R: ResultLike>(
    returned: &'r R,
    level: Level,
    message: impl FnOnce(&'r R::Error) -> Message<'r>,
) -> Verdict<'r> {
    match returned.error() {
        None => Verdict::of(Outcome::Ok),
        Some(error) => Verdict { message: Some((message(error), level)), ..Verdict::error::<R::Error>() },
    }
}

/// `err`: the error by its `Display`.
#[inline]
pub fn error_outcome_display<R: ResultLike<Error: DisplayError>>(returned: &R, level: Level) -> Verdict<'_> {
    verdict(returned, level, |error| Message::Display(error))
}

/// `err(Debug)`: the error by its `Debug`.
#[inline]
pub fn error_outcome_debug<R: ResultLike<Error: DebugError>>(returned: &R, level: Level) -> Verdict<'_> {
    verdict(returned, level, |error| Message::Debug(error))
}

/// `err(chain)`: the error and its sources, separated by `: `.
#[inline]
pub fn error_outcome_chain<R: ResultLike<Error: ChainedError>>(returned: &R, level: Level) -> Verdict<'_> {
    verdict(returned, level, |error| Message::Chain(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn only_a_result_can_be_an_error() {
        fn generic<T>(value: &T) -> Outcome {
            Probe(value).outcome().outcome
        }
        assert_eq!(Probe(&Err::<(), _>(1)).outcome().outcome, Outcome::Error);
        assert_eq!(Probe(&Ok::<_, ()>(1)).outcome().outcome, Outcome::Ok);
        assert_eq!(Probe(&None::<u8>).outcome().outcome, Outcome::Ok);
        assert_eq!(generic(&1), Outcome::Ok);
    }

    #[test]
    fn errors_are_shown_as_asked() {
        let failed = Err::<(), _>(Outer(std::io::Error::other("inner")));
        let shown = |verdict: Verdict<'_>| verdict.message.map(|(message, _)| message.to_string());
        assert_eq!(shown(error_outcome_display(&failed, Level::ERROR)).as_deref(), Some("outer"));
        assert_eq!(shown(error_outcome_chain(&failed, Level::ERROR)).as_deref(), Some("outer: inner"));
        let debug = shown(error_outcome_debug(&failed, Level::ERROR)).unwrap();
        assert!(debug.starts_with("Outer("), "{debug}");
        assert!(error_outcome_display(&failed, Level::ERROR).error_type.unwrap().ends_with("Outer"));
    }
}
