//! What a returned value means.
//!
//! A [`Probe`] finds out at compile time what the value is: a `Result` whose error says what it is, any other `Result`, also
//! within `Option` and `Poll`, a future that is handed on, or anything. An inherent method hides a trait's method of the same
//! name, that hides one which needs another reference, and that one which takes what the reference leads to. What is handed on is
//! in [`handed_on`](super::handed_on). With `err`, a bound asks for a `Result`.

use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::task::Poll;

use spanwright_core::descriptor::Level;
use spanwright_core::slots::Outcome;

use crate::error_type::{self, ErrorType};
use crate::record::{RecordDebug, RecordDisplay};

/// How a call ended, and what is to be said of it.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'r> {
    pub(super) outcome: Outcome,
    /// The error's type: the event's, and the span's where it ended by that error.
    pub(super) error_type: Option<&'static str>,
    /// What the error or the returned value says, and the level of the event about it.
    pub(super) message: Option<(Message<'r>, Level)>,
}

/// An error or a returned value, and how to show it.
#[derive(Clone, Copy)]
pub(super) enum Message<'r> {
    Display(&'r dyn fmt::Display),
    Debug(&'r dyn fmt::Debug),
    Chain(&'r dyn Error),
    ReturnedDisplay(&'r dyn fmt::Display),
    ReturnedDebug(&'r dyn fmt::Debug),
}

impl Message<'_> {
    /// Whether it is what was returned, and no error.
    pub(super) fn is_returned(&self) -> bool {
        matches!(self, Self::ReturnedDisplay(_) | Self::ReturnedDebug(_))
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Display(shown) | Self::ReturnedDisplay(shown) => shown.fmt(f),
            Self::Debug(shown) | Self::ReturnedDebug(shown) => shown.fmt(f),
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

    /// Of an error by that name.
    const fn error(error_type: &'static str) -> Self {
        let error_type = if error_type.is_empty() { None } else { Some(error_type) };
        Self { outcome: Outcome::Error, error_type, message: None }
    }

    /// Whether it is an error that was to be expected.
    fn is_expected(&self) -> bool {
        self.outcome == Outcome::Ok && self.error_type.is_some()
    }
}

/// Looks at a returned value.
#[derive(Debug)]
pub struct Probe<'r, R: ?Sized>(pub &'r R);

impl<R: ?Sized> Clone for Probe<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: ?Sized> Copy for Probe<'_, R> {}

/// A `Result` whose error says nothing of itself.
pub trait ResultOutcome<'r> {
    /// `error` for an `Err`, by its type.
    fn outcome(&self) -> Verdict<'r>;
}

// One for all: of two, the compiler could not choose where it does not know the type yet.
impl<'r, R: ResultLike<Error: ErrorType>> Probe<'r, R> {
    /// `error` for an `Err`, by the name that it gives itself, unless it is to be expected.
    #[inline]
    #[must_use]
    pub fn outcome(&self) -> Verdict<'r> {
        match self.0.error() {
            None => Verdict::of(Outcome::Ok),
            Some(error) => {
                let (outcome, error_type) = error_type::classified(error);
                Verdict { outcome, ..Verdict::error(error_type) }
            }
        }
    }
}

impl<'r, R: ResultLike> ResultOutcome<'r> for Probe<'r, R> {
    #[inline]
    fn outcome(&self) -> Verdict<'r> {
        match self.0.error() {
            None => Verdict::of(Outcome::Ok),
            Some(_) => Verdict::error(type_name::<R::Error>()),
        }
    }
}

/// Every other value is `ok`.
pub trait AnyOutcome<'r> {
    /// `ok`.
    fn outcome(self) -> Verdict<'r>;
}

impl<'r, R: ?Sized> AnyOutcome<'r> for Probe<'r, R> {
    #[inline]
    fn outcome(self) -> Verdict<'r> {
        Verdict::of(Outcome::Ok)
    }
}

/// What a function after `outcome = …` gives.
#[diagnostic::on_unimplemented(
    message = "`outcome = …` names a function that says how the call ended, and this one gives `{Self}`",
    label = "no outcome",
    note = "return `spanwright::Outcome`, or `Result<(), &'static str>` with the error's type"
)]
pub trait Classified {
    /// What it means.
    fn verdict<'r>(self) -> Verdict<'r>;
}

#[diagnostic::do_not_recommend]
impl Classified for Outcome {
    #[inline]
    fn verdict<'r>(self) -> Verdict<'r> {
        Verdict::of(self)
    }
}

#[diagnostic::do_not_recommend]
impl Classified for Result<(), &'static str> {
    #[inline]
    fn verdict<'r>(self) -> Verdict<'r> {
        self.map_or_else(Verdict::error, |()| Verdict::of(Outcome::Ok))
    }
}

