//! The syntax of `#[instrument_all(…)]`, as written. No function's body is looked into.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Token, Visibility};

use crate::args::at_end;
use crate::errors::Errors;

/// The attribute and the item that it stands on.
pub(super) struct Input {
    pub(super) args: Vec<Argument>,
    pub(super) item: Block,
    pub(super) errors: Errors,
}

/// An argument, as it was written.
#[derive(Clone)]
pub(super) struct Argument {
    pub(super) key: Ident,
    /// The key and all after it.
    pub(super) tokens: TokenStream,
}

/// An `impl`, a trait or an inline module.
pub(super) struct Block {
    /// All before the braces.
    pub(super) head: TokenStream,
    pub(super) braces: Group,
    /// What is between them.
    pub(super) items: Vec<Item>,
    pub(super) kind: BlockKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BlockKind {
    Impl,
    TraitImpl,
    Trait,
    Module,
}

impl BlockKind {
    /// Whether its functions are as public as a trait is.
    pub(super) fn is_trait(self) -> bool {
        matches!(self, Self::TraitImpl | Self::Trait)
    }
}

/// What stands in a block.
pub(super) enum Item {
    Function(Box<Function>),
    Block(Block),
    /// Anything else, as it is.
    Other(TokenStream),
}

/// A function in a block.
pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    /// All but the outer attributes.
    pub(super) rest: TokenStream,
    /// Whether it ends in a body.
    pub(super) has_body: bool,
}

impl Input {
    /// Fails only at an item that has no functions: mistakes among the arguments are collected.
    pub(super) fn parse(args: TokenStream, item: TokenStream) -> syn::Result<Self> {
        let mut errors = Errors::default();
        let args = arguments(args, &mut errors);
        Ok(Self { args, item: Block::parse(item)?, errors })
    }
}

impl Block {
    fn parse(item: TokenStream) -> syn::Result<Self> {
        let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
        let last = tokens.pop();
        let head: TokenStream = tokens.into_iter().collect();
        let (kind, keyword) = Parser::parse2(kind, item)?;
        match last {
            Some(TokenTree::Group(braces)) if braces.delimiter() == Delimiter::Brace => {
                let items = Parser::parse2(items, braces.stream())?;
                Ok(Self { head, braces, items, kind })
            }
            _ => Err(syn::Error::new(
                keyword.span(),
                "`#[instrument_all]` sees what is between the braces of an inline module only: put it into the module's file, on each `impl`",
            )),
        }
    }
}

/// Which item it is, by the keyword behind its attributes and visibility.
fn kind(input: ParseStream<'_>) -> syn::Result<(BlockKind, Ident)> {
    input.call(Attribute::parse_outer)?;
    let _: Visibility = input.parse()?;
    let _: Option<Token![default]> = input.parse()?;
    let _: Option<Token![unsafe]> = input.parse()?;
    let at = input.cursor().span();
    let keyword = input.call(Ident::parse_any).unwrap_or_else(|_| Ident::new("_", at));
    let rest: TokenStream = input.parse()?;
    let kind = match keyword.to_string().as_str() {
        "mod" => BlockKind::Module,
        "trait" => BlockKind::Trait,
        // A `for` of the header itself: those of its bounds (`for<'a>`) are followed by a `<`.
        "impl" if is_for_a_trait(rest) => BlockKind::TraitImpl,
        "impl" => BlockKind::Impl,
        _ => {
            let message = "`#[instrument_all]` goes on an `impl`, a trait or an inline module; on a function, write `#[instrument]`";
            return Err(syn::Error::new(at, message));
        }
    };
    Ok((kind, keyword))
}

fn is_for_a_trait(header: TokenStream) -> bool {
    let mut tokens = header.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(word) = token else { continue };
        let is_of_a_bound = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '<');
        if word == "where" || (word == "for" && !is_of_a_bound) {
            return word == "for";
        }
    }
    false
}

fn items(input: ParseStream<'_>) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    for attr in input.call(Attribute::parse_inner)? {
        items.push(Item::Other(attr.to_token_stream()));
    }
    while !input.is_empty() {
        items.push(item(input)?);
    }
    Ok(items)
}

fn item(input: ParseStream<'_>) -> syn::Result<Item> {
    let attrs = input.call(Attribute::parse_outer)?;
    if let Some(function) = function(&attrs, input) {
        return Ok(Item::Function(Box::new(function)));
    }
    let mut tokens: TokenStream = attrs.iter().map(ToTokens::to_token_stream).collect();
    tokens.extend(until_its_end(input));
    // An `impl`, a trait or a module in a module.
    Ok(Block::parse(tokens.clone()).map_or(Item::Other(tokens), Item::Block))
}

/// A function with or without a body, if that is what follows.
fn function(attrs: &[Attribute], input: ParseStream<'_>) -> Option<Function> {
    let fork = input.fork();
    let vis: Visibility = fork.parse().ok()?;
    let default: Option<Token![default]> = if fork.peek2(Token![!]) { None } else { fork.parse().ok()? };
    let sig: Signature = fork.parse().ok()?;
    let mut rest = vis.to_token_stream();
    default.to_tokens(&mut rest);
    sig.to_tokens(&mut rest);
    let end: TokenTree = fork.parse().ok()?;
    let has_body = matches!(end, TokenTree::Group(_));
    rest.extend([end]);
    syn::parse::discouraged::Speculative::advance_to(input, &fork);
    Some(Function { attrs: attrs.to_vec(), vis, sig, rest, has_body })
}

/// The tokens of any other item: up to a `;`, or to braces that nothing follows but the next item.
fn until_its_end(input: ParseStream<'_>) -> TokenStream {
    let fork = input.fork();
    let is_item = fork.parse::<syn::Item>().is_ok();
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        if is_item && input.cursor() == fork.cursor() {
            break;
        }
        let Ok(token) = input.parse::<TokenTree>() else { break };
        let is_end = !is_item && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
        tokens.extend([token]);
        if is_end {
            break;
        }
    }
    tokens
}

fn arguments(args: TokenStream, errors: &mut Errors) -> Vec<Argument> {
    let parser = |input: ParseStream<'_>| {
        let mut all = Vec::new();
        while !input.is_empty() {
            match input.call(Ident::parse_any) {
                Ok(key) => all.push(argument(key, input)),
                Err(_) => {
                    errors.at(input.span(), "expected the name of an argument");
                    argument(Ident::new("_", input.span()), input);
                }
            }
            let _: Option<Token![,]> = input.parse()?;
        }
        Ok(all)
    };
    Parser::parse2(parser, args).unwrap_or_default()
}

/// All up to the next comma.
fn argument(key: Ident, input: ParseStream<'_>) -> Argument {
    let mut tokens = key.to_token_stream();
    while !at_end(input) {
        let Ok(token) = input.parse::<TokenTree>() else { break };
        tokens.extend([token]);
    }
    Argument { key, tokens }
}

impl Function {
    /// The arguments of an attribute of its own.
    pub(super) fn own_arguments(attr: &Attribute, errors: &mut Errors) -> Vec<Argument> {
        match &attr.meta {
            syn::Meta::List(list) => arguments(list.tokens.clone(), errors),
            _ => Vec::new(),
        }
    }
}
