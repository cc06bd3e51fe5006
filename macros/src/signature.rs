//! Facts about a function. Its body is never parsed: it is one token.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, Member, Pat, ReturnType, Signature, Token, Type, Visibility};

use crate::types;

/// A function with a body.
pub(crate) struct Function {
    /// All that stands before the body, as written.
    pub(crate) head: TokenStream,
    /// The attributes among it.
    pub(crate) attrs: Vec<Attribute>,
    /// The signature among it.
    pub(crate) sig: Signature,
    /// The body's braces and what is between them.
    pub(crate) body: Group,
    /// Every name that the parameters bind, `self` aside.
    pub(crate) params: Vec<Param>,
}

/// A name that the parameters bind.
pub(crate) struct Param {
    /// The name.
    pub(crate) ident: Ident,
    /// Its type, where the parameter is a plain `name: Type`.
    pub(crate) ty: Option<Type>,
    /// The field of the pattern that binds it, which may have another name: `password` of `Login { password: p }`.
    pub(crate) field: Option<Ident>,
    /// Whether a `#[cfg(…)]` stands on the parameter, so that it may not be there.
    pub(crate) is_conditional: bool,
}

impl Function {
    /// Takes an item apart; the error says what `macro_name` needs instead, where it is no function with a body.
    pub(crate) fn parse(item: TokenStream, macro_name: &str) -> syn::Result<Self> {
        let mut tokens: Vec<TokenTree> = ungrouped(item).into_iter().collect();
        let body = tokens.pop();
        let Some(body) = body.as_ref().and_then(block) else {
            tokens.extend(body);
            return Err(no_body(tokens.into_iter().collect(), macro_name));
        };
        let (inner_attrs, body) = without_inner_attributes(body);
        // Behind the outer ones, as where they were written: of two levels of a lint the later one holds.
        let behind = outer_attributes(&tokens);
        tokens.splice(behind..behind, inner_attrs);
        let head: TokenStream = tokens.into_iter().collect();
        let (attrs, sig) =
            Parser::parse2(|input: ParseStream<'_>| parse_head(input, macro_name), head.clone())?;
        let params = params(&sig);
        Ok(Self { head, attrs, sig, body, params })
    }

    /// The function's name, without `r#`.
    pub(crate) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// The return type, where one is written.
    pub(crate) fn returns(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    /// The return type as an ascription.
    pub(crate) fn ascription(&self) -> TokenStream {
        types::ascription(self.returns())
    }

    /// Whether it never returns.
    pub(crate) fn diverges(&self) -> bool {
        matches!(self.returns(), Some(Type::Never(_)))
    }

    /// The parameter called `name`.
    pub(crate) fn param(&self, name: &Ident) -> Option<&Param> {
        self.params.iter().find(|param| param.ident == *name)
    }

    /// Whether there is a parameter of that name, `self` among them.
    pub(crate) fn has_param(&self, name: &Ident) -> bool {
        self.param(name).is_some() || (name == "self" && self.sig.receiver().is_some())
    }

    /// The field that a parameter's pattern binds `name` from.
    pub(crate) fn field_of(&self, name: &Ident) -> Option<Ident> {
        self.param(name)?.field.clone()
    }

    /// The first attribute at the path `name`.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attrs.iter().find(|attr| attr.path().is_ident(name))
    }
}

/// Strips the invisible group that a macro puts around an `$item`.
fn ungrouped(item: TokenStream) -> TokenStream {
    let mut tokens = item.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => group.stream(),
        _ => item,
    }
}

/// The body, if that is what the token is; a macro's `$block` stands in an invisible group.
fn block(token: &TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else { return None };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut content = group.stream().into_iter();
            match (content.next(), content.next()) {
                (Some(only), None) => block(&only),
                _ => None,
            }
        }
        _ => None,
    }
}

/// How many tokens the attributes at an item's start are.
fn outer_attributes(tokens: &[TokenTree]) -> usize {
    let is_attribute = |pair: &&[TokenTree]| {
        matches!(pair, [TokenTree::Punct(pound), TokenTree::Group(group)]
            if pound.as_char() == '#' && group.delimiter() == Delimiter::Bracket)
    };
    2 * tokens.chunks(2).take_while(is_attribute).count()
}

/// Takes the `#![…]` at the start of a body out of it, as `#[…]`: the body goes where only the latter are allowed.
fn without_inner_attributes(body: Group) -> (TokenStream, Group) {
    let mut outer = TokenStream::new();
    let mut content = body.stream();
    loop {
        let mut tokens = content.clone().into_iter();
        match (tokens.next(), tokens.next(), tokens.next()) {
            (Some(TokenTree::Punct(pound)), Some(TokenTree::Punct(bang)), Some(TokenTree::Group(group)))
                if pound.as_char() == '#'
                    && bang.as_char() == '!'
                    && group.delimiter() == Delimiter::Bracket =>
            {
                outer.extend([TokenTree::Punct(pound), TokenTree::Group(group)]);
                content = tokens.collect();
            }
            _ => break,
        }
    }
    if outer.is_empty() {
        return (outer, body);
    }
    let mut rest = Group::new(Delimiter::Brace, content);
    rest.set_span(body.span());
    (outer, rest)
}

