//! What `record!` decided: declared fields, each with its value.

use proc_macro2::{Ident, Span};
use syn::Expr;

use super::parse::Input;
use crate::errors::Errors;
use crate::field::{FieldArg, FieldValue, Format, Name, secret_read};
use crate::naming;

/// The fields to fill in.
pub(super) struct Model {
    /// The variable with the handle to the span.
    pub(super) span: Ident,
    /// Where the first field is written.
    pub(super) at: Span,
    pub(super) assignments: Vec<Assignment>,
}

/// A field and its value.
pub(super) struct Assignment {
    /// Its place among the span's fields.
    pub(super) index: usize,
    pub(super) format: Format,
    pub(super) value: Expr,
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { span, declared, fields, mut errors } = input;
        let at = fields.first().map_or_else(Span::call_site, |field| field.name.span());
        let mut assignments: Vec<(Span, Assignment)> = Vec::with_capacity(fields.len());
        for FieldArg { name, value } in fields {
            let place = place(&name, &declared, &mut errors);
            let value = given(&name, value, &mut errors);
            let (Some(index), Some((format, value))) = (place, value) else { continue };
            // A name that says a secret was allowed where it was declared; another one hides none.
            if let Some(secret) = secret_read(&value).filter(|_| !naming::is_secret(&name.text)) {
                let remedy = "leave it out, or, if it is none, give it another name";
                errors.at(secret.span(), format_args!("`{secret}` looks like a secret: {remedy}"));
            }
            // A field has one value.
            if let Some((first, _)) = assignments.iter().find(|(_, other)| other.index == index) {
                let message = format!("`{}` is recorded twice; keep one", name.text);
                errors.between(*first, name.span(), message);
            }
            assignments.push((name.span(), Assignment { index, format, value }));
        }
        let assignments = assignments.into_iter().map(|(_, assignment)| assignment).collect();
        errors.finish(Self { span, at, assignments })
    }
}

/// The field's place. A span has the fields that its callsite declares, and no others.
fn place(name: &Name, declared: &[String], errors: &mut Errors) -> Option<usize> {
    let text = &name.text;
    let found = declared.iter().position(|declared| declared == text);
    if found.is_none() {
        let argument = if naming::is_dotted(text) { text.clone() } else { format!("{text:?}") };
        let declare = format!("declare it: `#[instrument(fields({argument} = Empty))]`");
        let message = match naming::nearest(text, declared.iter().map(String::as_str)) {
            Some(near) => format!("`{text}` is not declared; did you mean `{near}`? if not, {declare}"),
            None => format!("`{text}` is not declared; {declare}"),
        };
        errors.on(&name.tokens, message);
    }
    found
}

/// The value, which is there.
fn given(name: &Name, value: FieldValue, errors: &mut Errors) -> Option<(Format, Expr)> {
    let text = &name.text;
    let message = match value {
        FieldValue::Now(format, value) => return Some((format, *value)),
        FieldValue::Later => {
            format!("`{text}` stays empty until it is recorded; write `{text} = value`, or leave it out")
        }
        FieldValue::Missing(format) => {
            format!("`{text}` has no value: write `{text} = {}value`", format.sign())
        }
    };
    errors.on(&name.tokens, message);
    None
}
