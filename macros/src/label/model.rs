//! What `#[derive(Label)]` decided: every value has its text, and no two are the same.

use proc_macro2::{Ident, Span};
use syn::Path;
use syn::ext::IdentExt;

use super::parse::{EnumArgs, Input, Variant};
use crate::docs;
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::naming::{self, Case};

/// A label and its values.
pub(super) struct Model {
    pub(super) krate: Runtime,
    pub(super) ident: Ident,
    /// The label's name, where it is not the attribute's.
    pub(super) name: Option<String>,
    pub(super) attribute: Option<Path>,
    pub(super) help: String,
    /// The variants and their texts.
    pub(super) values: Vec<(Ident, String)>,
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, variants, mut errors } = input;
        let EnumArgs { name, attribute, allow_secret, rename_all, krate } = args;
        // A label's values are known at compile time, so there is nothing to be generic over.
        if !item.generics.params.is_empty() {
            errors.on(&item.generics.params, "a label can't be generic: remove the parameters");
        }
        // A metric with this label would have no series. A struct has been refused already.
        if variants.is_empty() && errors.is_empty() {
            errors.at(item.ident.span(), "a label needs at least one value: add a variant");
        }
        let attribute = attribute.map(|attribute| attribute.value.0);
        let named = match (&name, &attribute) {
            (Some(name), _) => Some((name.value.0.0.value(), name.value.0.0.span())),
            (None, Some(_)) => None,
            (None, None) => Some((Case::Snake.apply(&item.ident.unraw().to_string()), item.ident.span())),
        };
        if let Some((name, at)) = &named {
            if let Some(problem) = naming::label_name_error(name, &[]) {
                errors.at(*at, problem);
            }
            // A secret is no label, unless that is said explicitly.
            if naming::is_secret(name) && allow_secret.is_none() {
                let message = format!(
                    "the label `{name}` looks like a secret: rename it, or, if it is none, add `#[label(allow_secret)]`"
                );
                errors.at(*at, message);
            }
        }
        let name = named.map(|(name, _)| name);
        let case = rename_all.map_or(Case::Snake, |case| case.value.0);
        let values = values(variants, case, &mut errors);
        let (krate, help) = (Runtime::new(&krate), docs::documentation(&item.attrs));
        errors.finish(Self { krate, ident: item.ident, name, attribute, help, values })
    }
}

/// The text of every variant: `rename`, or its name in the enum's case; each only once.
fn values(variants: Vec<Variant>, case: Case, errors: &mut Errors) -> Vec<(Ident, String)> {
    let mut values: Vec<(Ident, String)> = Vec::new();
    let mut places: Vec<Span> = Vec::new();
    for Variant { ident, args } in variants {
        let (text, at) = match args.rename {
            Some(rename) => (rename.value.0.0.value(), rename.value.0.0.span()),
            None => (case.apply(&ident.unraw().to_string()), ident.span()),
        };
        let first = values.iter().zip(&places).find(|((_, earlier), _)| *earlier == text);
        if let Some(((earlier, _), place)) = first {
            let message =
                format!("`{earlier}` and `{ident}` have the same value `{text}`: rename one of them");
            errors.between(*place, at, message);
        }
        values.push((ident, text));
        places.push(at);
    }
    values
}
