//! How fields are written: names with dots in them or constants that have the name, values with a sign in front, and sets.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprPath, LitStr, Path, Token, Type, braced};

use crate::args::{Element, at_end};
use crate::hygiene::blaming;

/// How a value becomes an attribute of the span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// As it is.
    Value,
    /// `?value`
    Debug,
    /// `%value`
    Display,
}

impl Format {
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.parse::<Option<Token![?]>>()?.is_some() {
            return Ok(Self::Debug);
        }
        Ok(if input.parse::<Option<Token![%]>>()?.is_some() { Self::Display } else { Self::Value })
    }

    /// The sign that stands in front of the value.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Value => "",
            Self::Debug => "?",
            Self::Display => "%",
        }
    }
}

/// A name of one or more parts, `http.route` or `"http.route"`.
pub(crate) struct Name {
    /// Its parts without `r#`, with dots between them.
    pub(crate) text: String,
    /// Where it is written.
    pub(crate) tokens: TokenStream,
    /// The only part, where there is only one.
    pub(crate) ident: Option<Ident>,
}

impl Name {
    pub(crate) fn span(&self) -> Span {
        self.tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
    }
}

impl Element for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            let text: LitStr = input.parse()?;
            return match text.value().is_empty() {
                true => Err(syn::Error::new(text.span(), "a name must not be empty")),
                false => Ok(Self { text: text.value(), tokens: text.into_token_stream(), ident: None }),
            };
        }
        let Ok(first) = input.call(Ident::parse_any) else { return Err(input.error("expected a name")) };
        let mut text = first.unraw().to_string();
        let mut tokens = first.to_token_stream();
        let mut ident = Some(first);
        while let Some(dot) = input.parse::<Option<Token![.]>>()? {
            let Ok(part) = input.call(Ident::parse_any) else { return Err(missing_part(&dot)) };
            text = format!("{text}.{}", part.unraw());
            dot.to_tokens(&mut tokens);
            part.to_tokens(&mut tokens);
            ident = None;
        }
        Ok(Self { text, tokens, ident })
    }
}

/// The error for a dot at the end of a name.
pub(crate) fn missing_part(dot: &Token![.]) -> syn::Error {
    syn::Error::new_spanned(dot, "a name follows the dot")
}

/// `{ATTR_NAME}`: an attribute's constant in place of a name.
#[derive(Clone)]
pub(crate) struct Constant {
    /// The path of the constant.
    pub(crate) path: Path,
    /// The parentheses behind it, where it is a function without arguments that makes the name.
    call: TokenStream,
}

impl Constant {
    /// As it is written, without spaces.
    pub(crate) fn text(&self) -> String {
        let path = self.value().to_string();
        format!("{{{}}}", path.split_whitespace().collect::<String>())
    }

    fn value(&self) -> TokenStream {
        let Self { path, call } = self;
        quote!(#path #call)
    }

    /// The name that it stands for.
    pub(crate) fn key(&self, krate: &TokenStream) -> TokenStream {
        let path = self.value();
        let bytes = Ident::new("as_bytes", blaming(self.span()));
        quote!(#krate::__private::key_of(#path.#bytes()))
    }

    /// What records a value by it, all but the value: the method's name is blamed for a sign that does not suit the constant.
    pub(crate) fn recorder(&self, krate: &TokenStream, format: Format) -> TokenStream {
        let path = self.value();
        let method = match format {
            Format::Value => "value",
            Format::Debug => "debug",
            Format::Display => "display",
        };
        let method = Ident::new(method, blaming(self.span()));
        quote_spanned!(blaming(self.span())=> #krate::__private::named(&#path).#method)
    }

    /// The field as it is declared, for the compiler to compare.
    pub(crate) fn declared(&self, krate: &TokenStream) -> TokenStream {
        let path = self.value();
        let method = Ident::new("declared", blaming(self.span()));
        quote!(#krate::__private::Named(&#path).#method())
    }

    /// An item that stops the build with `message`, at `span`, where it shows its values.
    pub(crate) fn hides(&self, krate: &TokenStream, span: Span, message: &str) -> TokenStream {
        let path = self.value();
        let message = message.replace('{', "{{").replace('}', "}}");
        quote_spanned! {blaming(span)=>
            const _: () = if #krate::__private::Named(&#path).is_shown() {
                ::core::panic!(#message);
            };
        }
    }

    /// Where its name is written.
    pub(crate) fn span(&self) -> Span {
        self.path.segments.last().map_or_else(Span::call_site, |last| last.ident.span())
    }
}

impl Element for Constant {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let content;
        let brace = braced!(content in input);
        let wrong = |at| {
            syn::Error::new(
                at,
                "braces hold the path of an attribute's constant: write `{ATTR_NAME} = value`",
            )
        };
        let at = if content.is_empty() { brace.span.join() } else { content.span() };
        let path = content.call(Path::parse_mod_style);
        let after = content.span();
        let is_call = content.peek(syn::token::Paren);
        let rest: TokenStream = content.parse()?;
        let path = path.map_err(|_| wrong(at))?;
        if !(rest.is_empty() || is_call && rest.to_string() == "()") {
            return Err(wrong(after));
        }
        // What describes the function is a `static`, which knows no `Self`.
        match path.segments.first() {
            Some(first) if first.ident == "Self" => Err(syn::Error::new(
                first.ident.span(),
                "`Self` can't be named here: write the constant's path",
            )),
            _ => Ok(Self { path, call: rest }),
        }
    }
}

/// What a field is called.
pub(crate) enum Key {
    Name(Name),
    Constant(Constant),
}

impl Key {
    /// As it is written.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Name(name) => name.text.clone(),
            Self::Constant(constant) => constant.text(),
        }
    }

    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span(),
            Self::Constant(constant) => constant.span(),
        }
    }

    /// What to blame for it.
    pub(crate) fn tokens(&self) -> TokenStream {
        match self {
            Self::Name(name) => name.tokens.clone(),
            Self::Constant(constant) => constant.path.to_token_stream(),
        }
    }
}

