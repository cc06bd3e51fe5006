//! The tokens of `#[derive(ErrorType)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, parse_quote_spanned};

use super::model::{ErrorCase, Model, Says};
use super::parse::Input;
use crate::hygiene::{Runtime, blaming, local};

/// Input: `enum Failed { Timeout, #[error_type(expected)] NotFound { id: u64 } }`; output: a `match` from case to name, and
/// one from case to whether it was to be expected.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, ident, generics, cases } = model;
    let generics = bounded(krate, generics, cases);
    let (generics, arguments, clause) = generics.split_for_impl();
    let names = cases.iter().map(|case| arm(krate, case, &quote!(error_type), |name, _| quote!(#name)));
    let expectations = cases.iter().map(|case| match case {
        // Whatever the inner error says of itself.
        ErrorCase { path, says: Says::Inner { is_expected: true, .. } } => quote!(#path { .. } => true),
        case => arm(krate, case, &quote!(is_expected), |_, is_expected| quote!(#is_expected)),
    });
    let (names, expectations) = (matched(names), matched(expectations));
    quote! {
        #[automatically_derived]
        impl #generics #krate::ErrorType for #ident #arguments #clause {
            fn error_type(&self) -> &'static ::core::primitive::str { #names }
            fn is_expected(&self) -> ::core::primitive::bool { #expectations }
        }
    }
}

/// An enum without variants is matched by what it is.
fn matched(arms: impl ExactSizeIterator<Item = TokenStream>) -> TokenStream {
    match arms.len() {
        0 => quote!(match *self {}),
        _ => quote!(match self { #(#arms),* }),
    }
}

fn arm(
    krate: &Runtime,
    case: &ErrorCase,
    method: &TokenStream,
    own: impl FnOnce(&str, bool) -> TokenStream,
) -> TokenStream {
    let path = &case.path;
    match &case.says {
        Says::Own { name, is_expected } => {
            let own = own(name, *is_expected);
            quote!(#path { .. } => #own)
        }
        Says::Inner { member, ty, .. } => {
            let (inner, at): (Ident, _) = (local("__inner"), krate.at(ty.span()));
            let call = quote_spanned!(blaming(ty.span())=> <#ty as #at::ErrorType>::#method);
            quote!(#path { #member: #inner } => #call(#inner))
        }
    }
}

/// Where a transparent case's type may be generic, it has to be one that says what it is.
fn bounded(krate: &Runtime, generics: &Generics, cases: &[ErrorCase]) -> Generics {
    let mut generics = generics.clone();
    if generics.type_params().next().is_some() {
        let clause = generics.make_where_clause();
        for case in cases {
            let Says::Inner { ty, .. } = &case.says else { continue };
            let at = blaming(ty.span());
            clause.predicates.push(parse_quote_spanned!(at=> #ty: #krate::ErrorType));
        }
    }
    generics
}

/// An implementation without content, for an error with mistakes.
pub(super) fn stub(input: &Input) -> TokenStream {
    let krate = Runtime::new(&input.args.krate);
    let ident = &input.item.ident;
    let (generics, arguments, clause) = input.item.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics #krate::ErrorType for #ident #arguments #clause {
            fn error_type(&self) -> &'static ::core::primitive::str { "" }
        }
    }
}
