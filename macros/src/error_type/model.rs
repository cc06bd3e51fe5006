//! What `#[derive(ErrorType)]` decided: every variant has its name in telemetry, or is what its field says.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Fields, Generics, Member, Type};

use super::parse::{Input, ItemArgs, Variant, VariantArgs};
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::naming::Case;

/// An error.
pub(super) struct Model {
    pub(super) krate: Runtime,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) cases: Vec<ErrorCase>,
}

/// A variant; of a struct, the struct.
pub(super) struct ErrorCase {
    /// The path of the pattern: `Self::Timeout`, or `Self`.
    pub(super) path: TokenStream,
    pub(super) says: Says,
}

/// What a case says of itself.
pub(super) enum Says {
    /// Its name, and whether it was to be expected.
    Own { name: String, is_expected: bool },
    /// What the error in its only field says; where all of the enum's are, it is to be expected whatever that says.
    Inner { member: Member, ty: Box<Type>, is_expected: bool },
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, variants, mut errors } = input;
        let ItemArgs { rename, rename_all, expected, krate } = args;
        let name_of = |ident: &Ident, case: Case| case.apply(&ident.unraw().to_string());
        let case = rename_all.as_ref().map_or(Case::Snake, |case| case.value.0);
        let cases = match variants {
            // A struct is one case.
            None => {
                let name =
                    rename.map_or_else(|| name_of(&item.ident, case), |rename| rename.value.0.0.value());
                vec![ErrorCase {
                    path: quote!(Self),
                    says: Says::Own { name, is_expected: expected.is_some() },
                }]
            }
            Some(variants) => {
                if let Some(rename) = rename {
                    let message =
                        "an enum has a name for each variant: write `rename` on those, or `rename_all` here";
                    errors.at(rename.key.span(), message);
                }
                let cases = variants.into_iter().map(|variant| {
                    let name = name_of(&variant.ident, case);
                    decide(variant, name, expected.is_some(), &mut errors)
                });
                cases.collect()
            }
        };
        errors.finish(Self { krate: Runtime::new(&krate), ident: item.ident, generics: item.generics, cases })
    }
}

fn decide(variant: Variant, name: String, all_are_expected: bool, errors: &mut Errors) -> ErrorCase {
    let Variant { ident, fields, args } = variant;
    let VariantArgs { rename, expected, transparent } = args;
    let says = match transparent {
        None => Says::Own {
            name: rename.map_or(name, |rename| rename.value.0.0.value()),
            is_expected: all_are_expected || expected.is_some(),
        },
        Some(transparent) => {
            // It is all that the inner error says.
            let others = [rename.map(|rename| rename.key), expected.map(|expected| expected.key)];
            for other in others.into_iter().flatten() {
                let message = format!("`transparent` and `{other}` exclude each other; keep one");
                errors.between(transparent.key.span(), other.span(), message);
            }
            match only(&fields) {
                Some((member, ty)) => Says::Inner { member, ty: Box::new(ty), is_expected: all_are_expected },
                None => {
                    let message = format!(
                        "`{ident}` is `transparent`, so it has one field, with the error that it is: remove `transparent`, or the other fields"
                    );
                    errors.at(transparent.key.span(), message);
                    Says::Own { name, is_expected: false }
                }
            }
        }
    };
    ErrorCase { path: quote!(Self::#ident), says }
}

/// The only field.
fn only(fields: &Fields) -> Option<(Member, Type)> {
    let mut all = fields.members().zip(fields);
    match (all.next(), all.next()) {
        (Some((member, field)), None) => Some((member, field.ty.clone())),
        _ => None,
    }
}
