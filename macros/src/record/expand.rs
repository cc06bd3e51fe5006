//! The tokens of `record!`: one call of the handle to the span.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Assignment, Model, Place, not_declared};
use super::parse::Declared;
use crate::field::{Constant, Format};
use crate::hygiene::blaming;
use crate::semconv::ValueType;

/// Input: `a = 1, b = %c`; output: `__span.record(|__open| match (&(1), &(c),) { (__value0, __value1,) => … })`.
///
/// The values are evaluated before the span is written to, so that they may be anything, a `record!` among them. In a
/// closure, so that whether somebody listens changes nothing but what is recorded.
///
/// All of it is at the call, as far as the compiler tells: else it would blame the attribute too.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { span, at, assignments, .. } = model;
    let here = blaming(*at);
    let span = Ident::new(&span.to_string(), span.span().located_at(*at));
    let (open, fields) = (Ident::new("__open", here), Ident::new("__fields", here));
    let bindings: Vec<Ident> = assignments.iter().enumerate().map(binding).collect();
    let values =
        assignments.iter().map(|Assignment { value, .. }| quote_spanned!(blaming(value.span())=> &(#value)));
    let statements = assignments
        .iter()
        .zip(&bindings)
        .map(|(assignment, binding)| statement(model, assignment, binding, &fields));
    quote_spanned! {here=>
        #span.record(|#open| match (#(#values,)*) {
            (#(#bindings,)*) => #open.write(|#fields| { #(#statements)* }),
        })
    }
}

fn statement(model: &Model, assignment: &Assignment, binding: &Ident, fields: &Ident) -> TokenStream {
    let here = blaming(model.at);
    let Assignment { place, constant, format, must_be, .. } = assignment;
    let place = match (place, constant) {
        (Place::Declared(number), _) => offset(&model.declared[..*number]),
        (Place::Sought, Some(constant)) => sought(model, constant),
        // Only a constant is sought.
        (Place::Sought, None) => return TokenStream::new(),
    };
    let method = match (constant, format) {
        (None, Format::Value) => must_be.map_or("value", ValueType::method),
        (None, Format::Debug) => "debug",
        (None, Format::Display) => "display",
        (Some(_), Format::Value) => "attribute",
        (Some(_), Format::Debug) => "attribute_debug",
        (Some(_), Format::Display) => "attribute_display",
    };
    let method = Ident::new(method, here);
    let constant = constant.iter().map(|constant| &constant.path);
    quote_spanned!(here=> #fields.#method(#place, #(&#constant,)* #binding);)
}

/// How many fields those are that are declared before.
fn offset(before: &[Declared]) -> TokenStream {
    let sets: Vec<_> = before
        .iter()
        .filter_map(|declared| match declared {
            Declared::Set(descriptors) => Some(quote!(+ #descriptors.len())),
            Declared::Text(_) | Declared::Constant(_) => None,
        })
        .collect();
    let own = before.len() - sets.len();
    quote!(#own #(#sets)*)
}

/// Output: `{ const __PLACE: usize = match index_of(&[(0, Names::Of(DESCRIPTORS))], ATTR_A.key()) { … }; __PLACE }`.
fn sought(model: &Model, constant: &Constant) -> TokenStream {
    let Model { krate, declared, .. } = model;
    let groups = declared.iter().enumerate().filter_map(|(number, group)| {
        let offset = offset(&declared[..number]);
        match group {
            Declared::Text(_) => None,
            Declared::Constant(other) => {
                let path = &other.path;
                Some(quote!((#offset, #krate::__private::Names::Own(&[#path.key()]))))
            }
            Declared::Set(descriptors) => Some(quote!((#offset, #krate::__private::Names::Of(#descriptors)))),
        }
    });
    let (path, message) = (&constant.path, not_declared(constant));
    let message = message.replace('{', "{{").replace('}', "}}");
    let panic = quote_spanned!(blaming(constant.span())=> ::core::panic!(#message));
    quote! {{
        const __PLACE: ::core::primitive::usize =
            match #krate::__private::index_of(&[#(#groups),*], #path.key()) {
                ::core::option::Option::Some(place) => place,
                ::core::option::Option::None => #panic,
            };
        __PLACE
    }}
}

/// What a value is called; blamed where it can't be recorded.
fn binding((number, assignment): (usize, &Assignment)) -> Ident {
    Ident::new(&format!("__value{number}"), blaming(assignment.value.span()))
}
