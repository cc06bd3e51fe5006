//! What OpenTelemetry's registry says about a key.
//!
//! A known key has a type, which is an error where another is recorded; a deprecated one is a warning with its successor; an
//! unknown one in a namespace of OpenTelemetry's is a warning where it is likely to be a slip. The rules are those of
//! [`check`]; the table is `semconv/attributes.tsv`, which its own README describes.

mod table;
#[cfg(test)]
mod tests;
mod unknown;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, ExprLit, GenericArgument, Lit, Meta, PathArguments, PathSegment, Token, Type, UnOp,
};

use self::table::{Deprecation, Row};
use crate::hygiene::Runtime;
use crate::naming;

/// The type of an attribute's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ValueType {
    Bool,
    Int,
    Double,
    Str,
}

/// What is wrong with a key, or with the type of its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Finding {
    /// Stops the build.
    Error(String),
    /// Is said.
    Warning(String),
}

/// Looks a key up, with the type of its value where that is known.
///
/// - A key without a dot is nobody's: nothing is said about it.
/// - A deprecated key is a warning, whatever its type, unless its root is an everyday word and it has no successor there. One that has moved to another registry of OpenTelemetry's under the
///   same name (`gen_ai.…`) is as good as any other.
/// - An integer is fine where a double is expected, since it is one. A key whose values are arrays takes their elements and
///   any text: nothing else stands for an array here, such as a list by `Debug`. Members of enumerations are not compared,
///   since a user may add to them.
/// - An unknown key is a warning in the cases of `unknown::warning`.
pub(crate) fn check(key: &str, ty: Option<ValueType>) -> Option<Finding> {
    match table::find(key) {
        _ if !key.contains('.') => None,
        Some(row) if row.is_current() => wrong_type(key, &row, ty),
        Some(row) => deprecated(key, &row),
        None => unknown::warning(key).map(Finding::Warning),
    }
}

/// The type that a value has to have, where the compiler must find out whether it has: of a key that is neither deprecated
/// nor of any type.
pub(crate) fn expected(key: &str) -> Option<ValueType> {
    let row = table::find(key).filter(|row| key.contains('.') && row.is_current())?;
    // The elements of an array are not the only values that stand for it.
    row.value.filter(|_| !row.is_array)
}

fn deprecated(key: &str, row: &Row) -> Option<Finding> {
    let (root, _) = key.split_once('.')?;
    let stays = |successor: &str| successor.split_once('.').is_some_and(|(its, _)| its == root);
    let instead = match row.deprecation {
        Deprecation::Removed if EVERYDAY.contains(&root) => return None,
        Deprecation::Replaced(all) if EVERYDAY.contains(&root) && !all.split(' ').any(stays) => return None,
        Deprecation::No | Deprecation::Moved => return None,
        Deprecation::Replaced(successors) => {
            let successors: Vec<&str> = successors.split(' ').collect();
            format!(": use {}", naming::list(&successors))
        }
        Deprecation::Removed => " and has no successor: choose a name of your own".to_owned(),
    };
    let version = table::version();
    Some(Finding::Warning(format!("`{key}` is deprecated in OpenTelemetry {version}{instead}{OR_SILENCE}")))
}

/// Roots that are words of everybody's: a key below one is OpenTelemetry's former one only by chance, unless it has just
/// moved within the root.
const EVERYDAY: [&str; 7] = ["container", "error", "event", "message", "pool", "process", "system"];

fn wrong_type(key: &str, row: &Row, ty: Option<ValueType>) -> Option<Finding> {
    let (expected, given) = (row.value?, ty?);
    let fits = expected == given
        || (expected, given) == (ValueType::Double, ValueType::Int)
        || (row.is_array && given == ValueType::Str);
    let (expected, given) = (expected.noun(row.is_array), given.noun(false));
    let message = format!(
        "`{key}` is {expected} in OpenTelemetry's conventions, and this is {given}: record {expected}{OR_SILENCE}"
    );
    (!fits).then_some(Finding::Error(message))
}

/// The remedy for those who insist.
const OR_SILENCE: &str = ", or write `semconv = false`";

