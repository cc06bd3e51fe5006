//! The table that declares a macro's arguments, and the forms that an argument may have.
//!
//! ```ignore
//! arguments! {
//!     pub(super) struct Args {
//!         name: Eq<Text> = "name",
//!         skip_all: Flag = "skip_all",
//!     }
//! }
//! ```
//!
//! makes a struct with a field per row, `None` where the argument was not written. Parsing never stops at a mistake: it
//! reports it, skips to the next comma and goes on.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitBool, LitInt, LitStr, Meta, Path, Token};

use crate::errors::Errors;
use crate::naming;

/// An argument: `None` where it was not written.
pub(crate) type Arg<T> = Option<Written<T>>;

/// An argument as it was written.
pub(crate) struct Written<T> {
    /// Its name, for errors that blame all of it.
    pub(crate) key: Ident,
    /// What was written after the name.
    pub(crate) value: T,
}

/// A table of arguments; made by [`arguments!`].
pub(crate) trait Arguments: Default {
    /// The names, in the table's order.
    const NAMES: &'static [&'static str];

    /// Parses what follows `key`, if the table has such a row.
    fn accept(&mut self, key: &Ident, input: ParseStream<'_>, errors: &mut Errors)
    -> Option<syn::Result<()>>;
}

macro_rules! arguments {
    ($(#[$meta:meta])* $vis:vis struct $Args:ident { $($field:ident: $Form:ty = $name:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Default)]
        $vis struct $Args {
            $($vis $field: $crate::args::Arg<$Form>,)*
        }

        impl $crate::args::Arguments for $Args {
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn accept(
                &mut self,
                key: &::proc_macro2::Ident,
                input: ::syn::parse::ParseStream<'_>,
                errors: &mut $crate::errors::Errors,
            ) -> Option<::syn::Result<()>> {
                $(if key == $name {
                    return Some($crate::args::fill(&mut self.$field, key, input, errors));
                })*
                None
            }
        }
    };
}
pub(crate) use arguments;

/// What may follow an argument's name.
pub(crate) trait Form: Sized {
    /// Parses it. An `Err` is one mistake, after which the rest up to the next comma is skipped.
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self>;

    /// Takes in what was written under the same name once more; `false` where it may be written once only.
    fn again(&mut self, _: Self) -> bool {
        false
    }
}

/// `key`
pub(crate) struct Flag;

/// `key = value`
pub(crate) struct Eq<T>(pub(crate) T);

/// `key(element, element)`
pub(crate) struct List<T>(pub(crate) Vec<T>);

/// `key` or `key(argument, argument)`
pub(crate) struct Options<A>(pub(crate) A);

/// `key(argument, argument)`
pub(crate) struct Within<A>(pub(crate) A);

/// An argument that may be written any number of times.
pub(crate) struct Each<T>(pub(crate) Vec<Written<T>>);

/// What may follow the `=` of an [`Eq`].
pub(crate) trait Operand: Sized {
    /// An example, for errors.
    const LIKE: &'static str;

    /// Parses it; the input is not empty.
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self>;
}

/// What a [`List`] holds.
pub(crate) trait Element: Sized {
    /// Parses one, up to its comma.
    fn parse(input: ParseStream<'_>) -> syn::Result<Self>;
}

/// Parses the arguments of an attribute macro.
pub(crate) fn parse<A: Arguments>(tokens: TokenStream, errors: &mut Errors) -> A {
    let mut args = A::default();
    parse_into(&mut args, tokens, errors);
    args
}

/// Parses the elements of a macro that is called like a function.
pub(crate) fn parse_elements<T: Element>(input: ParseStream<'_>, errors: &mut Errors) -> Vec<T> {
    let mut elements = Vec::new();
    separated(input, errors, |input, _| {
        elements.push(T::parse(input)?);
        Ok(())
    });
    elements
}

/// Parses all of an item's `#[name(…)]` helper attributes; they add up, so that a duplicate in the second is one too.
pub(crate) fn parse_helpers<A: Arguments>(attrs: &[Attribute], name: &str, errors: &mut Errors) -> A {
    let mut args = A::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        match &attr.meta {
            Meta::List(list) => parse_into(&mut args, list.tokens.clone(), errors),
            _ => errors.on(&attr.meta, format_args!("`{name}` takes arguments: write `#[{name}(…)]`")),
        }
    }
    args
}

/// Refuses helper attributes where they have no meaning.
pub(crate) fn refuse_helpers(attrs: &[Attribute], name: &str, instead: &str, errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        errors.on(attr.path(), format_args!("`#[{name}(…)]` has no meaning here; {instead}"));
    }
}