fn parse_head(input: ParseStream<'_>, macro_name: &str) -> syn::Result<(Vec<Attribute>, Signature)> {
    let attrs = input.call(Attribute::parse_outer)?;
    let _: Visibility = input.parse()?;
    if let Some(other) = not_a_function(input) {
        let what = other.to_string();
        let message =
            format!("`#[{macro_name}]` goes on a function, and this is {} `{what}`", article(&what));
        return Err(syn::Error::new(other.span(), message));
    }
    let sig: Signature = input.parse()?;
    match input.is_empty() {
        true => Ok((attrs, sig)),
        false => Err(input.error("expected a function's body")),
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['e', 'i', 'u']) { "an" } else { "a" }
}

/// The keyword of an item that is no function.
fn not_a_function(input: ParseStream<'_>) -> Option<Ident> {
    let is_item = |ident: &Ident| {
        ["struct", "enum", "union", "impl", "trait", "mod", "static", "type", "use", "macro_rules"]
            .iter()
            .any(|keyword| ident == keyword)
    };
    let (first, rest) = input.cursor().ident()?;
    if is_item(&first) {
        return Some(first);
    }
    // `unsafe impl`, `unsafe trait`, `const X: …`
    let second = rest.ident().map(|(second, _)| second);
    match second {
        Some(second) if first == "unsafe" && is_item(&second) => Some(second),
        Some(second)
            if first == "const" && !["fn", "async", "unsafe", "extern"].iter().any(|word| second == word) =>
        {
            Some(first)
        }
        _ => None,
    }
}

/// The error for an item that does not end in a block.
fn no_body(item: TokenStream, macro_name: &str) -> syn::Error {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let last = tokens.pop();
    let parser = |input: ParseStream<'_>| parse_head(input, macro_name);
    match Parser::parse2(parser, tokens.into_iter().collect()) {
        Err(error) => error,
        Ok((_, sig)) => {
            let at = last.map_or_else(Span::call_site, |last| last.span());
            let message = format!(
                "`#[{macro_name}]` needs a body, and `{}` has none; put it on the function that has one",
                sig.ident
            );
            syn::Error::new(at, message)
        }
    }
}

fn params(sig: &Signature) -> Vec<Param> {
    let mut params = Vec::with_capacity(sig.inputs.len());
    for input in &sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        let known = params.len();
        match plain(&typed.pat, &typed.ty) {
            Some((ident, ty)) => {
                let (ident, ty) = (ident.clone(), Some(ty.clone()));
                params.push(Param { ident, ty, field: None, is_conditional: false });
            }
            None => bindings(&typed.pat, None, &mut params),
        }
        if typed.attrs.iter().any(|attr| attr.path().is_ident("cfg")) {
            params[known..].iter_mut().for_each(|param| param.is_conditional = true);
        }
    }
    params
}

/// The name and the type of `name: Type`; of `&name: &Type` too.
fn plain<'a>(pat: &'a Pat, ty: &'a Type) -> Option<(&'a Ident, &'a Type)> {
    match (pat, ty) {
        (Pat::Ident(pat), ty) if pat.subpat.is_none() => Some((&pat.ident, ty)),
        (Pat::Reference(pat), Type::Reference(ty)) => plain(&pat.pat, &ty.elem),
        _ => None,
    }
}

/// The names that a pattern binds, which stands behind a field's name in a struct's.
fn bindings(pat: &Pat, field: Option<&Ident>, params: &mut Vec<Param>) {
    let mut all = |pats: &Punctuated<Pat, Token![,]>| {
        pats.iter().for_each(|pat| bindings(pat, field, params));
    };
    match pat {
        Pat::Ident(pat) => {
            let (ident, of) = (pat.ident.clone(), field.cloned());
            params.push(Param { ident, ty: None, field: of, is_conditional: false });
            if let Some((_, pat)) = &pat.subpat {
                bindings(pat, field, params);
            }
        }
        Pat::Paren(pat) => bindings(&pat.pat, field, params),
        Pat::Reference(pat) => bindings(&pat.pat, field, params),
        Pat::Type(pat) => bindings(&pat.pat, field, params),
        Pat::Slice(pat) => all(&pat.elems),
        Pat::Tuple(pat) => all(&pat.elems),
        Pat::TupleStruct(pat) => all(&pat.elems),
        Pat::Struct(pat) => {
            for one in &pat.fields {
                let own = match &one.member {
                    Member::Named(name) => Some(name),
                    Member::Unnamed(_) => field,
                };
                bindings(&one.pat, own, params);
            }
        }
        // Every case of an or-pattern binds the same names.
        Pat::Or(pat) => pat.cases.first().into_iter().for_each(|pat| bindings(pat, field, params)),
        _ => {}
    }
}
