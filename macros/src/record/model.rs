//! What `record!` decided: declared fields, each with its value.

use proc_macro2::{Ident, Span, TokenStream};
use syn::Expr;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::parse::{Declared, Input};
use crate::errors::Errors;
use crate::field::{Constant, FieldArg, FieldValue, Format, Key, Name};
use crate::naming;
use crate::secret_read::secret_read;
use crate::semconv::{self, Finding, ValueType};

/// The fields to fill in.
pub(super) struct Model {
    /// The variable with the handle to the span.
    pub(super) span: Ident,
    /// The path of the runtime.
    pub(super) krate: TokenStream,
    /// The span's fields.
    pub(super) declared: Vec<Declared>,
    /// Where the first field is written.
    pub(super) at: Span,
    pub(super) assignments: Vec<Assignment>,
}

/// A field and its value.
pub(super) struct Assignment {
    pub(super) place: Place,
    /// The constant that it is written by.
    pub(super) constant: Option<Constant>,
    pub(super) format: Format,
    pub(super) value: Expr,
    /// What it has to be, where the compiler must find out whether it is.
    pub(super) must_be: Option<ValueType>,
}

/// Which of the span's fields it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// The one with this number among those that are declared.
    Declared(usize),
    /// The one with the constant's key, which the compiler finds.
    Sought,
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { span, conventions, krate, declared, allowed, fields, mut errors } = input;
        let mut at = None;
        let mut assignments: Vec<(Span, Assignment)> = Vec::with_capacity(fields.len());
        for field in fields {
            let (key, value) = match field {
                FieldArg::One(key, value) => (key, value),
                FieldArg::Set(set) => {
                    let message =
                        "`record!` fills in one attribute after the other: write `{ATTR_NAME} = value`";
                    errors.at(set.ty.span(), message);
                    continue;
                }
            };
            let (span, text) = (key.span(), key.text());
            at.get_or_insert(span);
            let (place, constant) = match &key {
                Key::Name(name) => (place(name, &declared, &mut errors), None),
                Key::Constant(constant) => {
                    (place_of_constant(constant, &declared, &mut errors), Some(constant.clone()))
                }
            };
            let value = given(&key, value, &mut errors);
            let (Some(place), Some((format, value))) = (place, value) else { continue };
            // A name that says a secret was allowed where it was declared, and a constant likewise; another one hides none.
            let hides = |name: &Name| !naming::is_secret(&name.text);
            if let (Key::Name(name), Some(secret)) = (&key, secret_read(&value, &|_| None)) {
                if hides(name) && !allowed.iter().any(|allow| secret.unraw() == allow.as_str()) {
                    let message = format!(
                        "`{secret}` looks like a secret: leave it out, or, if it is none, add \
                         `allow_secret({secret})` to `#[instrument(…)]`"
                    );
                    errors.at(secret.span(), message);
                }
            }
            // A field has one value.
            let is_same = |other: &Assignment| match place {
                Place::Declared(_) => other.place == place,
                Place::Sought => other.constant.as_ref().is_some_and(|constant| constant.text() == text),
            };
            if let Some((first, _)) = assignments.iter().find(|(_, other)| is_same(other)) {
                let message = format!("`{text}` is recorded twice; keep one");
                errors.between(*first, span, message);
            }
            let must_be = match &key {
                Key::Name(name) if conventions => must_be(name, format, &value, &mut errors),
                Key::Name(_) | Key::Constant(_) => None,
            };
            assignments.push((span, Assignment { place, constant, format, value, must_be }));
        }
        let assignments = assignments.into_iter().map(|(_, assignment)| assignment).collect();
        let at = at.unwrap_or_else(Span::call_site);
        errors.finish(Self { span, krate, declared, at, assignments })
    }
}

/// The field's place. A span has the fields that its callsite declares, and no others.
fn place(name: &Name, declared: &[Declared], errors: &mut Errors) -> Option<Place> {
    let text = &name.text;
    let texts = || {
        declared.iter().filter_map(|declared| match declared {
            Declared::Text(text) => Some(text.as_str()),
            Declared::Constant(_) | Declared::Set(_) => None,
        })
    };
    let found =
        declared.iter().position(|declared| matches!(declared, Declared::Text(other) if other == text));
    if found.is_none() {
        let argument = if naming::is_dotted(text) { text.clone() } else { format!("{text:?}") };
        let declare = format!("declare it: `#[instrument(fields({argument} = Empty))]`");
        let message = match naming::nearest(text, texts()) {
            Some(near) => format!("`{text}` is not declared; did you mean `{near}`? if not, {declare}"),
            // Its redaction is the constant's to know.
            None if declared.iter().any(|declared| !matches!(declared, Declared::Text(_))) => {
                format!(
                    "`{text}` is not declared; write its constant, `{{ATTR_NAME}}`, if it has one; if not, {declare}"
                )
            }
            None => format!("`{text}` is not declared; {declare}"),
        };
        errors.on(&name.tokens, message);
    }
    found.map(Place::Declared)
}

/// The place of a constant's field: where it is declared by the same path, or where the compiler finds its key.
fn place_of_constant(constant: &Constant, declared: &[Declared], errors: &mut Errors) -> Option<Place> {
    let text = constant.text();
    let found = declared
        .iter()
        .position(|declared| matches!(declared, Declared::Constant(other) if other.text() == text));
    if let Some(found) = found {
        return Some(Place::Declared(found));
    }
    if declared.iter().any(|declared| !matches!(declared, Declared::Text(_))) {
        return Some(Place::Sought);
    }
    errors.on(&constant.path, not_declared(constant));
    None
}

/// What is wrong with a constant whose field nobody has declared.
pub(super) fn not_declared(constant: &Constant) -> String {
    let text = constant.text();
    format!("`{text}` is not declared; declare it: `#[instrument(fields({text} = Empty))]`")
}

/// What OpenTelemetry's conventions make of a name's value, where the compiler must find out what it is; where it is written
/// and something else, that is a mistake. What there is to say of the name itself is said where it is declared.
fn must_be(name: &Name, format: Format, value: &Expr, errors: &mut Errors) -> Option<ValueType> {
    let ty = match format {
        Format::Value => ValueType::of_value(value, &|_| None),
        Format::Debug | Format::Display => Some(ValueType::Str),
    };
    match semconv::check(&name.text, ty) {
        Some(Finding::Error(message)) => {
            errors.on(value, message);
            None
        }
        Some(Finding::Warning(_)) => None,
        None if ty.is_none() => semconv::expected(&name.text),
        None => None,
    }
}

/// The value, which is there.
fn given(key: &Key, value: FieldValue, errors: &mut Errors) -> Option<(Format, Expr)> {
    let text = key.text();
    let message = match value {
        FieldValue::Now(format, value) => return Some((format, *value)),
        FieldValue::Later => {
            format!("`{text}` stays empty until it is recorded; write `{text} = value`, or leave it out")
        }
        FieldValue::Missing(format) => {
            format!("`{text}` has no value: write `{text} = {}value`", format.sign())
        }
    };
    errors.on(key.tokens(), message);
    None
}
