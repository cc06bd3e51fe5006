//! How a label is called, in Prometheus and as an attribute: what the derives and `metrics(labels(…))` write down.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use crate::hygiene::{Runtime, blaming};

/// What is said of a label besides its values.
pub(crate) struct Naming<'a> {
    /// Its name, where that is not the attribute's.
    pub(crate) name: Option<&'a str>,
    /// The constant of the attribute that it stands for.
    pub(crate) attribute: Option<&'a Path>,
    /// What it says; where it says nothing, the attribute may.
    pub(crate) help: &'a str,
    /// The names that the metric has anyway.
    pub(crate) taken: &'a [&'a str],
}

impl Naming<'_> {
    /// The label's name, as an expression.
    ///
    /// Output: `"tier"`; `{ const __LABEL: &str = ATTR_TIER.label(); __LABEL }`, as what a `static` borrows is not called
    /// functions for.
    pub(crate) fn name(&self) -> TokenStream {
        match (self.name, self.attribute) {
            (None, Some(path)) => of_attribute(path, &quote!(label)),
            (name, _) => {
                let name = name.unwrap_or_default();
                quote!(#name)
            }
        }
    }

    /// The same, with the attribute checked: that it can be a label of the type `ty`.
    pub(crate) fn checked_name(&self, krate: &Runtime, ty: &TokenStream) -> TokenStream {
        let Some(path) = self.attribute else {
            let name = self.name.unwrap_or_default();
            return quote!(#name);
        };
        let (taken, at) = (self.taken, krate.at(path.span()));
        let call = quote_spanned! {blaming(path.span())=>
            #at::__private::label_of::<#ty, _>(&#path, &[#(#taken),*])
        };
        match self.name {
            // The attribute is looked at all the same.
            Some(name) => quote!({ const _: &::core::primitive::str = #call; #name }),
            None => quote!({ const __LABEL: &::core::primitive::str = #call; __LABEL }),
        }
    }

    /// The fields `name`, `attribute` and `help` of a `Dimension`.
    pub(crate) fn expand(&self, name: &TokenStream) -> TokenStream {
        let help = self.help;
        let Some(path) = self.attribute else {
            return quote!(name: #name, attribute: "", help: #help);
        };
        let key = of_attribute(path, &quote!(key));
        let help = if help.is_empty() { of_attribute(path, &quote!(help)) } else { quote!(#help) };
        quote!(name: #name, attribute: #key, help: #help)
    }
}

fn of_attribute(path: &Path, method: &TokenStream) -> TokenStream {
    quote!({ const __TEXT: &::core::primitive::str = #path.#method(); __TEXT })
}
