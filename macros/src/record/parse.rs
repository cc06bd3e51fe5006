//! The syntax of `record!`, as written, behind what the function around it says.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Token, braced, bracketed, parenthesized};

use crate::args::{self, Element};
use crate::errors::Errors;
use crate::field::{Constant, FieldArg};

/// `__span !? (::spanwright) ["declared", {ATTR_DECLARED}, {..DESCRIPTORS}] ("allowed") name = value, name = %value`
pub(super) struct Input {
    /// The variable with the handle to the span.
    pub(super) span: Ident,
    /// Whether values are compared with OpenTelemetry's conventions: where no `!` says that they are not.
    pub(super) conventions: bool,
    /// The path of the runtime.
    pub(super) krate: TokenStream,
    /// The span's fields, in their order.
    pub(super) declared: Vec<Declared>,
    /// The names that look like secrets and are none.
    pub(super) allowed: Vec<String>,
    /// What the user wrote.
    pub(super) fields: Vec<FieldArg>,
    /// The mistakes found so far.
    pub(super) errors: Errors,
}

/// A field of the span's, or several.
pub(super) enum Declared {
    Text(String),
    Constant(Constant),
    /// All of a set's; an expression of their descriptors.
    Set(Box<Expr>),
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse::<LitStr>().map(|text| Self::Text(text.value()));
        }
        let fork = input.fork();
        let content;
        braced!(content in fork);
        if !content.peek(Token![..]) {
            return Element::parse(input).map(Self::Constant);
        }
        let content;
        braced!(content in input);
        content.parse::<Token![..]>()?;
        content.parse().map(Self::Set)
    }
}

impl Input {
    pub(super) fn parse(call: TokenStream) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            let span = input.parse()?;
            let conventions = input.parse::<Option<Token![!]>>()?.is_none();
            let krate;
            parenthesized!(krate in input);
            let krate = krate.parse()?;
            let names;
            bracketed!(names in input);
            let declared = Punctuated::<Declared, Token![,]>::parse_terminated(&names)?;
            let allowed;
            parenthesized!(allowed in input);
            let allowed = Punctuated::<LitStr, Token![,]>::parse_terminated(&allowed)?;
            let allowed = allowed.iter().map(LitStr::value).collect();
            let mut errors = Errors::default();
            let fields = args::parse_elements(input, &mut errors);
            let declared = declared.into_iter().collect();
            Ok(Self { span, conventions, krate, declared, allowed, fields, errors })
        };
        parser.parse2(call)
    }
}
