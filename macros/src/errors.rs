//! Errors that are collected, so that every mistake in an attribute is reported at once, each on its own token.

use std::fmt::Display;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors {
    combined: Option<syn::Error>,
    count: usize,
}

impl Errors {
    /// Blames one place.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Blames all of `tokens`, from the first to the last.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Blames a conflict: one error that underlines both of its ends.
    pub(crate) fn between(&mut self, one: Span, other: Span, message: impl Display) {
        let (one, other) = (Ident::new("_one", one), Ident::new("_other", other));
        self.on(quote!(#one #other), message);
    }

    /// Adds a finished error.
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.count += 1;
        match &mut self.combined {
            Some(combined) => combined.combine(error),
            None => self.combined = Some(error),
        }
    }

    /// Whether all is well so far. Rules about what is *absent* ask this first, because an argument that could not be
    /// parsed looks absent too.
    pub(crate) fn is_empty(&self) -> bool {
        self.combined.is_none()
    }

    /// How many there are, to ask later whether there are more.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The value, unless anything was wrong.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, syn::Error> {
        match self.combined {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }
}

/// What every attribute macro gives back for a mistake: the item as it was, so that an editor keeps working and the
/// item's users see no errors of their own, and the errors. What only the arguments would have used is not unused.
pub(crate) fn item_and_errors(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let errors = error.to_compile_error();
    quote!(#[allow(unused_variables)] #item #errors)
}

/// What a derive makes after a mistake: an implementation without content, so that nothing else fails for want of one, and the
/// errors.
pub(crate) fn stub_and_errors(mut stub: TokenStream, error: &syn::Error) -> TokenStream {
    stub.extend(error.to_compile_error());
    stub
}
