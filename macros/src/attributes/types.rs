//! The types of attributes, as far as they can be told from what is written.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, PathArguments, Type};

use crate::semconv::ValueType;

/// What an example is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ExampleType {
    Str,
    Bool,
    Int,
    Float,
}

/// A type without the references, boxes and options around it, and whether an option is the outermost but references.
pub(super) struct Plain<'t> {
    pub(super) ty: &'t Type,
    pub(super) is_option: bool,
}

impl<'t> Plain<'t> {
    pub(super) fn of(ty: &'t Type) -> Self {
        let mut plain = Self { ty, is_option: false };
        let mut is_outside = true;
        while let Some((name, inner)) = inner(plain.ty) {
            plain.is_option |= is_outside && name == "Option";
            is_outside &= name == "&";
            plain.ty = inner;
        }
        plain
    }

    /// The attribute's type, where the name of the type says it.
    pub(super) fn value_type(&self) -> Option<ValueType> {
        let Type::Path(path) = self.ty else { return None };
        ValueType::of_segment(path.path.segments.last()?)
    }
}

/// The type within a reference, a box, an option or a `Cow`, and what it is in.
fn inner(ty: &Type) -> Option<(String, &Type)> {
    match ty {
        Type::Reference(ty) => Some(("&".to_owned(), &ty.elem)),
        Type::Paren(ty) => Some(("&".to_owned(), &ty.elem)),
        Type::Group(ty) => Some(("&".to_owned(), &ty.elem)),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            let PathArguments::AngleBracketed(list) = &last.arguments else { return None };
            match (name.as_str(), list.args.last()?) {
                ("Option" | "Box" | "Rc" | "Arc" | "Cow", GenericArgument::Type(inner)) => {
                    Some((name, inner))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The name of the type in our constants.
pub(super) fn constant_type(ty: ValueType) -> TokenStream {
    match ty {
        ValueType::Str => quote!(::core::primitive::str),
        ValueType::Bool => quote!(::core::primitive::bool),
        ValueType::Int => quote!(::core::primitive::i64),
        ValueType::Double => quote!(::core::primitive::f64),
    }
}

/// What a value of the type is called, for errors.
pub(super) fn called(ty: ValueType) -> &'static str {
    match ty {
        ValueType::Str => "text",
        ValueType::Bool => "a boolean",
        ValueType::Int => "an integer",
        ValueType::Double => "a number",
    }
}

/// Whether an example of that type is a value of this one.
pub(super) fn is_example(example: ExampleType, ty: ValueType) -> bool {
    match ty {
        ValueType::Str => example == ExampleType::Str,
        ValueType::Bool => example == ExampleType::Bool,
        ValueType::Int => example == ExampleType::Int,
        ValueType::Double => matches!(example, ExampleType::Int | ExampleType::Float),
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    #[test]
    fn types_are_told_by_their_names() {
        for (ty, expected, is_option) in [
            ("&'a str", Some(ValueType::Str), false),
            ("Option<Cow<'a, str>>", Some(ValueType::Str), true),
            ("&Option<u8>", Some(ValueType::Int), true),
            ("Box<Option<bool>>", Some(ValueType::Bool), false),
            ("std::sync::Arc<f32>", Some(ValueType::Double), false),
            ("Uuid", None, false),
            ("Vec<u8>", None, false),
            ("String<8>", None, false),
            ("[u8; 3]", None, false),
        ] {
            let ty: Type = syn::parse_str(ty).expect("a type");
            let plain = Plain::of(&ty);
            assert_eq!(
                (plain.value_type(), plain.is_option),
                (expected, is_option),
                "{}",
                ty.to_token_stream()
            );
        }
    }
}
