//! What `#[instrument_all(…)]` decided: which functions are observed, each with its own arguments.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Meta, Visibility};

use super::inherited::Heir;
use super::parse::{Argument, Block, BlockKind, Function, Input, Item};
use crate::args::unknown;
use crate::errors::Errors;

/// A block whose functions are observed, or not.
pub(super) struct Model {
    pub(super) head: TokenStream,
    pub(super) braces: Group,
    pub(super) items: Vec<Decided>,
}

/// What becomes of an item.
pub(super) enum Decided {
    /// It stays as it is, but for an `#[instrument(skip)]`.
    Left(TokenStream),
    /// It gets `#[instrument]`, at a path, with these arguments.
    Observed(Observed),
    Block(Model),
}

/// A function with `#[instrument]`.
pub(super) struct Observed {
    /// The attributes before it.
    pub(super) before: Vec<Attribute>,
    /// Its path.
    pub(super) instrument: TokenStream,
    pub(super) args: Vec<TokenStream>,
    /// All after it.
    pub(super) function: TokenStream,
}

/// What `#[instrument]` takes and all functions of a block can have in common.
pub(super) const DEFAULTS: [&str; 11] = [
    "level",
    "target",
    "kind",
    "component",
    "enabled",
    "record_all",
    "fields",
    "err",
    "metrics",
    "slo",
    "crate",
];

/// What is for `#[instrument_all]` itself.
pub(super) const OWN: [&str; 2] = ["name_prefix", "pub"];

/// The arguments for all functions.
struct Defaults {
    args: Vec<Argument>,
    /// In front of the names, with a dot.
    name_prefix: Option<String>,
    /// Only functions that others may call: `pub`, `pub(crate)` and the like.
    is_pub: bool,
    /// The path of `#[instrument]`.
    instrument: TokenStream,
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, mut errors } = input;
        let defaults = Defaults::new(args, &item, &mut errors);
        let model = Self::of(item, &defaults, &mut errors);
        errors.finish(model)
    }

    fn of(block: Block, defaults: &Defaults, errors: &mut Errors) -> Self {
        let Block { head, braces, items, kind } = block;
        let items = items
            .into_iter()
            .map(|item| match item {
                Item::Function(function) => decide(*function, kind, defaults, errors),
                // It says itself what it wants, and what is only there for tests is not observed.
                Item::Block(block) if block.attrs().iter().any(speaks_for_itself) => {
                    Decided::Left(block.into_tokens())
                }
                Item::Block(block) => Decided::Block(Self::of(block, defaults, errors)),
                Item::Other(tokens) => Decided::Left(tokens),
            })
            .collect();
        Self { head, braces, items }
    }
}

