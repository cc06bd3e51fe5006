//! The part of the model that decides what a returned value means.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Path, Type};

use super::made::Made;
use super::model::{Mode, returns_impl};
use super::parse::{ErrArgs, Level, RetArgs};
use crate::args::{Arg, Eq, Options};
use crate::errors::Errors;
use crate::returned::Kind;
use crate::signature::Function;

/// What a returned value means.
pub(super) enum Outcome {
    /// The body stays in place, and its value is not seen.
    Unseen,
    /// There never is one.
    Never,
    /// It is looked at; an error is said, and so is what was returned, if asked for.
    Seen(Found, Option<Said>, Option<Returned>),
}

/// Who knows how the call ended.
pub(super) enum Found {
    /// The runtime: an `Err` is an error, all else is fine.
    Probed,
    /// A function of the user's.
    By(Path),
}

/// How an error is reported.
pub(super) struct Said {
    pub(super) format: ErrorFormat,
    /// By what the error is, where none is stated.
    pub(super) level: Option<Level>,
    /// Where the return type is written.
    pub(super) at: Span,
}

/// How what was returned is reported.
pub(super) struct Returned {
    pub(super) is_display: bool,
    /// The span's, where none is stated.
    pub(super) level: Option<Level>,
    /// Where the return type is written.
    pub(super) at: Span,
}

/// How an error becomes text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ErrorFormat {
    Display,
    Debug,
    /// The error and its sources.
    Chain,
}

/// The arguments that have to do with what is returned.
pub(super) struct Written {
    pub(super) err: Arg<Options<ErrArgs>>,
    pub(super) outcome: Arg<Eq<Path>>,
    pub(super) ret: Arg<Options<RetArgs>>,
}

impl Written {
    /// Whether somebody looks at what is returned, whatever it is.
    pub(super) fn looks(&self) -> bool {
        self.outcome.is_some() || self.ret.is_some()
    }
}

impl Outcome {
    pub(super) fn decide(
        written: Written,
        mode: Mode,
        item: &Function,
        returns: Option<&Type>,
        errors: &mut Errors,
    ) -> Self {
        let Written { err, outcome, ret } = written;
        // Both look at the value.
        let keys =
            outcome.as_ref().map(|outcome| &outcome.key).into_iter().chain(ret.as_ref().map(|ret| &ret.key));
        for problem in keys.filter_map(|key| unseen_problem(key, mode, returns)) {
            errors.add(problem);
        }
        let said = err.map(|err| {
            if let Some(problem) = err_problem(&err.key, mode, item, returns) {
                errors.add(problem);
            }
            said(err.value.0, returns, errors)
        });
        let found = outcome.map_or(Found::Probed, |outcome| Found::By(outcome.value.0));
        let returned = ret.map(|ret| returned(ret.value.0, returns, errors));
        match (mode, &found, &said, &returned) {
            (Mode::Guard, ..) => Self::Unseen,
            (Mode::Async(_) | Mode::Made(_), Found::Probed, None, None) if diverges(returns) => Self::Never,
            _ => Self::Seen(found, said, returned),
        }
    }
}

fn returned(args: RetArgs, returns: Option<&Type>, errors: &mut Errors) -> Returned {
    let RetArgs { display, debug, level } = args;
    if let (Some(one), Some(other)) = (&display, &debug) {
        errors.between(
            one.key.span(),
            other.key.span(),
            "`Display` and `Debug` exclude each other; keep one",
        );
    }
    Returned {
        is_display: display.is_some(),
        level: level.map(|level| level.value.0),
        at: returns.map_or_else(Span::call_site, Spanned::span),
    }
}

fn said(args: ErrArgs, returns: Option<&Type>, errors: &mut Errors) -> Said {
    let ErrArgs { display, debug, chain, level } = args;
    // The formats exclude each other.
    let formats = [
        display.map(|written| (written.key, ErrorFormat::Display)),
        debug.map(|written| (written.key, ErrorFormat::Debug)),
        chain.map(|written| (written.key, ErrorFormat::Chain)),
    ];
    let mut formats = formats.into_iter().flatten();
    let format = formats.next();
    if let (Some((one, _)), Some((other, _))) = (&format, formats.next()) {
        let message = format!("`{one}` and `{other}` exclude each other; keep one");
        errors.between(one.span(), other.span(), message);
    }
    Said {
        format: format.map_or(ErrorFormat::Display, |(_, format)| format),
        level: level.map(|level| level.value.0),
        at: returns.map_or_else(Span::call_site, Spanned::span),
    }
}

fn diverges(returns: Option<&Type>) -> bool {
    matches!(returns, Some(Type::Never(_)))
}

/// Why a function's value can't be looked at.
fn unseen_problem(key: &Ident, mode: Mode, returns: Option<&Type>) -> Option<syn::Error> {
    let problem = if let (true, Mode::Made(Made { kind: Kind::Stream, .. })) = (key == "ret", mode) {
        "a stream returns nothing at its end, and its items are no one value: remove `ret`".to_owned()
    } else if diverges(returns) {
        format!("`{key}` looks at what the function returns, and this one never does: remove it")
    } else if mode == Mode::Guard {
        format!(
            "`{key}` needs the body in a closure, which neither `#[track_caller]` nor C-variadic arguments allow: remove it"
        )
    } else {
        return None;
    };
    Some(syn::Error::new(key.span(), problem))
}

/// Why a function cannot have `err`.
fn err_problem(key: &Ident, mode: Mode, item: &Function, returns: Option<&Type>) -> Option<syn::Error> {
    let problem = if diverges(returns) {
        "`err` needs a `Result`, and this function never returns"
    } else if returns.is_none() {
        "`err` needs a `Result`, and this function returns nothing"
    } else if returns.is_some_and(returns_impl) {
        "`err` needs a `Result`, and this function returns an `impl` type"
    } else if mode == Mode::Guard && item.sig.variadic.is_some() {
        "`err` needs the body in a closure, which C-variadic arguments can't enter: remove `err`"
    } else if mode == Mode::Guard {
        "`err` needs the body in a closure, and `#[track_caller]` needs it in place: remove one of them"
    } else {
        return None;
    };
    Some(syn::Error::new(key.span(), problem))
}
