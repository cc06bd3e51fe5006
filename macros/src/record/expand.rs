//! The tokens of `record!`: one call of the handle to the span.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::model::{Assignment, Model};
use crate::field::Format;
use crate::hygiene::blaming;

/// Input: `a = 1, b = %c`; output: `__span.record(|__open| match (&(1), &(c),) { (__value0, __value1,) => … })`.
///
/// The values are evaluated before the span is written to, so that they may be anything, a `record!` among them. In a
/// closure, so that whether somebody listens changes nothing but what is recorded.
///
/// All of it is at the call, as far as the compiler tells: else it would blame the attribute too.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { span, at, assignments } = model;
    let here = blaming(*at);
    let span = Ident::new(&span.to_string(), span.span().located_at(*at));
    let (open, fields) = (Ident::new("__open", here), Ident::new("__fields", here));
    let bindings: Vec<Ident> = assignments.iter().enumerate().map(binding).collect();
    let values =
        assignments.iter().map(|Assignment { value, .. }| quote_spanned!(blaming(value.span())=> &(#value)));
    let statements = assignments.iter().zip(&bindings).map(|(Assignment { index, format, .. }, binding)| {
        let method = match format {
            Format::Value => quote_spanned!(here=> value),
            Format::Debug => quote_spanned!(here=> debug),
            Format::Display => quote_spanned!(here=> display),
        };
        quote_spanned!(here=> #fields.#method(#index, #binding);)
    });
    quote_spanned! {here=>
        #span.record(|#open| match (#(#values,)*) {
            (#(#bindings,)*) => #open.write(|#fields| { #(#statements)* }),
        })
    }
}

/// What a value is called; blamed where it can't be recorded.
fn binding((number, assignment): (usize, &Assignment)) -> Ident {
    Ident::new(&format!("__value{number}"), blaming(assignment.value.span()))
}
