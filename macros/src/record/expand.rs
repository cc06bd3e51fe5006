//! The tokens of `record!`: one call of the handle to the span.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Assignment, FieldName, Model, not_declared, recorded_twice};
use crate::field::Format;
use crate::hygiene::{blaming, local};
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
    let places = places(model);
    let statements =
        bindings.iter().enumerate().map(|(number, binding)| statement(model, number, binding, &fields));
    quote_spanned! {here=>
        #span.record(|#open| match (#(#values,)*) {
            (#(#bindings,)*) => #open.write(|#fields| { #places #(#statements)* }),
        })
    }
}

fn statement(model: &Model, number: usize, binding: &Ident, fields: &Ident) -> TokenStream {
    let here = blaming(model.at);
    let Assignment { name, format, must_be, .. } = &model.assignments[number];
    let place = match (&model.all, name) {
        (None, FieldName::Text(_, place)) => quote!(#place),
        _ => place(number).to_token_stream(),
    };
    match name {
        FieldName::Constant(constant) => {
            let record = constant.recorder(&model.krate, *format);
            quote_spanned!(here=> #record(#binding, #place, #fields);)
        }
        FieldName::Text(..) => {
            let method = match format {
                Format::Value => must_be.map_or("value", ValueType::method),
                Format::Debug => "debug",
                Format::Display => "display",
            };
            let method = Ident::new(method, here);
            quote_spanned!(here=> #fields.#method(#place, #binding);)
        }
    }
}

/// What the compiler finds out where there are constants: the fields' places, that no two are one, and that none of them
/// shows a secret.
///
/// Output: `const __PLACE0: usize = match place_of(__ALL, Named(&ATTR_A).declared()) { Found::At(place) => place, … };`.
fn places(model: &Model) -> TokenStream {
    let Some(all) = &model.all else { return TokenStream::new() };
    let (krate, inner) = (&model.krate, local("__place"));
    let mut items = TokenStream::new();
    for (number, Assignment { name, at, secret, .. }) in model.assignments.iter().enumerate() {
        let (own, text) = (place(number), name.text());
        let [nowhere, another, twice] = [
            not_declared(&text),
            format!("`{text}` is not the attribute that is declared: their types or redactions differ, use one constant"),
            recorded_twice(&text),
        ]
        .map(|message| panic(*at, &message));
        let wanted = match name {
            FieldName::Text(text, _) => quote!(#krate::__private::Declared::text(#text)),
            FieldName::Constant(constant) => constant.declared(krate),
        };
        let others = (0..number).map(place);
        let taken = (number > 0).then(|| quote! {
            #krate::__private::Found::At(#inner) if #krate::__private::is_taken(#inner, &[#(#others),*]) => #twice,
        });
        items.extend(quote! {
            const #own: ::core::primitive::usize = match #krate::__private::place_of(#all, #wanted) {
                #taken
                #krate::__private::Found::At(#inner) => #inner,
                #krate::__private::Found::Another => #another,
                #krate::__private::Found::Nowhere => #nowhere,
            };
        });
        if let (FieldName::Constant(constant), Some(secret)) = (name, secret) {
            let message = format!(
                "`{secret}` looks like a secret, and `{text}` shows it: redact the attribute, leave it out, or, if it is none, add `allow_secret({secret})` to `#[instrument(…)]`"
            );
            items.extend(constant.hides(krate, secret.span(), &message));
        }
    }
    items
}

/// The place of the field with that number in this `record!`.
fn place(number: usize) -> Ident {
    Ident::new(&format!("__PLACE{number}"), Span::call_site())
}

fn panic(at: Span, message: &str) -> TokenStream {
    let message = message.replace('{', "{{").replace('}', "}}");
    quote_spanned!(blaming(at)=> ::core::panic!(#message))
}

/// What a value is called; blamed where it can't be recorded.
fn binding((number, assignment): (usize, &Assignment)) -> Ident {
    Ident::new(&format!("__value{number}"), blaming(assignment.value.span()))
}
