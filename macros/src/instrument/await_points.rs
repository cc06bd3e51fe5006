//! Labels at await points: before each `.await` of an asynchronous body stands a call that notes its place, by which the recorder
//! knows later where a task waits.
//!
//! The body is not parsed. What is looked for is two tokens, or the name of a macro that waits; what stands around them stays
//! as written. Left alone are macro invocations, which may show their tokens to somebody, and items, which are not this function's.

use proc_macro2::{Delimiter, Group, Ident, Punct, Span, TokenStream, TokenTree};
use quote::quote;

use super::future::regrouped;
use super::model::{Mode, Model};
use crate::hygiene::{Runtime, blaming};
use crate::returned::Kind;

/// The method that notes its place and gives back what it is called on.
const METHOD: &str = "__spanwright_awaits";
/// The function that does so, for variables and their fields: of a variable nothing need be known to call it, as little as to
/// await it; and what the compiler says of one that was moved does not speak of a method.
const FUNCTION: &str = "__spanwright_await";
/// The macros that wait for several futures. Their own code has the `.await`.
const WAITING: [&str; 4] = ["select", "select_biased", "join", "try_join"];
/// Words before a `!` that is no macro's.
const BEFORE_NOT: [&str; 8] = ["break", "else", "if", "in", "match", "return", "while", "yield"];

/// The body with labels, and what is to be imported for them; the body as it is where it has nothing to wait at.
///
/// Input: `{ load(id).await?; fut.await }`; output: `{ load(id).__spanwright_awaits().await?; __spanwright_await(fut).await }`.
pub(super) fn labelled(model: &Model, body: Group) -> (Option<TokenStream>, Group) {
    let is_future = match model.mode {
        Mode::Async(_) => true,
        Mode::Made(made) => made.kind == Kind::Future,
        Mode::Sync | Mode::Guard => false,
    };
    match is_future.then(|| with_labels(body.stream(), Delimiter::Brace)).flatten() {
        Some(content) => (Some(import(&model.krate)), regrouped(&body, content)),
        None => (None, body),
    }
}

fn import(krate: &Runtime) -> TokenStream {
    let function = Ident::new(FUNCTION, Span::call_site());
    quote! {
        #[allow(unused_imports)]
        use #krate::__private::{AwaitPoint as _, await_point as #function};
    }
}

/// What is within a group of that delimiter, with labels; nothing where nothing waits.
fn with_labels(tokens: TokenStream, within: Delimiter) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut out, mut found, mut at) = (Vec::with_capacity(tokens.len()), false, 0);
    while let Some(token) = tokens.get(at) {
        let rest = &tokens[at..];
        let whole = left_alone(rest);
        if whole > 0 {
            let start = path_start(&out);
            let before = Before::of(rest, &out[..start], within);
            out.extend_from_slice(&rest[..whole]);
            if let Some(before) = before {
                found = true;
                before.put(&mut out, start, token.span());
            }
            at += whole;
            continue;
        }
        match rest {
            [TokenTree::Punct(dot), TokenTree::Ident(keyword), ..]
                if dot.as_char() == '.' && keyword == "await" =>
            {
                found = true;
                label(&mut out, dot, keyword);
                out.extend_from_slice(&rest[..2]);
                at += 2;
            }
            [TokenTree::Group(group), ..] => {
                let inner = with_labels(group.stream(), group.delimiter());
                found |= inner.is_some();
                out.push(inner.map_or_else(|| group.clone(), |inner| regrouped(group, inner)).into());
                at += 1;
            }
            _ => {
                out.push(token.clone());
                at += 1;
            }
        }
    }
    found.then(|| out.into_iter().collect())
}

/// Labels what comes before an `.await`. The label has the span of the keyword: this is the place that it notes, and where
/// errors about what is awaited stand.
fn label(out: &mut Vec<TokenTree>, dot: &Punct, keyword: &Ident) {
    let at = keyword.span();
    let call = |name, argument: Vec<TokenTree>| {
        let mut parens = Group::new(Delimiter::Parenthesis, argument.into_iter().collect());
        parens.set_span(at);
        [TokenTree::from(Ident::new(name, at)), parens.into()]
    };
    match place_start(out) {
        Some(start) => {
            let place = out.split_off(start);
            out.extend(call(FUNCTION, place));
        }
        None => {
            out.push(dot.clone().into());
            out.extend(call(METHOD, Vec::new()));
        }
    }
}

