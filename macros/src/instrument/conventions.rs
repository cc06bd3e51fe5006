//! The part of the model that compares attributes with OpenTelemetry's conventions.

use proc_macro2::Ident;
use syn::Expr;

use super::fields::{Field, FieldName, Value};
use crate::errors::Errors;
use crate::field::Format;
use crate::semconv::{self, Finding, ValueType};
use crate::signature::Function;

/// Checks the names, and the types as far as they are written. What only the compiler knows is left for it to check, and
/// what a constant stands for was checked where it is declared. A path in Rust, `record(user.id)`, claims nothing about a
/// key that happens to be called the same, so those are not among the fields.
pub(super) fn check(fields: &mut [Field], item: &Function, errors: &mut Errors) {
    for field in fields {
        let FieldName::Text(name) = &field.name else { continue };
        let ty = field.value.as_ref().and_then(|value| value_type(value, item));
        let finding = semconv::check(name, ty);
        match (finding, &mut field.value) {
            (Some(Finding::Error(message)), Some(value)) => errors.on(&value.tokens, message),
            (Some(Finding::Error(message)), None) => errors.at(field.span, message),
            (Some(Finding::Warning(message)), _) => field.warning = Some(message),
            (None, Some(value)) if ty.is_none() => value.must_be = semconv::expected(name),
            (None, _) => {}
        }
    }
}

/// What a value is, as far as that is written: whatever has a sign is text.
fn value_type(value: &Value, item: &Function) -> Option<ValueType> {
    if value.format != Format::Value {
        return Some(ValueType::Str);
    }
    let expression: Expr = syn::parse2(value.tokens.clone()).ok()?;
    let param = |ident: &Ident| item.param(ident)?.ty.as_ref().and_then(ValueType::of_type);
    ValueType::of_value(&expression, &param)
}
