//! The part of the model that decides which attributes a span has.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::parse::Recorded;
use crate::args::{Arg, Flag, List};
use crate::errors::Errors;
use crate::field::{FieldArg, FieldValue, Format, Name, secret_read};
use crate::naming;
use crate::signature::Function;

/// The arguments that have to do with attributes.
pub(super) struct Written {
    pub(super) record: Arg<List<Recorded>>,
    pub(super) record_all: Arg<Flag>,
    pub(super) skip: Arg<List<Name>>,
    pub(super) skip_all: Arg<Flag>,
    pub(super) fields: Arg<List<FieldArg>>,
    pub(super) allow_secret: Arg<List<Name>>,
}

/// An attribute of the span.
pub(super) struct Field {
    pub(super) name: String,
    /// Where it is written.
    pub(super) span: Span,
    /// `None` where it is filled in later.
    pub(super) value: Option<Value>,
}

/// What an attribute is at the start.
pub(super) struct Value {
    pub(super) format: Format,
    pub(super) tokens: TokenStream,
    pub(super) span: Span,
}

/// The attributes, in the order of `record`, `record_all`, `fields`.
pub(super) fn decide(written: Written, item: &Function, errors: &mut Errors) -> Vec<Field> {
    let Written { record, record_all, skip, skip_all, fields, allow_secret } = written;
    let before = errors.count();
    let skipped = skipped(skip, skip_all.as_ref().map(|flag| &flag.key), item, errors);
    let skips_what_it_should = errors.count() == before;
    // Both at once would say everything and nothing.
    if let (Some(all), Some(none)) = (&record_all, &skip_all) {
        let message = "`record_all` and `skip_all` exclude each other; keep one";
        errors.between(all.key.span(), none.key.span(), message);
    }
    let mut decided = Vec::new();
    for recorded in record.into_iter().flat_map(|list| list.value.0) {
        recorded_field(recorded, item, &skipped, &mut decided, errors);
    }
    let extra: Vec<Field> = fields
        .into_iter()
        .flat_map(|list| list.value.0)
        .filter_map(|field| given(field, item, errors))
        .collect();
    // After a slip in `skip`, what should have been skipped is no second mistake.
    if record_all.is_some() && skips_what_it_should {
        record_rest(item, &skipped, &extra, &mut decided);
    }
    decided.extend(extra);
    // A name is one attribute.
    for (index, field) in decided.iter().enumerate() {
        if let Some(first) = decided[..index].iter().find(|earlier| earlier.name == field.name) {
            let message =
                format!("`{}` is recorded twice; keep one, or rename one in `fields(…)`", field.name);
            errors.between(first.span, field.span, message);
        }
    }
    check_secrets(&decided, allow_secret, errors);
    decided
}

/// The parameters that `record_all` leaves out.
fn skipped(
    skip: Arg<List<Name>>,
    skip_all: Option<&Ident>,
    item: &Function,
    errors: &mut Errors,
) -> Vec<Name> {
    let Some(skip) = skip else { return Vec::new() };
    // `skip_all` leaves nothing to skip.
    if let Some(all) = skip_all {
        let message = "`skip` and `skip_all` exclude each other; keep one";
        errors.between(skip.key.span(), all.span(), message);
        return skip.value.0;
    }
    // What is skipped exists.
    for name in &skip.value.0 {
        let known = name.ident.as_ref().is_some_and(|ident| is_param(ident, item));
        if !known {
            errors.on(&name.tokens, no_parameter(&name.text, item));
        }
    }
    skip.value.0
}

fn is_param(ident: &Ident, item: &Function) -> bool {
    item.param(ident).is_some() || (ident == "self" && item.sig.receiver().is_some())
}

fn no_parameter(name: &str, item: &Function) -> String {
    let mut known: Vec<String> = item.params.iter().map(|param| param.ident.to_string()).collect();
    known.extend(item.sig.receiver().map(|_| "self".to_owned()));
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match known.as_slice() {
        [] => format!("`{name}` is no parameter; this function has none"),
        [only] => format!("`{name}` is no parameter; did you mean `{only}`?"),
        known => format!("`{name}` is no parameter; {}", naming::suggestion(name, known, "parameters")),
    }
}

