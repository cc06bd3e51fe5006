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
    /// The constant of the span's fields, where not all of them are texts.
    pub(super) all: Option<Ident>,
    /// Where the first field is written.
    pub(super) at: Span,
    pub(super) assignments: Vec<Assignment>,
}

/// A field and its value.
pub(super) struct Assignment {
    pub(super) name: FieldName,
    /// Where its name is written.
    pub(super) at: Span,
    pub(super) format: Format,
    pub(super) value: Expr,
    /// What it has to be, where the compiler must find out whether it is.
    pub(super) must_be: Option<ValueType>,
    /// What the value reads, where that says a secret that the constant's redaction has to hide.
    pub(super) secret: Option<Ident>,
}

/// Which of the span's fields it is.
pub(super) enum FieldName {
    /// The text of this name, with its number among the texts.
    Text(String, usize),
    /// The one with the constant's key.
    Constant(Constant),
}

impl FieldName {
    /// As it is written.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text, _) => text.clone(),
            Self::Constant(constant) => constant.text(),
        }
    }
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { span, conventions, krate, declared, allowed, fields, mut errors } = input;
        let mut at = None;
        let mut assignments: Vec<Assignment> = Vec::with_capacity(fields.len());
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
            at.get_or_insert(key.span());
            let name = declared_name(&key, &declared, &mut errors);
            let value = given(&key, value, &mut errors);
            let (Some(name), Some((format, value))) = (name, value) else { continue };
            // A field has one value.
            let text = key.text();
            if let Some(first) = assignments.iter().find(|other| other.name.text() == text) {
                errors.between(first.at, key.span(), recorded_twice(&text));
            }
            let secret = secret(&key, &value, &allowed, &mut errors);
            let must_be = match &key {
                Key::Name(name) if conventions => must_be(name, format, &value, &mut errors),
                Key::Name(_) | Key::Constant(_) => None,
            };
            assignments.push(Assignment { name, at: key.span(), format, value, must_be, secret });
        }
        let at = at.unwrap_or_else(Span::call_site);
        errors.finish(Self { span, krate, all: declared.all, at, assignments })
    }
}

/// What is wrong with a second value of a field.
pub(super) fn recorded_twice(name: &str) -> String {
    format!("`{name}` is recorded twice; keep one")
}

/// The secret that a value reads, where it goes into a constant: the compiler finds out whether that hides it. A name that
/// says a secret was allowed where it was declared; another one hides none.
fn secret(key: &Key, value: &Expr, allowed: &[String], errors: &mut Errors) -> Option<Ident> {
    let secret = secret_read(value, &|_| None)?;
    match key {
        _ if allowed.iter().any(|allow| secret.unraw() == allow.as_str()) => None,
        Key::Constant(_) => Some(secret),
        Key::Name(name) if naming::is_secret(&name.text) => None,
        Key::Name(_) => {
            let message = format!(
                "`{secret}` looks like a secret: leave it out, or, if it is none, add `allow_secret({secret})` to `#[instrument(…)]`"
            );
            errors.at(secret.span(), message);
            None
        }
    }
}

/// The field. A span has the fields that its callsite declares, and no others.
fn declared_name(key: &Key, declared: &Declared, errors: &mut Errors) -> Option<FieldName> {
    match key {
        Key::Name(name) => {
            let found = declared.texts.iter().position(|text| *text == name.text);
            if found.is_none() {
                errors.on(&name.tokens, name_not_declared(&name.text, declared));
            }
            found.map(|number| FieldName::Text(name.text.clone(), number))
        }
        // Which field that is, only the compiler knows.
        Key::Constant(constant) if declared.all.is_some() => Some(FieldName::Constant(constant.clone())),
        Key::Constant(constant) => {
            errors.on(&constant.path, not_declared(&constant.text()));
            None
        }
    }
}

/// What is wrong with a name that nobody has declared.
fn name_not_declared(name: &str, declared: &Declared) -> String {
    let argument = if naming::is_dotted(name) { name.to_owned() } else { format!("{name:?}") };
    let declare = format!("declare it: `#[instrument(fields({argument} = Empty))]`");
    match naming::nearest(name, declared.texts.iter().map(String::as_str)) {
        Some(near) => format!("`{name}` is not declared; did you mean `{near}`? if not, {declare}"),
        // Its redaction is the constant's to know.
        None if declared.all.is_some() => {
            format!(
                "`{name}` is not declared; write its constant, `{{ATTR_NAME}}`, if it has one; if not, {declare}"
            )
        }
        None => format!("`{name}` is not declared; {declare}"),
    }
}

/// What is wrong with a constant whose field nobody has declared.
pub(super) fn not_declared(text: &str) -> String {
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