impl Defaults {
    fn new(written: Vec<Argument>, item: &Block, errors: &mut Errors) -> Self {
        let mut args: Vec<Argument> = Vec::new();
        let mut name_prefix = None;
        let mut is_pub = false;
        let mut krate = quote!(::spanwright);
        for argument in once(written, errors) {
            match argument.key.to_string().as_str() {
                "name_prefix" => name_prefix = prefix(&argument, errors),
                "pub" => {
                    is_pub = true;
                    if argument.tokens.clone().into_iter().count() > 1 {
                        errors.on(&argument.tokens, "`pub` takes no value: write `pub`");
                    } else if item.kind.is_trait() {
                        let message = "the functions of a trait are as public as the trait: remove `pub`";
                        errors.at(argument.key.span(), message);
                    }
                }
                "crate" => {
                    krate = argument.tokens.clone().into_iter().skip(2).collect();
                    args.push(argument);
                }
                key if DEFAULTS.contains(&key) => args.push(argument),
                "name" => errors.at(
                    argument.key.span(),
                    "one name can't be that of all functions: write `name_prefix = \"…\"`, or `#[instrument(name = \"…\")]` on one",
                ),
                "record" | "skip" => errors.at(
                    argument.key.span(),
                    format_args!("`{0}` is about one function: write `#[instrument({0}(…))]` on it", argument.key),
                ),
                "parent" | "follows_from" => errors.at(
                    argument.key.span(),
                    format_args!("`{0}` is about one function: write `#[instrument({0} = …)]` on it", argument.key),
                ),
                _ => {
                    let known: Vec<&str> = DEFAULTS.iter().chain(&OWN).copied().collect();
                    errors.add(unknown(&argument.key, &known, "argument"));
                }
            }
        }
        Self { args, name_prefix, is_pub, instrument: quote!(#krate::instrument) }
    }
}

/// The arguments, each once.
fn once(written: Vec<Argument>, errors: &mut Errors) -> Vec<Argument> {
    let mut args: Vec<Argument> = Vec::with_capacity(written.len());
    for argument in written {
        match args.iter().find(|earlier| earlier.key == argument.key) {
            Some(first) => {
                let message = format!("duplicate argument `{}`; write it once", argument.key);
                errors.between(first.key.span(), argument.key.span(), message);
            }
            None => args.push(argument),
        }
    }
    args
}

/// Input: `name_prefix = "shop.cart"`.
fn prefix(argument: &Argument, errors: &mut Errors) -> Option<String> {
    let value: TokenStream = argument.tokens.clone().into_iter().skip(2).collect();
    match syn::parse2::<syn::LitStr>(value) {
        Ok(text) if !text.value().is_empty() => Some(text.value()),
        _ => {
            errors.on(
                &argument.tokens,
                "`name_prefix` takes a string that is not empty: write `name_prefix = \"…\"`",
            );
            None
        }
    }
}

/// What is written on the function wins over what is said for all.
fn decide(function: Function, kind: BlockKind, defaults: &Defaults, errors: &mut Errors) -> Decided {
    let Function { attrs, vis, sig, rest, has_body } = function;
    // It goes where one is written, else right above the function.
    let place = attrs.iter().position(is_instrument);
    let (own, mut before): (Vec<Attribute>, Vec<Attribute>) = attrs.into_iter().partition(is_instrument);
    let after = before.split_off(place.unwrap_or(before.len()));
    let own_args: Vec<Argument> = own.iter().flat_map(|attr| Function::own_arguments(attr, errors)).collect();
    let skip = own_args.iter().find(|argument| is_bare_skip(argument));
    if let (Some(skip), true) = (skip, own_args.len() > 1) {
        let message =
            "`#[instrument(skip)]` leaves the function out: remove the other arguments, or write `skip(…)`";
        errors.at(skip.key.span(), message);
    }
    let is_tracked = before.iter().chain(&after).any(|attr| says_any(&attr.meta, &["track_caller"]));
    let is_of_interest = has_body
        && sig.constness.is_none()
        && !before.iter().chain(&after).any(speaks_for_itself)
        && (!defaults.is_pub || kind.is_trait() || !matches!(vis, Visibility::Inherited));
    let function = quote!(#(#after)* #rest);
    if skip.is_some() || !(place.is_some() || is_of_interest) {
        return Decided::Left(quote!(#(#before)* #function));
    }
    let is_own = |key: &str| own_args.iter().any(|own| own.key == key);
    let heir = Heir { sig: &sig, own: &own_args, is_tracked };
    let mut args: Vec<TokenStream> =
        defaults.args.iter().filter_map(|argument| heir.takes(argument)).collect();
    if let (Some(prefix), false) = (&defaults.name_prefix, is_own("name")) {
        let name = format!("{prefix}.{}", sig.ident.unraw());
        args.push(quote!(name = #name));
    }
    args.extend(own_args.into_iter().map(|argument| argument.tokens));
    Decided::Observed(Observed { before, instrument: defaults.instrument.clone(), args, function })
}

/// `#[instrument]` at any path but that of `tracing`.
pub(super) fn is_instrument(attr: &Attribute) -> bool {
    let segments = &attr.path().segments;
    segments.last().is_some_and(|last| last.ident == "instrument")
        && segments.first().is_none_or(|first| first.ident != "tracing")
}

/// `skip` without a list.
pub(super) fn is_bare_skip(argument: &Argument) -> bool {
    argument.key == "skip" && argument.tokens.clone().into_iter().count() == 1
}

/// What says itself how it is observed, and what is there for tests.
fn speaks_for_itself(attr: &Attribute) -> bool {
    says_any(&attr.meta, &["instrument_all", "instrument", "test", "naked"]) || is_for_tests(&attr.meta)
}

/// Whether an attribute is one of these, at any path, if only under a condition.
fn says_any(meta: &Meta, names: &[&str]) -> bool {
    let last = meta.path().segments.last();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
        || listed(meta, "cfg_attr").skip(1).flatten().any(|meta| says_any(&meta, names))
        || listed(meta, "unsafe").flatten().any(|meta| says_any(&meta, names))
}

/// Whether it is `#[cfg(test)]`, `#[cfg(all(test, …))]` and the like.
fn is_for_tests(cfg: &Meta) -> bool {
    fn is_test(condition: &Meta) -> bool {
        condition.path().is_ident("test")
            || listed(condition, "all").flatten().any(|condition| is_test(&condition))
    }
    listed(cfg, "cfg").flatten().any(|condition| is_test(&condition))
}

/// What is listed in `name(…)`; `None` for what is none of an attribute's forms, as `true` is.
fn listed(meta: &Meta, name: &str) -> impl Iterator<Item = Option<Meta>> {
    let list = meta.require_list().ok().filter(|list| list.path.is_ident(name));
    let tokens: Vec<TokenTree> = list.into_iter().flat_map(|list| list.tokens.clone()).collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let metas = tokens.split(is_comma).map(|part| syn::parse2(part.iter().cloned().collect()).ok());
    metas.collect::<Vec<_>>().into_iter()
}

/// Braces with other content.
pub(super) fn refilled(braces: &Group, content: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, content);
    group.set_span(braces.span());
    group
}
