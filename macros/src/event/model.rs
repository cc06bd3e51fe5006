//! What `#[derive(Event)]` decided: every value has its name, and its way into the recording.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Generics, Type};

use super::parse::{Field, FieldArgs, Input, StructArgs};
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::naming::{self, Case};

/// The most values: each takes room in the record.
const MOST_VALUES: usize = 64;

/// A type of events.
pub(super) struct Model {
    pub(super) krate: Runtime,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) name: String,
    pub(super) values: Vec<FieldValue>,
}

/// A value that is recorded.
pub(super) struct FieldValue {
    pub(super) field: Ident,
    pub(super) ty: Type,
    pub(super) name: String,
    pub(super) how: How,
}

/// How it is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    AsItIs,
    Display,
    Debug,
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, fields, mut errors } = input;
        let StructArgs { name, krate } = args;
        let default = || Case::Snake.apply(&item.ident.unraw().to_string());
        let name = name.map_or_else(default, |name| name.value.0.0.value());
        let values: Vec<_> = fields.into_iter().filter_map(|field| decide(field, &mut errors)).collect();
        check_names(&values, &mut errors);
        if let Some(beyond) = values.get(MOST_VALUES) {
            let message =
                format!("an event has at most {MOST_VALUES} values: skip some, or make it two events");
            errors.at(beyond.field.span(), message);
        }
        errors.finish(Self {
            krate: Runtime::new(&krate),
            ident: item.ident,
            generics: item.generics,
            name,
            values,
        })
    }
}

/// The field's value, unless it is skipped.
fn decide(field: Field, errors: &mut Errors) -> Option<FieldValue> {
    let Field { ident, ty, args, is_complete } = field;
    let FieldArgs { rename, display, debug, skip, allow_secret } = args;
    let keys = [
        rename.as_ref().map(|rename| &rename.key),
        display.as_ref().map(|display| &display.key),
        debug.as_ref().map(|debug| &debug.key),
        allow_secret.as_ref().map(|allow| &allow.key),
    ];
    if let Some(skip) = &skip {
        // Of what is skipped there is nothing to say.
        for other in keys.into_iter().flatten() {
            let message = format!("`skip` and `{other}` exclude each other; keep one");
            errors.between(skip.key.span(), other.span(), message);
        }
        return None;
    }
    let how = match (&display, &debug) {
        (Some(display), Some(debug)) => {
            // A value is recorded once.
            let message = "`display` and `debug` exclude each other; keep one";
            errors.between(display.key.span(), debug.key.span(), message);
            How::Display
        }
        (Some(_), None) => How::Display,
        (None, Some(_)) => How::Debug,
        (None, None) => How::AsItIs,
    };
    let own = ident.unraw().to_string();
    let name = rename.map_or_else(|| own.clone(), |rename| rename.value.0.0.value());
    // What is named like a secret is recorded only if that is said explicitly.
    if is_complete && allow_secret.is_none() && (naming::is_secret(&own) || naming::is_secret(&name)) {
        let message = format!("`{ident}` looks like a secret: add `skip`, or, if it is none, `allow_secret`");
        errors.at(ident.span(), message);
    }
    Some(FieldValue { field: ident, ty, name, how })
}

/// No two values have one name.
fn check_names(values: &[FieldValue], errors: &mut Errors) {
    for (at, value) in values.iter().enumerate() {
        if values[..at].iter().any(|other| other.name == value.name) {
            let message =
                format!("another value is called `{}` too: give one of them another name", value.name);
            errors.at(value.field.span(), message);
        }
    }
}
