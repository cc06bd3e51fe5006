//! The tokens of `#[instrument_all]`: the block as written, with `#[instrument(…)]` on its functions.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::model::{Decided, Model, Observed, is_bare_skip, is_instrument, refilled};
use super::parse::{Block, Function, Item};
use crate::errors::Errors;

/// Input: `impl Cart { pub fn add(&self) { … } }`; output: `impl Cart { #[::spanwright::instrument] pub fn add(&self) { … } }`.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { head, braces, items } = model;
    let items = items.iter().map(|item| match item {
        Decided::Left(tokens) => tokens.clone(),
        Decided::Observed(Observed { before, instrument, args, function }) => {
            let args = if args.is_empty() { TokenStream::new() } else { quote!((#(#args),*)) };
            quote!(#(#before)* #[#instrument #args] #function)
        }
        Decided::Block(model) => expand(model),
    });
    let block = refilled(braces, items.collect());
    quote!(#head #block)
}

/// The block as written, without what `#[instrument]` would not understand.
pub(super) fn bare(block: &Block) -> TokenStream {
    let items = block.items.iter().map(|item| match item {
        Item::Function(function) => {
            let attrs = function.attrs.iter().filter(|attr| {
                let args = Function::own_arguments(attr, &mut Errors::default());
                !is_instrument(attr) || !args.iter().any(is_bare_skip)
            });
            let rest = &function.rest;
            quote!(#(#attrs)* #rest)
        }
        Item::Block(block) => bare(block),
        Item::Other(tokens) => tokens.clone(),
    });
    let (head, block) = (&block.head, refilled(&block.braces, items.collect()));
    quote!(#head #block)
}

impl Block {
    /// As it was written.
    pub(super) fn into_tokens(self) -> TokenStream {
        let Self { head, braces, .. } = self;
        head.into_iter().chain(braces.into_token_stream()).collect()
    }

    /// The attributes on it.
    pub(super) fn attrs(&self) -> Vec<syn::Attribute> {
        use syn::parse::{ParseStream, Parser};
        let parser = |input: ParseStream<'_>| {
            let attrs = input.call(syn::Attribute::parse_outer)?;
            input.parse::<TokenStream>()?;
            Ok(attrs)
        };
        Parser::parse2(parser, self.head.clone()).unwrap_or_default()
    }
}
