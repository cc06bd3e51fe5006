//! The tokens of `#[derive(Label)]`.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::Model;
use super::parse::Input;
use crate::dimension::Naming;
use crate::hygiene::Runtime;

/// Input: `enum Status { Ok, NotFound }`; output: the values as constants, and a `match` from variant to index.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, ident, values, .. } = model;
    let texts = values.iter().map(|(_, text)| text);
    let arms = values.iter().enumerate().map(|(index, (variant, _))| {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        quote!(Self::#variant => #index)
    });
    let labels = labels(model);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #krate::__private::Label for #ident {
            const VALUES: &'static [&'static ::core::primitive::str] = &[#(#texts),*];
            #[inline]
            fn index(&self) -> ::core::primitive::u32 {
                match self { #(#arms),* }
            }
        }
        #labels
    }
}

/// An enum is also a set of one label, under its own name.
fn labels(model: &Model) -> TokenStream {
    let Model { krate, ident, name, attribute, help, .. } = model;
    let naming = Naming { name: name.as_deref(), attribute: attribute.as_ref(), help, taken: &[] };
    let naming = naming.expand(&naming.checked_name(krate, &quote!(#ident)));
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #krate::__private::Labels for #ident {
            const DIMENSIONS: &'static [#krate::__private::Dimension] = &[#krate::__private::Dimension {
                #naming,
                values: #krate::__private::Values::Static(<Self as #krate::__private::Label>::VALUES),
            }];
            type AtEntry<'l> = Self;
            #[inline]
            fn index(&self, _: &#krate::__private::Interner) -> ::core::primitive::u32 {
                <Self as #krate::__private::Label>::index(self)
            }
        }
    }
}

/// Implementations without values, for a type with mistakes.
pub(super) fn stub(input: &Input) -> TokenStream {
    let krate = Runtime::new(&input.args.krate);
    let ident = &input.item.ident;
    let (generics, arguments, clause) = input.item.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #generics #krate::__private::Label for #ident #arguments #clause {
            const VALUES: &'static [&'static ::core::primitive::str] = &[];
            fn index(&self) -> ::core::primitive::u32 { 0 }
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl #generics #krate::__private::Labels for #ident #arguments #clause {
            const DIMENSIONS: &'static [#krate::__private::Dimension] = &[];
            type AtEntry<'l> = Self;
            fn index(&self, _: &#krate::__private::Interner) -> ::core::primitive::u32 { 0 }
        }
    }
}
