//! Types as they are written, and as they can be named elsewhere.

use std::iter::Peekable;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree, token_stream};
use quote::{ToTokens, quote};
use syn::{Generics, Type};

/// A return type as an ascription, with each `impl Trait` inferred. `!` can be named as a return type only, so it is
/// inferred too.
///
/// Input: `Result<impl Iterator<Item = (u8, u8)> + '_, Error>`; output: `Result<_, Error>`.
pub(crate) fn ascription(returns: Option<&Type>) -> TokenStream {
    match returns {
        None => quote!(()),
        Some(Type::Never(_)) => quote!(_),
        Some(ty) => without_impl(ty.to_token_stream()),
    }
}

fn without_impl(tokens: TokenStream) -> TokenStream {
    let mut output = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "impl" => {
                output.extend([TokenTree::Ident(Ident::new("_", ident.span()))]);
                skip_bounds(&mut tokens);
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_impl(group.stream()));
                inner.set_span(group.span());
                output.extend([TokenTree::Group(inner)]);
            }
            token => output.extend([token]),
        }
    }
    output
}

/// Skips the bounds of an `impl`: up to a comma, a semicolon or a closing angle bracket of what is around it.
fn skip_bounds(tokens: &mut Peekable<token_stream::IntoIter>) {
    let mut depth = 0usize;
    let mut previous = ' ';
    while let Some(token) = tokens.peek() {
        let punct = match token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match punct {
            '<' => depth += 1,
            '>' if previous == '-' => {}
            ',' | ';' | '>' if depth == 0 => return,
            '>' => depth -= 1,
            _ => {}
        }
        previous = punct;
        tokens.next();
    }
}

/// The first token in a type that a `static` could not name: a generic parameter, `Self` or `impl`.
pub(crate) fn unnameable(ty: &Type, generics: &Generics) -> Option<(Span, String)> {
    fn find(tokens: TokenStream, names: &[String]) -> Option<(Span, String)> {
        let mut lifetime = "";
        for token in tokens {
            let found = match &token {
                TokenTree::Group(group) => find(group.stream(), names),
                TokenTree::Ident(ident) => {
                    let name = format!("{lifetime}{ident}");
                    names.contains(&name).then(|| (ident.span(), name))
                }
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            lifetime = match &token {
                TokenTree::Punct(punct) if punct.as_char() == '\'' => "'",
                _ => "",
            };
        }
        None
    }
    let own = generics.params.iter().map(|param| match param {
        syn::GenericParam::Lifetime(param) => param.lifetime.to_string(),
        syn::GenericParam::Type(param) => param.ident.to_string(),
        syn::GenericParam::Const(param) => param.ident.to_string(),
    });
    let names: Vec<String> = own.chain(["Self".to_owned(), "impl".to_owned()]).collect();
    find(ty.to_token_stream(), &names)
}

/// A type where all its lifetimes are `'static`, as a constant can name it.
pub(crate) fn with_static_lifetimes(ty: impl ToTokens) -> TokenStream {
    let mut output = TokenStream::new();
    let mut after_quote = false;
    let mut after_reference = false;
    for token in ty.to_token_stream() {
        let is_quote = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        if after_reference && !is_quote {
            output.extend(quote!('static));
        }
        after_reference = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '&');
        output.extend([match token {
            TokenTree::Ident(ident) if after_quote => TokenTree::Ident(Ident::new("static", ident.span())),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), with_static_lifetimes(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => token,
        }]);
        after_quote = is_quote;
    }
    output
}

/// The type behind all references, and whether there were any.
pub(crate) fn dereferenced(ty: &Type) -> (&Type, bool) {
    match ty {
        Type::Reference(reference) => (dereferenced(&reference.elem).0, true),
        Type::Paren(inner) => dereferenced(&inner.elem),
        Type::Group(inner) => dereferenced(&inner.elem),
        ty => (ty, false),
    }
}
