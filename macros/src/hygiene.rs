//! The runtime's path, and identifiers that user code can neither see nor disturb.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Path;

use crate::args::{Arg, Eq};

/// The path at which generated code finds the runtime.
pub(crate) struct Runtime(TokenStream);

impl Runtime {
    /// `crate = path`, or `::spanwright`.
    pub(crate) fn new(written: &Arg<Eq<Path>>) -> Self {
        Self(match written {
            Some(path) => path.value.0.to_token_stream(),
            None => quote!(::spanwright),
        })
    }
}

impl Runtime {
    /// The path where errors about what it leads to belong at `span`.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let moved = |mut token: TokenTree| {
            token.set_span(token.span().located_at(span));
            token
        };
        self.0.clone().into_iter().map(moved).collect()
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

/// Tokens of the user's, written again where errors about all of them belong at `span`: so that they are one.
pub(crate) fn repeated(tokens: TokenStream, span: Span) -> TokenStream {
    let moved = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), repeated(group.stream(), span)).into();
        }
        token.set_span(blaming(span));
        token
    };
    tokens.into_iter().map(moved).collect()
}

/// A local that user tokens cannot name.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// A span for generated tokens whose errors belong at a place that the user wrote.
pub(crate) fn blaming(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}
