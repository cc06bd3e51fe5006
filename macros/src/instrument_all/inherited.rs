//! The part of the model that decides which of the arguments for all a function takes over: what it says itself wins, and
//! what can't hold for it is not for it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{ReturnType, Signature, Token, Type};

use super::parse::Argument;
use crate::args::{Element, at_end};
use crate::field::{FieldArg, Key};
use crate::returned::{Kind, Returned, is_stream, types};

/// What decides about that.
pub(super) struct Heir<'f> {
    pub(super) sig: &'f Signature,
    /// What the function's own `#[instrument(…)]` says.
    pub(super) own: &'f [Argument],
    /// Whether a `#[track_caller]` keeps its body in place.
    pub(super) is_tracked: bool,
}

impl Heir<'_> {
    /// The argument as it is for this function, if it is.
    pub(super) fn takes(&self, argument: &Argument) -> Option<TokenStream> {
        let tokens = &argument.tokens;
        let key = argument.key.to_string();
        if self.own(&key).is_some() {
            return None;
        }
        match key.as_str() {
            // An error is only reported where there can be one, and where it is seen.
            "err" => (!self.is_in_place() && returns_a_result(self.sig)).then(|| tokens.clone()),
            "record_all" => self.own("skip_all").is_none().then(|| tokens.clone()),
            "fields" => match elements(tokens) {
                Some((group, elements)) => self.fields(argument, &group, elements),
                // It is `#[instrument]` that tells of a mistake.
                None => Some(tokens.clone()),
            },
            _ => self.knows(tokens).then(|| tokens.clone()),
        }
    }

    fn own(&self, key: &str) -> Option<&Argument> {
        self.own.iter().find(|own| own.key == key)
    }

    /// Whether the function has all that is mentioned: of what may be missing, that is `self`.
    fn knows(&self, tokens: &TokenStream) -> bool {
        self.sig.receiver().is_some() || !mentions_self(tokens.clone())
    }

    /// Whether what the body returns is not seen.
    fn is_in_place(&self) -> bool {
        self.sig.asyncness.is_none() && (self.is_tracked || self.sig.variadic.is_some())
    }

    /// The fields for all, but for those that the function records itself.
    fn fields(&self, argument: &Argument, group: &Group, elements: Vec<FieldFor>) -> Option<TokenStream> {
        let recorded = self.own("record").map_or_else(Vec::new, |own| recorded(&own.tokens));
        let kept = elements.into_iter().filter(|field| {
            let is_recorded = field.name.as_ref().is_some_and(|name| recorded.contains(name));
            !is_recorded && self.knows(&field.tokens)
        });
        let kept: Vec<TokenStream> = kept.map(|field| field.tokens).collect();
        let mut list = Group::new(Delimiter::Parenthesis, quote!(#(#kept),*));
        list.set_span(group.span());
        let key = &argument.key;
        (!kept.is_empty()).then(|| quote!(#key #list))
    }
}

/// An element of `fields(…)`.
struct FieldFor {
    /// What it is called, unless it is a set.
    name: Option<String>,
    tokens: TokenStream,
}

/// The list of `fields(…)` and what is in it, unless there is a mistake in it.
fn elements(fields: &TokenStream) -> Option<(Group, Vec<FieldFor>)> {
    let parser = |input: ParseStream<'_>| {
        let mut all = Vec::new();
        while !input.is_empty() {
            let behind = input.fork();
            let name = match FieldArg::parse(&behind)? {
                FieldArg::One(key, _) => Some(Key::text(&key)),
                FieldArg::Set(_) => None,
            };
            if !at_end(&behind) {
                return Err(behind.error("expected `,`"));
            }
            let mut tokens = TokenStream::new();
            while !input.is_empty() && input.cursor() != behind.cursor() {
                tokens.extend([input.parse::<TokenTree>()?]);
            }
            all.push(FieldFor { name, tokens });
            let _: Option<Token![,]> = input.parse()?;
        }
        Ok(all)
    };
    let group = list_of(fields)?;
    let elements = Parser::parse2(parser, group.stream()).ok()?;
    Some((group, elements))
}

/// The parentheses of `key(…)`, if that is all.
fn list_of(argument: &TokenStream) -> Option<Group> {
    let mut behind_key = argument.clone().into_iter().skip(1);
    match (behind_key.next(), behind_key.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Parenthesis => Some(group),
        _ => None,
    }
}

/// The attributes of `record(…)`.
///
/// Input: `record(id, %user.r#type)`; output: `id` and `user.type`.
fn recorded(record: &TokenStream) -> Vec<String> {
    let part = |token: TokenTree| match token {
        TokenTree::Punct(punct) if [',', '.'].contains(&punct.as_char()) => punct.to_string(),
        TokenTree::Ident(ident) => ident.unraw().to_string(),
        TokenTree::Literal(index) => index.to_string(),
        TokenTree::Punct(_) | TokenTree::Group(_) => String::new(),
    };
    let text: String = list_of(record).into_iter().flat_map(|list| list.stream()).map(part).collect();
    text.split(',').map(str::to_owned).collect()
}

/// Whether tokens name the receiver, in a text to be formatted too. A path's `self` is a module.
fn mentions_self(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
        let found = match token {
            TokenTree::Ident(ident) => ident == "self" && !is_path,
            TokenTree::Group(group) => mentions_self(group.stream()),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                ["{self}", "{self:"].iter().any(|place| text.contains(place))
            }
            TokenTree::Punct(_) => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// Whether the function returns a `Result`, or a future or a stream of such, as far as it is written there.
fn returns_a_result(sig: &Signature) -> bool {
    let ReturnType::Type(_, ty) = &sig.output else { return false };
    let yielded = match is_stream(ty) {
        true => Returned::of(ty, Kind::Stream),
        false => Returned::of(ty, Kind::Future),
    };
    is_result(ty) || yielded.and_then(|yielded| yielded.likely).is_some_and(|ty| is_result(&ty))
}

/// Whether a type is a `Result`, by whatever name that ends so, or an `Option` or a `Poll` of one: nothing else around it, nor
/// a reference to one.
fn is_result(ty: &Type) -> bool {
    match ty {
        Type::Path(ty) => ty.path.segments.last().is_some_and(|last| {
            let may_hold_one = last.ident == "Option" || last.ident == "Poll";
            last.ident.to_string().ends_with("Result")
                || may_hold_one && types(&last.arguments).next().is_some_and(is_result)
        }),
        Type::Paren(ty) => is_result(&ty.elem),
        Type::Group(ty) => is_result(&ty.elem),
        _ => false,
    }
}
