//! The names of a span's fields as tokens: texts, constants, and those of sets, which only the compiler can count.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::fields::{Field, FieldName};
use super::metrics::{self, CallMetrics, Metrics};
use super::model::Model;
use super::objectives;
use crate::hygiene::{Runtime, blaming};
use crate::types::with_static_lifetimes;

/// All the names, as a constant slice.
///
/// Output: `&["id"]`; with constants, `{ const __NAMES: &[&str] = &["id", ATTR_A.key()]; __NAMES }`, since what a `static`
/// borrows is not called functions for; with sets, their parts put together.
pub(super) fn all(krate: &Runtime, fields: &[Field]) -> TokenStream {
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut run: Vec<TokenStream> = Vec::new();
    for field in fields {
        match &field.name {
            FieldName::Text(name) => run.push(quote!(#name)),
            FieldName::Constant(constant) => {
                run.push(constant.key(&krate.to_token_stream()));
            }
            FieldName::Set(ty) => {
                let own = std::mem::take(&mut run);
                parts.push(quote!(#krate::__private::Names::Own(&[#(#own),*])));
                let set = set(krate, ty);
                parts.push(quote!(#krate::__private::Names::Of(#set)));
            }
        }
    }
    if is_plain(fields) {
        return quote!(&[#(#run),*]);
    }
    let names = match parts.is_empty() {
        true => quote!(&[#(#run),*]),
        false => {
            let count = place(krate, fields, fields.len());
            parts.push(quote!(#krate::__private::Names::Own(&[#(#run),*])));
            quote!(&#krate::__private::names_of::<{ #count }>(&[#(#parts),*]))
        }
    };
    quote!({ const __NAMES: &[&'static ::core::primitive::str] = #names; __NAMES })
}

/// Whether all the names are texts.
fn is_plain(fields: &[Field]) -> bool {
    fields.iter().all(|field| matches!(field.name, FieldName::Text(_)))
}

/// The attributes of a set.
fn set(krate: &Runtime, ty: &syn::Type) -> TokenStream {
    let krate = krate.at(ty.span());
    let ty = with_static_lifetimes(ty);
    quote_spanned!(blaming(ty.span())=> <#ty as #krate::Attributes>::DESCRIPTORS)
}

/// The place of the field with that number among all the names: a number, and how many names the sets before it have.
pub(super) fn place(krate: &Runtime, fields: &[Field], number: usize) -> TokenStream {
    let mut own = 0_usize;
    let mut sets = Vec::new();
    for field in &fields[..number] {
        match &field.name {
            FieldName::Set(ty) => sets.push(set(krate, ty)),
            FieldName::Text(_) | FieldName::Constant(_) => own += 1,
        }
    }
    quote!(#own #(+ #sets.len())*)
}

/// The names that are texts, for `record!`.
pub(super) fn texts(fields: &[Field]) -> impl Iterator<Item = &str> {
    fields.iter().filter_map(|field| match &field.name {
        FieldName::Text(name) => Some(name.as_str()),
        FieldName::Constant(_) | FieldName::Set(_) => None,
    })
}

/// All the fields as a constant for `record!`, unless all are texts. It stands outside of the body, where what the body
/// itself declares can't be taken for what the fields are.
pub(super) fn declared(krate: &Runtime, fields: &[Field], constant: &Ident) -> Option<TokenStream> {
    if is_plain(fields) {
        return None;
    }
    let groups = fields.iter().map(|field| match &field.name {
        FieldName::Text(name) => {
            quote!(#krate::__private::Group::One(#krate::__private::Declared::text(#name)))
        }
        FieldName::Constant(constant) => {
            let declared = constant.declared(&krate.to_token_stream());
            quote!(#krate::__private::Group::One(#declared))
        }
        FieldName::Set(ty) => {
            let set = set(krate, ty);
            quote!(#krate::__private::Group::Of(#set))
        }
    });
    let count = place(krate, fields, fields.len());
    Some(quote! {
        #[allow(dead_code)]
        const #constant: &[#krate::__private::Declared] =
            &#krate::__private::declared::<{ #count }>(&[#(#groups),*]);
    })
}

/// What can be checked only once the constants are known: that no two fields have the same name, and no two labels. It is
/// where the fields are recorded, and so checked without telemetry too.
pub(super) fn checks(model: &Model) -> TokenStream {
    let Model { krate, fields, metrics, .. } = model;
    let unknown = fields.iter().find(|field| !matches!(field.name, FieldName::Text(_)));
    let of_fields = unknown.map(|field| {
        let names = all(krate, fields);
        check(krate, field.span, "check_names", &names)
    });
    let labels = match metrics {
        Metrics::Own(CallMetrics { labels, .. }) => metrics::label_names(krate, labels),
        Metrics::None | Metrics::Into(_) => None,
    };
    let of_labels = labels.map(|(span, names)| check(krate, span, "check_label_names", &names));
    let of_secrets = fields.iter().filter_map(|field| hidden(krate, field));
    let of_objectives = objectives::checks(krate, model.slo.as_ref(), metrics);
    let texts = [Some(&model.callsite.name), model.callsite.target.as_ref()];
    let of_texts = texts.into_iter().flatten().filter_map(|text| text.check(krate));
    quote!(#(#of_texts)* #of_fields #of_labels #(#of_secrets)* #of_objectives)
}

/// That a constant does not show what looks like a secret.
fn hidden(krate: &Runtime, field: &Field) -> Option<TokenStream> {
    let (FieldName::Constant(constant), Some(secret)) = (&field.name, &field.secret) else { return None };
    let message = format!(
        "`{secret}` looks like a secret, and `{}` shows it: redact the attribute, leave it out, or, if it is none, add `allow_secret({secret})`",
        constant.text()
    );
    Some(constant.hides(&krate.at(secret.span()), secret.span(), &message))
}

fn check(krate: &Runtime, span: Span, function: &str, names: &TokenStream) -> TokenStream {
    let (krate, function) = (krate.at(span), Ident::new(function, blaming(span)));
    quote_spanned!(blaming(span)=> const _: () = #krate::__private::#function(#names);)
}