fn parse_into<A: Arguments>(args: &mut A, tokens: TokenStream, errors: &mut Errors) {
    if tokens.is_empty() {
        return;
    }
    let parsed = Parser::parse2(
        |input: ParseStream<'_>| {
            rows(args, input, errors);
            Ok(())
        },
        tokens,
    );
    if let Err(error) = parsed {
        errors.add(error);
    }
}

fn rows<A: Arguments>(args: &mut A, input: ParseStream<'_>, errors: &mut Errors) {
    separated(input, errors, |input, errors| {
        let Ok(key) = input.call(Ident::parse_any) else {
            return Err(input.error("expected the name of an argument"));
        };
        args.accept(&key, input, errors).unwrap_or_else(|| Err(unknown(&key, A::NAMES, "argument")))
    });
}

/// The error for a name that is none of `known`.
pub(crate) fn unknown(key: &Ident, known: &[&str], what: &str) -> syn::Error {
    let suggestion = naming::suggestion(&key.to_string(), known, &format!("{what}s"));
    syn::Error::new(key.span(), format_args!("unknown {what} `{key}`; {suggestion}"))
}

/// Parses elements between commas. After a mistake it goes on behind the next comma.
fn separated(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut element: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    while !input.is_empty() {
        match element(input, errors) {
            Err(error) => errors.add(error),
            Ok(()) if input.is_empty() || input.peek(Token![,]) => {}
            Ok(()) => errors.at(input.span(), "expected `,`"),
        }
        skip_past_comma(input);
    }
}

fn skip_past_comma(input: ParseStream<'_>) {
    skip_while(input, |token| !matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
}

/// Skips the tokens for which `wanted` says so, and the one after them.
pub(crate) fn skip_while(input: ParseStream<'_>, wanted: impl Fn(&TokenTree) -> bool) {
    let skipped = input.step(|cursor| {
        let mut rest = *cursor;
        while let Some((token, next)) = rest.token_tree() {
            rest = next;
            if !wanted(&token) {
                break;
            }
        }
        Ok(((), rest))
    });
    debug_assert!(skipped.is_ok(), "the step itself never fails");
}

/// Whether the argument ends here.
pub(crate) fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Parses a row's form into its slot, which must be empty.
pub(crate) fn fill<T: Form>(
    slot: &mut Arg<T>,
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<()> {
    let value = T::parse(key, input, errors)?;
    match slot {
        Some(first) => {
            if !first.value.again(value) {
                let message = format!("duplicate argument `{key}`; write it once");
                errors.between(first.key.span(), key.span(), message);
            }
        }
        None => *slot = Some(Written { key: key.clone(), value }),
    }
    Ok(())
}

impl Form for Flag {
    fn parse(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> syn::Result<Self> {
        match at_end(input) {
            true => Ok(Self),
            false => Err(input.error(format_args!("`{key}` takes no value: write `{key}`"))),
        }
    }
}

impl<T: Operand> Form for Eq<T> {
    fn parse(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> syn::Result<Self> {
        let like = T::LIKE;
        let equals: Option<Token![=]> = input.parse()?;
        if equals.is_none() || at_end(input) {
            let message = format!("`{key}` needs a value: write `{key} = {like}`");
            return Err(syn::Error::new(key.span(), message));
        }
        T::parse(key, input).map(Self)
    }
}

impl<T: Element> Form for List<T> {
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut list = Vec::new();
        group(key, input, "takes a list", |content| list = parse_elements(content, errors))?;
        Ok(Self(list))
    }
}

impl<A: Arguments> Form for Options<A> {
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut args = A::default();
        if !at_end(input) {
            group(key, input, "takes no value, or a list", |content| rows(&mut args, content, errors))?;
        }
        Ok(Self(args))
    }
}

impl<A: Arguments> Form for Within<A> {
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut args = A::default();
        group(key, input, "takes a list", |content| rows(&mut args, content, errors))?;
        Ok(Self(args))
    }
}

impl<T: Form> Form for Each<T> {
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let value = T::parse(key, input, errors)?;
        Ok(Self(vec![Written { key: key.clone(), value }]))
    }

    fn again(&mut self, other: Self) -> bool {
        self.0.extend(other.0);
        true
    }
}

