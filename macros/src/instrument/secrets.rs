//! The part of the model that looks for secrets among the attributes.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

use super::fields::{Field, FieldName};
use super::recording;
use crate::args::{Arg, List};
use crate::errors::Errors;
use crate::field::Name;
use crate::naming;
use crate::secret_read::secret_read;
use crate::signature::Function;

/// What looks like a secret.
struct Suspect {
    /// The name that allows it.
    name: String,
    /// What is called like a secret, and where; nothing where that is left for the constant to answer.
    secret: Option<(String, Span)>,
}

/// What is named like a secret is recorded only if that is said explicitly, and only what is recorded can be allowed.
/// Another name hides no secret, and a constant only one that it does not show, which the compiler finds out.
pub(super) fn check(
    fields: &mut [Field],
    labels: &[(String, Span)],
    allowed: Arg<List<Name>>,
    item: &Function,
    errors: &mut Errors,
) {
    let complete = errors.is_empty();
    let allowed = allowed.map(|list| list.value.0).unwrap_or_default();
    let is_allowed = |name: &str| allowed.iter().any(|allow| allow.text == name);
    let mut suspects: Vec<Suspect> = Vec::new();
    for field in fields {
        let read = read(field, item);
        match (&field.name, read) {
            (FieldName::Text(name), read) => suspects.push(named(name, field.span, read)),
            (FieldName::Constant(_), Some(read)) => {
                let name = read.unraw().to_string();
                field.secret = (!is_allowed(&name)).then_some(read);
                suspects.push(Suspect { name, secret: None });
            }
            (FieldName::Constant(_) | FieldName::Set(_), _) => {}
        }
    }
    suspects.extend(labels.iter().map(|(name, span)| named(name, *span, None)));
    for Suspect { name, secret } in &suspects {
        let Some((secret, at)) = secret else { continue };
        if !is_allowed(name) {
            let argument = if naming::is_dotted(name) { name.clone() } else { format!("{name:?}") };
            let message = format!(
                "`{secret}` looks like a secret: leave it out, or, if it is none, add `allow_secret({argument})`"
            );
            errors.at(*at, message);
        }
    }
    if !complete {
        return;
    }
    // What `record!` reads is known there only.
    let records = recording::is_in(item.body.stream());
    for allow in &allowed {
        let is_records = records && naming::is_secret(&allow.text);
        if !is_records && !suspects.iter().any(|suspect| suspect.name == allow.text) {
            let message = format!("`{}` is not recorded; remove it from `allow_secret`", allow.text);
            errors.on(&allow.tokens, message);
        }
    }
}

/// What the field's value reads as it is, where that says a secret.
fn read(field: &Field, item: &Function) -> Option<Ident> {
    let value = syn::parse2(field.value.as_ref()?.tokens.clone()).ok()?;
    secret_read(&value, &|name| item.field_of(name))
}

fn named(name: &str, span: Span, read: Option<Ident>) -> Suspect {
    let secret = match (naming::is_secret(name), read) {
        (true, _) => Some((name.to_owned(), span)),
        (false, Some(read)) => Some((read.to_string(), read.span())),
        (false, None) => None,
    };
    Suspect { name: name.to_owned(), secret }
}
