//! The syntax of `#[derive(Event)]`, as written.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Data, DeriveInput, Fields, Path, Type};

use crate::args::{self, Eq, Flag, Text, arguments};
use crate::errors::Errors;

arguments! {
    /// The arguments of `#[event(…)]` on the struct.
    pub(super) struct StructArgs {
        name: Eq<Text> = "name",
        krate: Eq<Path> = "crate",
    }
}

arguments! {
    /// The arguments of `#[event(…)]` on a field.
    pub(super) struct FieldArgs {
        rename: Eq<Text> = "rename",
        display: Flag = "display",
        debug: Flag = "debug",
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
    pub(super) args: FieldArgs,
    /// Whether all the arguments could be parsed, so that one that is absent was not written.
    pub(super) is_complete: bool,
}

impl Input {
    /// Fails only at what is no item: mistakes are collected.
    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        let mut item: DeriveInput = syn::parse2(item)?;
        let mut errors = Errors::default();
        let args = args::parse_helpers(&item.attrs, "event", &mut errors);
        let mut fields = Vec::new();
        match &mut item.data {
            Data::Struct(data) => {
                if let Fields::Unnamed(_) = data.fields {
                    let message = "a value is named after its field: give the struct fields with names";
                    errors.at(item.ident.span(), message);
                }
                for field in std::mem::replace(&mut data.fields, Fields::Unit) {
                    let before = errors.count();
                    let args = args::parse_helpers(&field.attrs, "event", &mut errors);
                    let is_complete = errors.count() == before;
                    let ty = field.ty;
                    fields.extend(field.ident.map(|ident| Field { ident, ty, args, is_complete }));
                }
            }
            Data::Enum(data) => not_a_struct(data.enum_token.span, "an enum", &mut errors),
            Data::Union(data) => not_a_struct(data.union_token.span, "a union", &mut errors),
        }
        Ok(Self { args, item, fields, errors })
    }
}

fn not_a_struct(at: Span, what: &str, errors: &mut Errors) {
    errors.at(at, format_args!("`Event` goes on a struct, and this is {what}: make it a struct"));
}
