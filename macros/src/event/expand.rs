//! The tokens of `#[derive(Event)]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{FieldValue, How, Model};
use super::parse::Input;
use crate::hygiene::{Runtime, local};

/// Input: `struct Sent { bytes: u64, #[event(debug)] to: Address }`; output: a constant with the names, and a function that
/// hands over the values.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, ident, generics, name, values } = model;
    let (generics, arguments, clause) = generics.split_for_impl();
    let names = values.iter().map(|value| &value.name);
    let to = local("__values");
    let pushes = values.iter().map(|value| push(krate, value, &to));
    let spec = quote!(#krate::__private::UserSpec { name: #name, fields: &[#(#names),*] });
    quote! {
        #[automatically_derived]
        impl #generics #krate::Event for #ident #arguments #clause {
            const SPEC: &'static #krate::__private::UserSpec = &#spec;
            fn write(&self, #to: &mut #krate::__private::UserWriter) {
                let _ = &#to;
                #(#pushes)*
            }
        }
    }
}

fn push(krate: &Runtime, value: &FieldValue, to: &Ident) -> TokenStream {
    let FieldValue { field, ty, how, .. } = value;
    // Not hidden: `self` is that of the function.
    let (at, place) = (krate.at(ty.span()), Span::call_site().located_at(ty.span()));
    let function = match how {
        How::AsItIs => quote_spanned!(place=> event_value),
        How::Display => quote_spanned!(place=> event_display),
        How::Debug => quote_spanned!(place=> event_debug),
    };
    quote_spanned!(place=> #at::__private::#function(#to, &self.#field);)
}

/// An implementation without content, for a struct with mistakes.
pub(super) fn stub(input: &Input) -> TokenStream {
    let krate = Runtime::new(&input.args.krate);
    let ident = &input.item.ident;
    let (generics, arguments, clause) = input.item.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics #krate::Event for #ident #arguments #clause {
            const SPEC: &'static #krate::__private::UserSpec =
                &#krate::__private::UserSpec { name: "", fields: &[] };
            fn write(&self, _: &mut #krate::__private::UserWriter) {}
        }
    }
}