/// Where the expression begins that the tokens end with, if it is a variable, or a field of one.
fn place_start(tokens: &[TokenTree]) -> Option<usize> {
    let mut start = tokens.len();
    loop {
        start = start.checked_sub(1)?;
        let before = start.checked_sub(1).and_then(|before| tokens.get(before));
        match (&tokens[start], before) {
            (TokenTree::Ident(_) | TokenTree::Literal(_), Some(dot)) if is_punct(dot, '.') => start -= 1,
            (TokenTree::Ident(_), Some(colon)) if is_punct(colon, ':') => return None,
            (TokenTree::Ident(_), _) => return Some(start),
            _ => return None,
        }
    }
}

/// How many of the tokens are an attribute, a macro with its tokens, or an item: at their start.
fn left_alone(tokens: &[TokenTree]) -> usize {
    match tokens {
        [pound, TokenTree::Group(_), ..] if is_punct(pound, '#') => 2,
        [pound, bang, TokenTree::Group(_), ..] if is_punct(pound, '#') && is_punct(bang, '!') => 3,
        [TokenTree::Ident(name), bang, TokenTree::Group(_), ..] if is_punct(bang, '!') => {
            if BEFORE_NOT.iter().any(|word| name == word) { 0 } else { 3 }
        }
        [TokenTree::Ident(_), bang, TokenTree::Ident(_), TokenTree::Group(_), ..] if is_punct(bang, '!') => 4,
        [TokenTree::Ident(word), TokenTree::Ident(_), ..] if word == "fn" => item(tokens),
        [TokenTree::Ident(word), ..] if ["impl", "mod", "trait"].iter().any(|item| word == item) => {
            item(tokens)
        }
        _ => 0,
    }
}

/// How many tokens an item has whose first these are.
fn item(tokens: &[TokenTree]) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    };
    tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1)
}

/// Where the path begins that the tokens end with, if a name may follow.
fn path_start(tokens: &[TokenTree]) -> usize {
    let mut start = tokens.len();
    while start >= 2 && is_punct(&tokens[start - 1], ':') && is_punct(&tokens[start - 2], ':') {
        start -= 2;
        if start > 0 && matches!(&tokens[start - 1], TokenTree::Ident(_)) {
            start -= 1;
        }
    }
    start
}

/// How a label gets before a macro that waits.
enum Before {
    /// As a statement of its own.
    Statement,
    /// In a block around both.
    Block,
}

impl Before {
    /// For these tokens, behind those before them in a group of that delimiter. Nothing where they are no macro that waits, or one
    /// whose value is what an operator or a `?` is about, or an attribute.
    fn of(tokens: &[TokenTree], before: &[TokenTree], within: Delimiter) -> Option<Self> {
        let [TokenTree::Ident(name), _, TokenTree::Group(_), after @ ..] = tokens else { return None };
        if !WAITING.iter().any(|waiting| name == waiting) {
            return None;
        }
        let is_followed_by = |what: &[char]| {
            after.first().is_some_and(|after| what.iter().any(|character| is_punct(after, *character)))
        };
        let begins = match before {
            [] => true,
            [.., TokenTree::Group(group)] => group.delimiter() == Delimiter::Brace,
            [.., last] => is_punct(last, ';'),
        };
        if within == Delimiter::Brace && begins {
            return (!is_followed_by(&['=', ',', '|'])).then_some(Self::Statement);
        }
        let ends = after.is_empty() || is_followed_by(&[';', ',']);
        (ends && !matches!(before, [.., pound, TokenTree::Group(_)] if is_punct(pound, '#')))
            .then_some(Self::Block)
    }

    /// Puts it there: the macro with its path is all from `start` on.
    ///
    /// Input: `tokio::join!(…)`; output: `{ __spanwright_await(()); tokio::join!(…) }`, or that without braces.
    fn put(self, out: &mut Vec<TokenTree>, start: usize, name: Span) {
        let invocation = out.split_off(start);
        let unit = TokenTree::from(Group::new(Delimiter::Parenthesis, TokenStream::new()));
        let mut parens = Group::new(Delimiter::Parenthesis, unit.into());
        parens.set_span(name);
        let function = Ident::new(FUNCTION, name);
        let labelled = quote!(#function #parens; #(#invocation)*);
        match self {
            Self::Statement => out.extend(labelled),
            Self::Block => {
                let mut block = Group::new(Delimiter::Brace, labelled);
                block.set_span(blaming(name));
                out.push(block.into());
            }
        }
    }
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