impl Element for Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::token::Brace) {
            return Element::parse(input).map(Self::Name);
        }
        // Text in braces is that text.
        let braces: Group = input.fork().parse()?;
        if syn::parse2::<LitStr>(braces.stream()).is_ok() {
            let content;
            braced!(content in input);
            return Element::parse(&content).map(Self::Name);
        }
        Element::parse(input).map(Self::Constant)
    }
}

/// An element of `fields(…)` or of `record!`.
pub(crate) enum FieldArg {
    /// `name = value`
    One(Key, FieldValue),
    /// `..order` or `..Order = value`
    Set(Box<SetArg>),
}

/// A set of attributes.
pub(crate) struct SetArg {
    /// What follows the dots: a type, or a parameter's name.
    pub(crate) ty: Type,
    pub(crate) value: FieldValue,
}

/// What is written after a field's name.
pub(crate) enum FieldValue {
    /// `= value`
    Now(Format, Box<Expr>),
    /// `= Empty`: it comes later.
    Later,
    /// Nothing, which is a mistake of a single field; with the sign that is in front of the name.
    Missing(Format),
}

impl Element for FieldArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.parse::<Option<Token![..]>>()?.is_some() {
            return SetArg::parse(input).map(|set| Self::Set(Box::new(set)));
        }
        let sign = Format::parse(input)?;
        let key: Key = Element::parse(input)?;
        if at_end(input) {
            return Ok(Self::One(key, FieldValue::Missing(sign)));
        }
        if sign != Format::Value {
            let message =
                format!("the sign goes in front of the value: write `{} = {}…`", key.text(), sign.sign());
            return Err(syn::Error::new_spanned(key.tokens(), message));
        }
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Err(input.error(format_args!("expected `=`: write `{} = value`", key.text())));
        }
        let format = Format::parse(input)?;
        if at_end(input) {
            let message = format!("`{0}` has no value: write `{0} = value`", key.text());
            return Err(syn::Error::new_spanned(key.tokens(), message));
        }
        let value = match input.parse()? {
            value if format == Format::Value && is_empty(&value) => FieldValue::Later,
            value => FieldValue::Now(format, Box::new(value)),
        };
        Ok(Self::One(key, value))
    }
}

impl Element for SetArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if at_end(input) {
            let message = "a set of attributes follows the dots: write `..parameter`, or `..Type = value`";
            return Err(syn::Error::new(input.span(), message));
        }
        let ty: Type = input.parse()?;
        if at_end(input) {
            return Ok(Self { ty, value: FieldValue::Missing(Format::Value) });
        }
        let text = ty.to_token_stream();
        if input.parse::<Option<Token![=]>>()?.is_none() || at_end(input) {
            return Err(input.error(format_args!("expected a value: write `..{text} = value`")));
        }
        let at = input.span();
        if Format::parse(input)? != Format::Value {
            let message = "a set of attributes is recorded as it is: remove the sign";
            return Err(syn::Error::new(at, message));
        }
        let value = match input.parse()? {
            value if is_empty(&value) => FieldValue::Later,
            value => FieldValue::Now(Format::Value, Box::new(value)),
        };
        Ok(Self { ty, value })
    }
}

/// `Empty`, `field::Empty` or `tracing::field::Empty`: any other path that ends so is a value.
fn is_empty(value: &Expr) -> bool {
    let Expr::Path(ExprPath { qself: None, path, .. }) = value else { return false };
    let parts: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let is_bare = path.segments.iter().all(|part| part.arguments.is_none());
    is_bare && matches!(parts.as_slice(), ["Empty"] | ["field", "Empty"] | ["tracing", "field", "Empty"])
}
