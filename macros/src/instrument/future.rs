//! Functions that return a future without being `async`: the block that it is made of.
//!
//! The body is not parsed. Only its last tokens are looked at, so what stands before them is emitted as it was.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// A body that ends in `async [move] { … }`, or in that within `Box::pin(…)`.
pub(super) struct Tail {
    /// The statements before it.
    before: TokenStream,
    /// Attributes, and what the parentheses around the block belong to: `Box::pin`.
    callee: Vec<TokenTree>,
    /// The block's `async`.
    keyword: TokenTree,
    /// Its `move`, where there is one.
    pub(super) by_move: Option<TokenTree>,
    /// The block's braces and what is between them.
    pub(super) block: Group,
    /// The parentheses around it, where there are any.
    parens: Option<Group>,
}

impl Tail {
    /// Takes a body apart, if it ends so.
    pub(super) fn of(body: &Group) -> Option<Self> {
        let mut before: Vec<TokenTree> = body.stream().into_iter().collect();
        let mut callee = Vec::new();
        let (parens, (keyword, by_move, block)) = match before.last()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let parens = group.clone();
                let mut inner: Vec<TokenTree> = parens.stream().into_iter().collect();
                pop_if(&mut inner, |last| is_punct(last, ','));
                let found = pop_async_block(&mut inner)?;
                before.pop();
                callee = before.split_off(path_to_pin(&before)?);
                inner.is_empty().then_some((Some(parens), found))?
            }
            _ => (None, pop_async_block(&mut before)?),
        };
        if !begins_expression(&before) {
            return None;
        }
        while ends_in_attribute(&before) {
            callee.splice(0..0, before.split_off(before.len() - 2));
        }
        Some(Self { before: before.into_iter().collect(), callee, keyword, by_move, block, parens })
    }

    /// Whether it is `Box::pin(async …)`, and so surely a future where it is returned.
    pub(super) fn is_boxed(&self) -> bool {
        self.parens.is_some()
            && matches!(&self.callee[..], [.., boxed, _, _, pin] if is_ident(boxed, "Box") && is_ident(pin, "pin"))
    }

    /// The body with `check` before the future, and with `call` in place of what the block holds.
    pub(super) fn with(&self, check: TokenStream, call: TokenStream) -> TokenStream {
        let Self { before, callee, keyword, by_move, block, parens } = self;
        let block = regrouped(block, call);
        let future = quote!(#keyword #by_move #block);
        let future = match parens {
            Some(parens) => regrouped(parens, future).into_token_stream(),
            None => future,
        };
        quote!(#before #check #(#callee)* #future)
    }
}

/// A group with the same delimiters, at the same place.
pub(super) fn regrouped(group: &Group, content: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), content);
    regrouped.set_span(group.span());
    regrouped
}

/// Takes `async [move] { … }` from the end.
fn pop_async_block(tokens: &mut Vec<TokenTree>) -> Option<(TokenTree, Option<TokenTree>, Group)> {
    let TokenTree::Group(block) = tokens.pop()? else { return None };
    if block.delimiter() != Delimiter::Brace {
        return None;
    }
    let by_move = pop_if(tokens, |last| is_ident(last, "move"));
    let keyword = pop_if(tokens, |last| is_ident(last, "async"))?;
    Some((keyword, by_move, block))
}

fn pop_if(tokens: &mut Vec<TokenTree>, wanted: impl FnOnce(&TokenTree) -> bool) -> Option<TokenTree> {
    tokens.last().is_some_and(wanted).then(|| tokens.pop()).flatten()
}

/// Where the path begins with which the tokens end, if it is one to a function `pin`.
fn path_to_pin(tokens: &[TokenTree]) -> Option<usize> {
    let mut start = tokens.len().checked_sub(1)?;
    if !is_ident(&tokens[start], "pin") {
        return None;
    }
    while start >= 2 && is_punct(&tokens[start - 1], ':') && is_punct(&tokens[start - 2], ':') {
        start -= 2;
        if start > 0 && matches!(&tokens[start - 1], TokenTree::Ident(_)) {
            start -= 1;
        }
    }
    Some(start)
}

/// Whether an expression begins after these tokens: at the start, after a statement, after an attribute.
fn begins_expression(before: &[TokenTree]) -> bool {
    match before {
        [] => true,
        _ if ends_in_attribute(before) => true,
        [.., TokenTree::Group(group)] => group.delimiter() == Delimiter::Brace,
        [.., last] => is_punct(last, ';'),
    }
}

fn ends_in_attribute(tokens: &[TokenTree]) -> bool {
    matches!(
        tokens,
        [.., pound, TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket && is_punct(pound, '#')
    )
}

fn is_ident(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == text)
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
