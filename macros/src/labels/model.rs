//! What `#[derive(Labels)]` decided: every field is a dimension of known size.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, PathArguments, Type};

use super::parse::{Field, Input, StructArgs};
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::{naming, signature};

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
    pub(super) name: String,
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
        if fields.is_empty() && errors.is_empty() {
            errors.at(item.ident.span(), "a label set needs at least one field; for no labels use `()`");
        }
        let labels = labels(fields, &mut errors);
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
    let mut labels: Vec<(Label, proc_macro2::Span)> = Vec::new();
    for Field { ident, ty, args, is_complete } in fields {
        let super::parse::FieldArgs { name, max } = args;
        let (name, at) = match &name {
            Some(name) => (name.value.0.0.value(), name.value.0.0.span()),
            None => (ident.unraw().to_string(), ident.span()),
        };
        if let Some(problem) = naming::label_name_error(&name, &[]) {
            errors.at(at, problem);
        }
        // A name is one label.
        if let Some((_, first)) = labels.iter().find(|(label, _)| label.name == name) {
            errors.between(*first, at, format_args!("duplicate label `{name}`: rename one of them"));
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
            Values::Typed => signature::dereferenced(&ty).0.clone(),
            Values::Text(_) => ty,
        };
        labels.push((Label { name, field: ident, ty, values }, at));
    }
    labels.into_iter().map(|(label, _)| label).collect()
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