/// What the user's function says of a value. An error that it has no name for has the one that was `found`.
#[inline]
pub fn classified<'r>(said: impl Classified, found: Verdict<'r>) -> Verdict<'r> {
    let said = said.verdict();
    let found = found.error_type.filter(|_| said.outcome != Outcome::Ok);
    Verdict { error_type: said.error_type.or(found), ..said }
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

    /// What there is otherwise.
    type Value;

    /// The error, where there is one.
    fn error(&self) -> Option<&Self::Error>;

    /// The value, where there is no error.
    fn value(&self) -> Option<&Self::Value>;
}

#[diagnostic::do_not_recommend]
impl<T, E> ResultLike for Result<T, E> {
    type Error = E;
    type Value = T;

    #[inline]
    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }

    #[inline]
    fn value(&self) -> Option<&T> {
        self.as_ref().ok()
    }
}

#[diagnostic::do_not_recommend]
impl<R: ResultLike> ResultLike for Option<R> {
    type Error = R::Error;
    type Value = R::Value;

    #[inline]
    fn error(&self) -> Option<&R::Error> {
        self.as_ref()?.error()
    }

    #[inline]
    fn value(&self) -> Option<&R::Value> {
        self.as_ref()?.value()
    }
}

#[diagnostic::do_not_recommend]
impl<R: ResultLike> ResultLike for Poll<R> {
    type Error = R::Error;
    type Value = R::Value;

    #[inline]
    fn error(&self) -> Option<&R::Error> {
        match self {
            Self::Ready(ready) => ready.error(),
            Self::Pending => None,
        }
    }

    #[inline]
    fn value(&self) -> Option<&R::Value> {
        match self {
            Self::Ready(ready) => ready.value(),
            Self::Pending => None,
        }
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

/// What `err(chain)` shows. `How` tells the ways apart that lead to an error's sources; for each error there is one.
#[diagnostic::on_unimplemented(
    message = "`err(chain)` shows the error and its sources, and `{Self}` is no `std::error::Error`",
    label = "the error is not `std::error::Error`",
    note = "write `err` or `err(Debug)`, or implement `std::error::Error` for `{Self}`",
    note = "a `Secret` is never shown: return an error that says what went wrong without it"
)]
pub trait ChainedError<How> {
    /// The first of the chain.
    fn first(&self) -> &dyn Error;
}

/// It is an error.
#[derive(Debug)]
pub enum IsError {}

/// It leads to one: `Box<dyn Error>`, `anyhow::Error` and the like.
#[derive(Debug)]
pub enum LeadsToError {}

/// It is an error in a box, of whatever type, for all threads.
#[derive(Debug)]
pub enum InBox {}

#[diagnostic::do_not_recommend]
impl<E: Error> ChainedError<IsError> for E {
    fn first(&self) -> &dyn Error {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<E: AsRef<dyn Error>> ChainedError<LeadsToError> for E {
    fn first(&self) -> &dyn Error {
        self.as_ref()
    }
}

macro_rules! in_box {
    ($($error:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl ChainedError<InBox> for Box<$error> {
            fn first(&self) -> &dyn Error {
                &**self
            }
        }
    )*};
}

in_box!(dyn Error + Send, dyn Error + Send + Sync);

/// What was found out of the value, with what its error says: nothing where it is none. Where no level is stated, it is `INFO`
/// of an error that was to be expected.
fn said<'r, R: ResultLike>(
    returned: &'r R,
    found: Verdict<'r>,
    level: Option<Level>,
    message: impl FnOnce(&'r R::Error) -> Message<'r>,
) -> Verdict<'r> {
    let level = level.unwrap_or(if found.is_expected() { Level::INFO } else { Level::ERROR });
    let error = returned.error().filter(|_| found.outcome != Outcome::Ok || found.is_expected());
    Verdict { message: error.map(|error| (message(error), level)), ..found }
}

/// `err`: the error by its `Display`.
#[inline]
pub fn error_outcome_display<'r, R: ResultLike<Error: DisplayError>>(
    returned: &'r R,
    found: Verdict<'r>,
    level: Option<Level>,
) -> Verdict<'r> {
    said(returned, found, level, |error| Message::Display(error))
}

/// `err(Debug)`: the error by its `Debug`.
#[inline]
pub fn error_outcome_debug<'r, R: ResultLike<Error: DebugError>>(
    returned: &'r R,
    found: Verdict<'r>,
    level: Option<Level>,
) -> Verdict<'r> {
    said(returned, found, level, |error| Message::Debug(error))
}

/// `err(chain)`: the error and its sources, separated by `: `.
#[inline]
pub fn error_outcome_chain<'r, R: ResultLike<Error: ChainedError<How>>, How>(
    returned: &'r R,
    found: Verdict<'r>,
    level: Option<Level>,
) -> Verdict<'r> {
    said(returned, found, level, |error| Message::Chain(error.first()))
}

