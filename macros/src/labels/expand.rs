//! The tokens of `#[derive(Labels)]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Lifetime;
use syn::spanned::Spanned;

use super::model::{Label, Model, Values};
use super::parse::Input;
use crate::dimension::Naming;
use crate::hygiene::{Runtime, blaming, local};
use crate::types::with_static_lifetimes;

/// Input: `struct Request { method: Method, #[label(max = 100)] tenant: String }`; output: its dimensions, the row-major
/// index of a value among all combinations, and a check that there are not too many.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, ident, generics, static_type, labels, budget } = model;
    let (generics, arguments, clause) = generics.split_for_impl();
    let dimensions = labels.iter().map(|label| dimension(krate, label));
    let interner = local("__interner");
    let this = local("self");
    let index = index(krate, labels, &interner);
    let at_entry = at_entry(model);
    let at = krate.at(ident.span());
    let dimensions_of =
        quote_spanned!(blaming(ident.span())=> <#static_type as #at::__private::Labels>::DIMENSIONS);
    let names = labels.iter().any(|label| label.attribute.is_some()).then(|| {
        quote_spanned!(blaming(ident.span())=> #[allow(deprecated)] const _: () = #at::__private::check_labels(#dimensions_of);)
    });
    let check = quote_spanned! {blaming(ident.span())=>
        #[allow(deprecated)]
        const _: () = #at::__private::check_budget(#dimensions_of, #budget);
        #names
    };
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #generics #krate::__private::Labels for #ident #arguments #clause {
            const DIMENSIONS: &'static [#krate::__private::Dimension] = &[#(#dimensions),*];
            #at_entry
            #[inline]
            fn index(&#this, #interner: &#krate::__private::Interner) -> ::core::primitive::u32 { #index }
        }
        #check
    }
}

fn dimension(krate: &Runtime, label: &Label) -> TokenStream {
    let Label { name, attribute, help, ty, values, .. } = label;
    let naming = Naming { name: name.as_deref(), attribute: attribute.as_ref(), help, taken: &[] };
    let values_type = match values {
        Values::Typed => with_static_lifetimes(ty),
        Values::Text(_) => quote_spanned!(blaming(ty.span())=> ::core::primitive::str),
    };
    let naming = naming.expand(&naming.checked_name(krate, &values_type));
    let values = match values {
        Values::Typed => {
            let at = krate.at(ty.span());
            let values = quote_spanned!(blaming(ty.span())=> <#ty as #at::__private::Label>::VALUES);
            quote!(#krate::__private::Values::Static(#values))
        }
        Values::Text(max) => {
            let max = proc_macro2::Literal::u32_unsuffixed(*max);
            quote!(#krate::__private::Values::Text { max: #max })
        }
    };
    quote!(#krate::__private::Dimension { #naming, values: #values })
}

/// The same labels, with a call's lifetime for each of theirs, so that a metric of `Request<'static>` can be given what is borrowed
/// for a moment. Beside types that are parameters the lifetimes stay: those types may have to outlive them.
fn at_entry(model: &Model) -> TokenStream {
    let Model { ident, generics, .. } = model;
    let call = Lifetime { apostrophe: Span::mixed_site(), ident: local("__l") };
    if generics.lifetimes().next().is_none() || generics.params.len() > generics.lifetimes().count() {
        return quote!(type AtEntry<#call> = Self;);
    }
    let lifetimes = generics.lifetimes().map(|_| &call);
    quote!(type AtEntry<#call> = #ident<#(#lifetimes),*>;)
}

/// Output, for `a`, `b`, `c`: `((a) * B::VALUES.len() + b) * C::VALUES.len() + c`. Trait paths rather than functions with
/// bounds: then a type that is no label is one error, however often it is named.
fn index(krate: &Runtime, labels: &[Label], interner: &Ident) -> TokenStream {
    let mut index = TokenStream::new();
    for (position, Label { field, ty, values, .. }) in labels.iter().enumerate() {
        let (at, krate_at) = (blaming(ty.span()), krate.at(ty.span()));
        let this = Ident::new("self", at);
        let (cardinality, own) = match values {
            Values::Typed => (
                quote_spanned!(at=> <#ty as #krate_at::__private::Label>::VALUES.len() as ::core::primitive::u32),
                quote_spanned!(at=> <#ty as #krate_at::__private::Label>::index(&#this.#field)),
            ),
            Values::Text(max) => {
                let cardinality = max.saturating_add(1);
                let text = quote_spanned!(at=> <#ty as #krate_at::__private::LabelText>::text(&#this.#field));
                (quote!(#cardinality), quote!(#interner.text(#position, #text)))
            }
        };
        index = if index.is_empty() { own } else { quote!((#index) * #cardinality + #own) };
    }
    index
}

/// An implementation without labels, for a type with mistakes.
pub(super) fn stub(input: &Input) -> TokenStream {
    let krate = Runtime::new(&input.args.krate);
    let ident = &input.item.ident;
    let (generics, arguments, clause) = input.item.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #generics #krate::__private::Labels for #ident #arguments #clause {
            const DIMENSIONS: &'static [#krate::__private::Dimension] = &[];
            type AtEntry<'l> = Self;
            fn index(&self, _: &#krate::__private::Interner) -> ::core::primitive::u32 { 0 }
        }
    }
}