/// One element of `record(…)`: a parameter that is not skipped.
fn recorded_field(
    recorded: Recorded,
    item: &Function,
    skipped: &[Name],
    decided: &mut Vec<Field>,
    errors: &mut Errors,
) {
    let Recorded { format, root, name, value } = recorded;
    let span = root.span();
    if !is_param(&root, item) {
        errors.at(span, no_parameter(&root.to_string(), item));
        return;
    }
    if let Some(skip) = skipped.iter().find(|skip| skip.text == name) {
        let message = format!("`{name}` is both skipped and recorded; keep one");
        errors.between(skip.span(), span, message);
        return;
    }
    decided.push(Field { name, span, value: Some(Value { format, span, tokens: value }) });
}

/// `record_all`: what is neither skipped, nor recorded otherwise, nor marked as unused by its name.
fn record_rest(item: &Function, skipped: &[Name], extra: &[Field], decided: &mut Vec<Field>) {
    for param in &item.params {
        let name = param.ident.unraw().to_string();
        let elsewhere = decided.iter().chain(extra).any(|field| field.name == name);
        if elsewhere || name.starts_with('_') || skipped.iter().any(|skip| skip.text == name) {
            continue;
        }
        let span = param.ident.span();
        let value = Value { format: Format::Debug, span, tokens: param.ident.to_token_stream() };
        decided.push(Field { name, span, value: Some(value) });
    }
}

/// One element of `fields(…)`: it has a value, or says that it comes later.
fn given(field: FieldArg, item: &Function, errors: &mut Errors) -> Option<Field> {
    let FieldArg { name, value } = field;
    let span = name.span();
    let value = match value {
        FieldValue::Now(format, expr) => {
            Some(Value { format, span: expr.span(), tokens: expr.into_token_stream() })
        }
        FieldValue::Later => None,
        FieldValue::Missing(format) => {
            let (text, sign) = (&name.text, format.sign());
            let root = text.split('.').next().unwrap_or_default();
            let message = match item.params.iter().any(|param| param.ident.unraw() == root) || root == "self"
            {
                true => format!("`{root}` is a parameter: write `record({sign}{text})`"),
                false => format!(
                    "`{text}` has no value: write `{text} = value`, or `{text} = Empty` to fill it in later"
                ),
            };
            errors.on(&name.tokens, message);
            return None;
        }
    };
    Some(Field { name: name.text, span, value })
}

/// What is named like a secret is recorded only if that is said explicitly, and only what is recorded can be allowed.
fn check_secrets(decided: &[Field], allowed: Arg<List<Name>>, errors: &mut Errors) {
    let complete = errors.is_empty();
    let allowed = allowed.map(|list| list.value.0).unwrap_or_default();
    for field in decided {
        let name = &field.name;
        if allowed.iter().any(|allow| allow.text == *name) {
            continue;
        }
        // Another name hides no secret.
        let read = || {
            let value = field.value.as_ref()?;
            secret_read(&syn::parse2(value.tokens.clone()).ok()?)
        };
        let (secret, span) = match naming::is_secret(name) {
            true => (name.clone(), field.span),
            false => match read() {
                Some(read) => (read.to_string(), read.span()),
                None => continue,
            },
        };
        let remedy = "leave it out, or, if it is none, add";
        let argument = if naming::is_dotted(name) { name.clone() } else { format!("{name:?}") };
        errors.at(span, format_args!("`{secret}` looks like a secret: {remedy} `allow_secret({argument})`"));
    }
    if !complete {
        return;
    }
    for allow in &allowed {
        if !decided.iter().any(|field| field.name == allow.text) {
            let message = format!("`{}` is not recorded; remove it from `allow_secret`", allow.text);
            errors.on(&allow.tokens, message);
        }
    }
}