/// `ret`: what was returned, by its `Debug`.
#[inline]
pub fn returned_debug<'r, R: RecordDebug>(returned: &'r R, found: Verdict<'r>, level: Level) -> Verdict<'r> {
    Verdict { message: Some((Message::ReturnedDebug(returned), level)), ..found }
}

/// `ret(Display)`: what was returned, by its `Display`.
#[inline]
pub fn returned_display<'r, R: RecordDisplay>(
    returned: &'r R,
    found: Verdict<'r>,
    level: Level,
) -> Verdict<'r> {
    Verdict { message: Some((Message::ReturnedDisplay(returned), level)), ..found }
}

/// `ret` beside `err`: what is in the `Ok`, by its `Debug`.
#[inline]
pub fn returned_ok_debug<'r, R: ResultLike<Value: RecordDebug>>(
    returned: &'r R,
    said: Verdict<'r>,
    level: Level,
) -> Verdict<'r> {
    let message = returned.value().map(|value| (Message::ReturnedDebug(value), level));
    Verdict { message: message.or(said.message), ..said }
}

/// `ret(Display)` beside `err`: what is in the `Ok`, by its `Display`.
#[inline]
pub fn returned_ok_display<'r, R: ResultLike<Value: RecordDisplay>>(
    returned: &'r R,
    said: Verdict<'r>,
    level: Level,
) -> Verdict<'r> {
    let message = returned.value().map(|value| (Message::ReturnedDisplay(value), level));
    Verdict { message: message.or(said.message), ..said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    /// As generated code asks.
    macro_rules! outcome {
        ($value:expr) => {
            (&Probe($value)).outcome()
        };
    }

    #[test]
    fn only_a_result_can_be_an_error() {
        fn generic<T>(value: &T) -> Outcome {
            outcome!(value).outcome
        }
        fn of_any_error<E>(error: E) -> Verdict<'static> {
            let Verdict { outcome, error_type, .. } = outcome!(&Err::<(), E>(error));
            Verdict { outcome, error_type, message: None }
        }
        assert_eq!(outcome!(&Err::<(), _>(1)).outcome, Outcome::Error);
        assert_eq!(outcome!(&Ok::<_, ()>(1)).outcome, Outcome::Ok);
        assert_eq!(outcome!(&None::<u8>).outcome, Outcome::Ok);
        assert_eq!(outcome!("text").outcome, Outcome::Ok);
        assert_eq!(generic(&1), Outcome::Ok);
        assert_eq!(of_any_error(Outer(std::io::Error::other(""))).outcome, Outcome::Error);
    }

    #[test]
    fn an_error_may_say_what_it_is_and_whether_it_was_to_be_expected() {
        #[derive(crate::ErrorType)]
        #[error_type(crate = crate)]
        enum Failed {
            TimedOut,
            #[error_type(expected)]
            NotFound,
            #[error_type(transparent)]
            Io(Box<std::io::Error>),
        }
        let seen = |error| {
            let returned = Err::<(), Failed>(error);
            let Verdict { outcome, error_type, .. } = outcome!(&returned);
            (outcome, error_type)
        };
        let io = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(seen(Failed::TimedOut), (Outcome::Error, Some("timed_out")));
        assert_eq!(seen(Failed::NotFound), (Outcome::Ok, Some("not_found")));
        assert_eq!(seen(Failed::Io(Box::new(io))), (Outcome::Error, Some("broken_pipe")));
    }

    #[test]
    fn errors_are_shown_as_asked() {
        let failed = Err::<(), _>(Outer(std::io::Error::other("inner")));
        let found = || outcome!(&failed);
        let shown = |verdict: Verdict<'_>| verdict.message.map(|(message, _)| message.to_string());
        assert_eq!(shown(error_outcome_display(&failed, found(), None)).as_deref(), Some("outer"));
        assert_eq!(shown(error_outcome_chain(&failed, found(), None)).as_deref(), Some("outer: inner"));
        let boxed = Err::<(), Box<dyn Error>>(Outer(std::io::Error::other("inner")).into());
        let shared = Err::<(), Box<dyn Error + Send + Sync>>(Outer(std::io::Error::other("inner")).into());
        let of_box = error_outcome_chain(&boxed, outcome!(&boxed), None);
        let of_shared = error_outcome_chain(&shared, outcome!(&shared), None);
        assert_eq!([shown(of_box), shown(of_shared)].map(Option::unwrap), ["outer: inner"; 2]);
        let debug = shown(error_outcome_debug(&failed, found(), None)).unwrap();
        assert!(debug.starts_with("Outer("), "{debug}");
        let verdict = error_outcome_display(&failed, found(), None);
        assert!(verdict.error_type.unwrap().ends_with("Outer"));
        assert_eq!(verdict.outcome, Outcome::Error);
    }
}
