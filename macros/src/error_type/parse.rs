//! The syntax of `#[derive(ErrorType)]`, as written.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Data, DeriveInput, Fields, Path};

use crate::args::{self, Eq, Flag, Text, arguments};
use crate::errors::Errors;
use crate::naming::Case;

arguments! {
    /// The arguments of `#[error_type(…)]` on the enum, or on the struct.
    pub(super) struct ItemArgs {
        rename: Eq<Text> = "rename",
        rename_all: Eq<Case> = "rename_all",
        expected: Flag = "expected",
        krate: Eq<Path> = "crate",
    }
}

arguments! {
    /// The arguments of `#[error_type(…)]` on a variant.
    pub(super) struct VariantArgs {
        rename: Eq<Text> = "rename",
        expected: Flag = "expected",
        transparent: Flag = "transparent",
    }
}

/// The error.
pub(super) struct Input {
    pub(super) args: ItemArgs,
    pub(super) item: DeriveInput,
    /// Where it is an enum.
    pub(super) variants: Option<Vec<Variant>>,
    pub(super) errors: Errors,
}

/// One of an enum's variants.
pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) fields: Fields,
    pub(super) args: VariantArgs,
}

impl Input {
    /// Fails only at what is no item: mistakes are collected.
    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        let mut item: DeriveInput = syn::parse2(item)?;
        let mut errors = Errors::default();
        let args = args::parse_helpers(&item.attrs, "error_type", &mut errors);
        let mut variants = None;
        match &mut item.data {
            Data::Enum(data) => {
                let parsed = std::mem::take(&mut data.variants).into_iter().map(|variant| {
                    let args = args::parse_helpers(&variant.attrs, "error_type", &mut errors);
                    refuse_on_fields(&variant.fields, &mut errors);
                    Variant { ident: variant.ident, fields: variant.fields, args }
                });
                variants = Some(parsed.collect());
            }
            Data::Struct(data) => refuse_on_fields(&data.fields, &mut errors),
            Data::Union(data) => not_an_error(data.union_token.span, &mut errors),
        }
        Ok(Self { args, item, variants, errors })
    }
}

fn refuse_on_fields(fields: &Fields, errors: &mut Errors) {
    for field in fields {
        args::refuse_helpers(&field.attrs, "error_type", "it goes on the variant, or on the item", errors);
    }
}

fn not_an_error(at: Span, errors: &mut Errors) {
    errors.at(at, "`ErrorType` goes on an enum or a struct, and this is a union: make it an enum");
}
