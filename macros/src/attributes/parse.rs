//! The syntax of `#[derive(Attributes)]`, as written.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Fields, Lit, Path, Token, Type, bracketed};

use super::types::ExampleType;
use crate::args::{self, Eq, Flag, Operand, Text, arguments};
use crate::errors::Errors;
use crate::naming;

arguments! {
    /// The arguments of `#[attributes(…)]` on the struct.
    pub(super) struct StructArgs {
        prefix: Eq<Text> = "prefix",
        semconv: Eq<bool> = "semconv",
        krate: Eq<Path> = "crate",
    }
}

arguments! {
    /// The arguments of `#[attribute(…)]` on a field.
    pub(super) struct FieldArgs {
        key: Eq<Text> = "key",
        key_exact: Eq<Text> = "key_exact",
        constant: Eq<ConstantName> = "constant",
        example: Eq<Examples> = "example",
        redact: Eq<Redaction> = "redact",
        display: Flag = "display",
        debug: Flag = "debug",
        flatten: Flag = "flatten",
        prefix: Eq<Text> = "prefix",
        skip: Flag = "skip",
        skip_if_none: Flag = "skip_if_none",
        allow_secret: Flag = "allow_secret",
        semconv: Eq<bool> = "semconv",
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
        let args = args::parse_helpers(&item.attrs, "attributes", &mut errors);
        args::refuse_helpers(&item.attrs, "attribute", "it goes on a field", &mut errors);
        let mut fields = Vec::new();
        match &mut item.data {
            Data::Struct(data) => {
                if !matches!(data.fields, Fields::Named(_)) {
                    let message = "an attribute is named after its field: give the struct fields with names";
                    errors.at(item.ident.span(), message);
                }
                for field in std::mem::replace(&mut data.fields, Fields::Unit) {
                    let before = errors.count();
                    let args = args::parse_helpers(&field.attrs, "attribute", &mut errors);
                    args::refuse_helpers(&field.attrs, "attributes", "it goes on the struct", &mut errors);
                    let is_complete = errors.count() == before;
                    let (ty, attrs) = (field.ty, field.attrs);
                    fields.extend(field.ident.map(|ident| Field { ident, ty, attrs, args, is_complete }));
                }
            }
            Data::Enum(data) => not_a_struct(data.enum_token.span, "an enum", &mut errors),
            Data::Union(data) => not_a_struct(data.union_token.span, "a union", &mut errors),
        }
        Ok(Self { args, item, fields, errors })
    }
}

fn not_a_struct(at: Span, what: &str, errors: &mut Errors) {
    errors.at(at, format_args!("`Attributes` goes on a struct, and this is {what}: make it a struct"));
}

/// `constant = ATTR_X`
pub(super) struct ConstantName(pub(super) Ident);

impl Operand for ConstantName {
    const LIKE: &'static str = "ATTR_NAME";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let message = format!("`{key}` takes a name: write `{key} = {}`", Self::LIKE);
        let at = input.cursor().span();
        input.parse().map(Self).map_err(|_| syn::Error::new(at, message))
    }
}

/// `redact = hash`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Redaction {
    Hash,
    Mask,
    Drop,
}

impl Redaction {
    const ALL: [(&'static str, Self); 3] = [("hash", Self::Hash), ("mask", Self::Mask), ("drop", Self::Drop)];

    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, redaction)| *redaction == self).map_or("", |(word, _)| word)
    }
}

impl Operand for Redaction {
    const LIKE: &'static str = "hash";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.cursor().span();
        let names = Self::ALL.map(|(name, _)| name);
        let Ok(word) = input.call(Ident::parse_any) else {
            let names = naming::list(&names);
            return Err(syn::Error::new(
                at,
                format_args!("`{key}` takes one of {names}: write `{key} = hash`"),
            ));
        };
        match Self::ALL.iter().find(|(name, _)| word == name) {
            Some((_, redaction)) => Ok(*redaction),
            None => Err(args::unknown(&word, &names, "redaction")),
        }
    }
}

/// `example = 3`, or `example = ["a", "b"]`
pub(super) struct Examples(pub(super) Vec<Example>);

/// One of them.
pub(super) struct Example {
    pub(super) ty: ExampleType,
    /// The value as text, without suffix or underscores.
    pub(super) text: String,
    pub(super) span: Span,
}

impl Operand for Examples {
    const LIKE: &'static str = "\"…\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::token::Bracket) {
            return Ok(Self(vec![Example::parse(key, input)?]));
        }
        let list;
        let bracket = bracketed!(list in input);
        let mut examples = Vec::new();
        while !list.is_empty() {
            examples.push(Example::parse(key, &list)?);
            if !list.is_empty() {
                list.parse::<Token![,]>()?;
            }
        }
        match examples.is_empty() {
            true => Err(syn::Error::new(
                bracket.span.join(),
                format_args!("`{key}` has no value; write one, or leave it out"),
            )),
            false => Ok(Self(examples)),
        }
    }
}

impl Example {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.cursor().span();
        let sign = if input.parse::<Option<Token![-]>>()?.is_some() { "-" } else { "" };
        let wrong = || {
            let message = format!("`{key}` takes a value that is written out: write `{key} = \"…\"`");
            syn::Error::new(at, message)
        };
        let literal: Lit = input.parse().map_err(|_| wrong())?;
        let (ty, text) = match &literal {
            Lit::Str(text) if sign.is_empty() => (ExampleType::Str, text.value()),
            Lit::Bool(value) if sign.is_empty() => (ExampleType::Bool, value.value().to_string()),
            Lit::Int(number) => (ExampleType::Int, format!("{sign}{}", number.base10_digits())),
            Lit::Float(number) => (ExampleType::Float, format!("{sign}{}", number.base10_digits())),
            _ => return Err(wrong()),
        };
        Ok(Self { ty, text, span: literal.span() })
    }
}
