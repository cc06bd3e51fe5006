//! The syntax of `#[derive(Labels)]`, as written.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Data, DeriveInput, Fields, Path, Type};

use crate::args::{self, Eq, Flag, Number, Text, arguments};
use crate::errors::Errors;

arguments! {
    /// The arguments of `#[labels(…)]` on the struct.
    pub(super) struct StructArgs {
        budget: Eq<Number> = "budget",
        krate: Eq<Path> = "crate",
    }
}

arguments! {
    /// The arguments of `#[label(…)]` on a field.
    pub(super) struct FieldArgs {
        name: Eq<Text> = "name",
        attribute: Eq<Path> = "attribute",
        max: Eq<Number> = "max",
        skip: Flag = "skip",
        allow_secret: Flag = "allow_secret",
    }
}

/// The struct.
pub(super) struct Input {
    pub(super) args: StructArgs,
    pub(super) item: DeriveInput,
    pub(super) fields: Vec<Field>,
    pub(super) errors: Errors,
}

/// One of its fields.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) attrs: Vec<Attribute>,
    pub(super) args: FieldArgs,
    /// Whether all the arguments could be parsed, so that one that is absent was not written.
    pub(super) is_complete: bool,
}

impl Input {
    /// Fails only at what is no item: mistakes are collected.
    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        let mut item: DeriveInput = syn::parse2(item)?;
        let mut errors = Errors::default();
        let args = args::parse_helpers(&item.attrs, "labels", &mut errors);
        args::refuse_helpers(&item.attrs, "label", "it goes on a field", &mut errors);
        let mut fields = Vec::new();
        match &mut item.data {
            Data::Struct(data) => {
                let has_names = matches!(data.fields, Fields::Named(_));
                if !has_names {
                    let message = "a label is named after its field: give the struct fields with names";
                    errors.at(item.ident.span(), message);
                }
                for field in std::mem::replace(&mut data.fields, Fields::Unit) {
                    let before = errors.count();
                    let args = args::parse_helpers(&field.attrs, "label", &mut errors);
                    args::refuse_helpers(&field.attrs, "labels", "it goes on the struct", &mut errors);
                    let is_complete = errors.count() == before;
                    let (ty, attrs) = (field.ty, field.attrs);
                    fields.extend(field.ident.map(|ident| Field { ident, ty, attrs, args, is_complete }));
                }
            }
            Data::Enum(data) => {
                not_a_struct(data.enum_token.span, "an enum: derive `Label`, or", &mut errors)
            }
            Data::Union(data) => not_a_struct(data.union_token.span, "a union:", &mut errors),
        }
        Ok(Self { args, item, fields, errors })
    }
}

fn not_a_struct(at: Span, what: &str, errors: &mut Errors) {
    errors.at(at, format_args!("`Labels` goes on a struct, and this is {what} make it a struct"));
}
