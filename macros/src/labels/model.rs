//! What `#[derive(Labels)]` decided: every field is a dimension of known size.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, Path, PathArguments, Type};

use super::parse::{Field, FieldArgs, Input, StructArgs};
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::{docs, naming, types};

/// The number of combinations that a set may have, unless it says otherwise.
const BUDGET: u32 = 1024;

/// A set of labels.
pub(super) struct Model {
    pub(super) krate: Runtime,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    /// The struct's type where its lifetimes are `'static`.
    pub(super) static_type: TokenStream,
    pub(super) labels: Vec<Label>,
    pub(super) budget: u32,
}

/// One of its labels.
pub(super) struct Label {
    /// Its name, where it is not the attribute's.
    pub(super) name: Option<String>,
    pub(super) attribute: Option<Path>,
    pub(super) help: String,
    pub(super) field: Ident,
    pub(super) ty: Type,
    pub(super) values: Values,
}

/// How many values a label may have.
pub(super) enum Values {
    /// As many as its type has.
    Typed,
    /// So many texts, and one for the rest.
    Text(u32),
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, fields, mut errors } = input;
        let StructArgs { budget, krate } = args;
        // The number of combinations is a constant, so only lifetimes may differ.
        for param in &item.generics.params {
            if !matches!(param, GenericParam::Lifetime(_)) {
                errors.on(param, "a label set can be generic over lifetimes only: remove the parameter");
            }
        }
        let labels = labels(fields, &mut errors);
        if labels.is_empty() && errors.is_empty() {
            errors.at(item.ident.span(), "a label set needs at least one field; for no labels use `()`");
        }
        let lifetimes = item.generics.lifetimes().map(|_| quote!('static));
        let ident = item.ident;
        let static_type = quote!(#ident<#(#lifetimes),*>);
        errors.finish(Self {
            krate: Runtime::new(&krate),
            static_type,
            ident,
            generics: item.generics,
            labels,
            budget: budget.map_or(BUDGET, |budget| u32::try_from(budget.value.0.0).unwrap_or(u32::MAX)),
        })
    }
}

fn labels(fields: Vec<Field>, errors: &mut Errors) -> Vec<Label> {
    let mut labels: Vec<(Label, Option<Span>)> = Vec::new();
    for Field { ident, ty, attrs, args, is_complete } in fields {
        let FieldArgs { name, attribute, max, skip, allow_secret } = args;
        if let Some(skip) = skip {
            // What is no label has nothing to say.
            let others = [
                name.map(|arg| arg.key),
                attribute.map(|arg| arg.key),
                max.map(|arg| arg.key),
                allow_secret.map(|arg| arg.key),
            ];
            for other in others.into_iter().flatten() {
                let message = format!("`skip` and `{other}` exclude each other; keep one");
                errors.between(skip.key.span(), other.span(), message);
            }
            continue;
        }
        let attribute = attribute.map(|attribute| attribute.value.0);
        let (name, at) = match (&name, &attribute) {
            (Some(name), _) => (Some(name.value.0.0.value()), Some(name.value.0.0.span())),
            (None, Some(_)) => (None, None),
            (None, None) => (Some(ident.unraw().to_string()), Some(ident.span())),
        };
        if let (Some(name), Some(at)) = (&name, at) {
            check_name(name, at, allow_secret.is_some() || !is_complete, errors);
            // A name is one label.
            let same = labels.iter().find(|(label, _)| label.name.as_ref() == Some(name));
            if let Some((_, Some(first))) = same {
                errors.between(*first, at, format_args!("duplicate label `{name}`: rename one of them"));
            }
        }
        let values = match max {
            Some(max) => match u32::try_from(max.value.0.0) {
                Ok(max) if max < u32::MAX => Values::Text(max),
                _ => {
                    errors
                        .at(max.key.span(), "`max` is too large; a label of that many values is not a label");
                    Values::Typed
                }
            },
            None => {
                if is_complete && is_text(&ty) {
                    let message = format!(
                        "`{ident}` is free text: say how many values it may have, `#[label(max = 100)]`"
                    );
                    errors.on(&ty, message);
                }
                Values::Typed
            }
        };
        // A label behind a reference is that label.
        let ty = match values {
            Values::Typed => types::dereferenced(&ty).0.clone(),
            Values::Text(_) => ty,
        };
        let help = docs::documentation(&attrs);
        labels.push((Label { name, attribute, help, field: ident, ty, values }, at));
    }
    labels.into_iter().map(|(label, _)| label).collect()
}

/// A name that Prometheus accepts, and that no secret has, unless that is said explicitly.
fn check_name(name: &str, at: Span, may_be_secret: bool, errors: &mut Errors) {
    if let Some(problem) = naming::label_name_error(name, &[]) {
        errors.at(at, problem);
    }
    if naming::is_secret(name) && !may_be_secret {
        let message = format!(
            "the label `{name}` looks like a secret: `skip` it, or, if it is none, add `#[label(allow_secret)]`"
        );
        errors.at(at, message);
    }
}

/// Whether a type is plainly a string: `String`, `&str`, `Cow<'_, str>`, `Box<str>`, `Arc<str>`.
fn is_text(ty: &Type) -> bool {
    match ty {
        Type::Reference(ty) => is_text(&ty.elem),
        Type::Paren(ty) => is_text(&ty.elem),
        Type::Group(ty) => is_text(&ty.elem),
        Type::Path(ty) => ty.path.segments.last().is_some_and(|last| match last.ident.to_string().as_str() {
            "str" | "String" => true,
            "Cow" | "Box" | "Rc" | "Arc" => match &last.arguments {
                PathArguments::AngleBracketed(list) => {
                    list.args.last().is_some_and(|argument| argument.to_token_stream().to_string() == "str")
                }
                _ => false,
            },
            _ => false,
        }),
        _ => false,
    }
}