/// Hands the content of the parentheses that follow to `parse`.
fn group(
    key: &Ident,
    input: ParseStream<'_>,
    takes: &str,
    parse: impl FnOnce(ParseStream<'_>),
) -> syn::Result<()> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(key.span(), format_args!("`{key}` {takes}: write `{key}(…)`")));
    }
    let content;
    syn::parenthesized!(content in input);
    parse(&content);
    Ok(())
}

/// A string literal that is not empty.
pub(crate) struct Text(pub(crate) LitStr);

impl Operand for Text {
    const LIKE: &'static str = "\"…\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            return Err(input.error(format_args!("`{key}` takes a string: write `{key} = \"…\"`")));
        }
        let text: LitStr = input.parse()?;
        match text.value().is_empty() {
            true => Err(syn::Error::new(
                text.span(),
                format_args!("`{key}` is empty; write a text, or leave it out"),
            )),
            false => Ok(Self(text)),
        }
    }
}

impl Operand for Path {
    const LIKE: &'static str = "path";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let message = format!("`{key}` takes a path: write `{key} = path`");
        let at = input.cursor().span();
        input.call(Path::parse_mod_style).map_err(|_| syn::Error::new(at, message))
    }
}

/// A whole number that is not zero.
pub(crate) struct Number(pub(crate) usize);

impl Operand for Number {
    const LIKE: &'static str = "4";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.cursor().span();
        let number = input.parse::<LitInt>().and_then(|literal| literal.base10_parse());
        match number {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(syn::Error::new(
                at,
                format_args!("`{key}` takes a whole number above zero: write `{key} = 4`"),
            )),
        }
    }
}

/// A finite number.
pub(crate) struct Decimal {
    pub(crate) value: f64,
    pub(crate) at: Span,
}

impl Operand for Decimal {
    const LIKE: &'static str = "0.95";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.cursor().span();
        let minus: Option<Token![-]> = input.parse()?;
        let value = match input.parse::<syn::Lit>() {
            Ok(syn::Lit::Int(literal)) => literal.base10_parse::<f64>().ok(),
            Ok(syn::Lit::Float(literal)) => literal.base10_parse::<f64>().ok(),
            _ => None,
        };
        match value.filter(|value| value.is_finite()) {
            Some(value) => Ok(Self { value: if minus.is_some() { -value } else { value }, at }),
            None => {
                Err(syn::Error::new(at, format_args!("`{key}` takes a finite number: write `{key} = 0.95`")))
            }
        }
    }
}

/// One of several words, by a table.
pub(crate) fn word<T: Copy>(key: &Ident, input: ParseStream<'_>, words: &[(&str, T)]) -> syn::Result<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let Ok(word) = input.call(Ident::parse_any) else {
        let message = format!("`{key}` takes a word: one of {}", naming::list(&names));
        return Err(input.error(message));
    };
    let found = words.iter().find(|(name, _)| word == name);
    found.map(|(_, value)| *value).ok_or_else(|| unknown(&word, &names, &key.to_string()))
}

impl Operand for bool {
    const LIKE: &'static str = "false";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.cursor().span();
        match input.parse::<LitBool>() {
            Ok(literal) => Ok(literal.value()),
            Err(_) => {
                let message = format!("`{key}` takes `true` or `false`: write `{key} = false`");
                Err(syn::Error::new(at, message))
            }
        }
    }
}
