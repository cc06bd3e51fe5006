//! The syntax of `#[derive(Label)]`, as written.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::ParseStream;
use syn::{Data, DeriveInput, Fields, LitStr, Path};

use crate::args::{self, Eq, Flag, Operand, Text, arguments};
use crate::errors::Errors;
use crate::naming::Case;

arguments! {
    /// The arguments of `#[label(…)]` on the enum.
    pub(super) struct EnumArgs {
        name: Eq<Text> = "name",
        attribute: Eq<Path> = "attribute",
        allow_secret: Flag = "allow_secret",
        rename_all: Eq<Case> = "rename_all",
        krate: Eq<Path> = "crate",
    }
}

arguments! {
    /// The arguments of `#[label(…)]` on a variant.
    pub(super) struct VariantArgs {
        rename: Eq<Text> = "rename",
    }
}

/// The enum.
pub(super) struct Input {
    pub(super) args: EnumArgs,
    pub(super) item: DeriveInput,
    pub(super) variants: Vec<Variant>,
    pub(super) errors: Errors,
}

/// One of its variants.
pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) args: VariantArgs,
}

impl Input {
    /// Fails only at what is no item: mistakes are collected.
    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        let mut item: DeriveInput = syn::parse2(item)?;
        let mut errors = Errors::default();
        let args = args::parse_helpers(&item.attrs, "label", &mut errors);
        let mut variants = Vec::new();
        match &mut item.data {
            Data::Enum(data) => {
                for variant in std::mem::take(&mut data.variants) {
                    // A label's values are known at compile time.
                    if !matches!(variant.fields, Fields::Unit) {
                        let message = "a label's variants hold no data: remove the fields";
                        errors.on(&variant.fields, message);
                    }
                    let args = args::parse_helpers(&variant.attrs, "label", &mut errors);
                    variants.push(Variant { ident: variant.ident, args });
                }
            }
            Data::Struct(data) => {
                not_an_enum(data.struct_token.span, "a struct: derive `Labels`, or", &mut errors)
            }
            Data::Union(data) => not_an_enum(data.union_token.span, "a union:", &mut errors),
        }
        Ok(Self { args, item, variants, errors })
    }
}

fn not_an_enum(at: Span, what: &str, errors: &mut Errors) {
    errors.at(at, format_args!("`Label` goes on an enum without data, and this is {what} make it an enum"));
}

impl Operand for Case {
    const LIKE: &'static str = "\"snake_case\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            return Err(input.error(format_args!("`{key}` takes a case: write `{key} = {}`", Self::LIKE)));
        }
        let name: LitStr = input.parse()?;
        Case::named(&name.value()).map_err(|message| syn::Error::new(name.span(), message))
    }
}