impl ValueType {
    fn noun(self, is_array: bool) -> &'static str {
        match (self, is_array) {
            (Self::Bool, false) => "a boolean",
            (Self::Int, false) => "an integer",
            (Self::Double, false) => "a floating-point number",
            (Self::Str, false) => "text",
            (Self::Bool, true) => "a list of booleans",
            (Self::Int, true) => "a list of integers",
            (Self::Double, true) => "a list of floating-point numbers",
            (Self::Str, true) => "a list of texts",
        }
    }

    /// The type of an expression that says so itself, or is a parameter of a plain type.
    pub(crate) fn of_value(value: &Expr, param: &impl Fn(&Ident) -> Option<Self>) -> Option<Self> {
        match value {
            Expr::Lit(ExprLit { lit, .. }) => Self::of_literal(lit),
            Expr::Paren(inner) => Self::of_value(&inner.expr, param),
            Expr::Group(inner) => Self::of_value(&inner.expr, param),
            Expr::Reference(inner) => Self::of_value(&inner.expr, param),
            Expr::Unary(inner) if matches!(inner.op, UnOp::Neg(_)) => Self::of_value(&inner.expr, param),
            Expr::Cast(cast) => Self::of_type(&cast.ty),
            Expr::Path(path) => path.path.get_ident().and_then(param),
            _ => None,
        }
    }

    fn of_literal(literal: &Lit) -> Option<Self> {
        match literal {
            Lit::Str(_) | Lit::Char(_) => Some(Self::Str),
            Lit::Int(number) if number.suffix().starts_with('f') => Some(Self::Double),
            Lit::Int(_) | Lit::Byte(_) => Some(Self::Int),
            Lit::Float(_) => Some(Self::Double),
            Lit::Bool(_) => Some(Self::Bool),
            _ => None,
        }
    }

    /// The type of the values of a plain Rust type: a primitive, `String`, and references and options of those.
    pub(crate) fn of_type(ty: &Type) -> Option<Self> {
        let path = match ty {
            Type::Reference(inner) => return Self::of_type(&inner.elem),
            Type::Paren(inner) => return Self::of_type(&inner.elem),
            Type::Group(inner) => return Self::of_type(&inner.elem),
            Type::Path(path) if path.qself.is_none() => &path.path,
            _ => return None,
        };
        let last = path.segments.last()?;
        match (last.ident.unraw().to_string().as_str(), &last.arguments) {
            ("Option", PathArguments::AngleBracketed(inner)) => match inner.args.first() {
                Some(GenericArgument::Type(inner)) => Self::of_type(inner),
                _ => None,
            },
            _ => Self::of_segment(last),
        }
    }

    /// The type of the values of a Rust type by the last part of its path.
    pub(crate) fn of_segment(last: &PathSegment) -> Option<Self> {
        match (last.ident.unraw().to_string().as_str(), &last.arguments) {
            ("bool", PathArguments::None) => Some(Self::Bool),
            ("str" | "String" | "char", PathArguments::None) => Some(Self::Str),
            ("f32" | "f64", PathArguments::None) => Some(Self::Double),
            (
                "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128"
                | "usize",
                PathArguments::None,
            ) => Some(Self::Int),
            _ => None,
        }
    }

    /// The method of the runtime's `Fields` that takes values of this type alone.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::Double => "number",
            Self::Str => "text",
        }
    }
}

/// Whether an item says `#[allow(deprecated)]`, which does not reach what a derive writes beside it.
pub(crate) fn is_silenced(attrs: &[Attribute]) -> bool {
    attrs.iter().filter(|attr| attr.path().is_ident("allow")).any(|attr| {
        let lints = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        lints.is_ok_and(|lints| lints.iter().any(|lint| lint.path().is_ident("deprecated")))
    })
}

/// An item that warns, at `span`, which is that of a token of the user's.
///
/// Stable Rust has no warnings of macros' own, but it warns of the use of what is deprecated, with a note. That lint is
/// also what silences it: `#[allow(deprecated)]`. What is deprecated is a macro, since of all items that is the only one
/// that is named without the path to it. Each is in a scope of its own, so that names do not clash.
///
/// Its name is written where the user's token is, as if by the user: of what a derive writes, the compiler says nothing. So
/// the note does not speak of a macro around it either. The scope keeps it from the user's code, and a macro of the user's
/// that is called the same is not seen in it.
pub(crate) fn warning(_krate: &Runtime, span: Span, message: &str) -> TokenStream {
    let named = Ident::new("opentelemetry", span);
    quote! {
        const _: () = {
            #[deprecated(note = #message)]
            macro_rules! #named {
                () => {};
            }
            #named! {}
        };
    }
}
