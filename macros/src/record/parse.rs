//! The syntax of `record!`, as written, behind what the function around it says.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token, bracketed, parenthesized};

use crate::args;
use crate::errors::Errors;
use crate::field::FieldArg;

/// `__span !? (::spanwright) ["declared", "also"; __ALL] ("allowed") name = value, name = %value`
pub(super) struct Input {
    /// The variable with the handle to the span.
    pub(super) span: Ident,
    /// Whether values are compared with OpenTelemetry's conventions: where no `!` says that they are not.
    pub(super) conventions: bool,
    /// The path of the runtime.
    pub(super) krate: TokenStream,
    pub(super) declared: Declared,
    /// The names that look like secrets and are none.
    pub(super) allowed: Vec<String>,
    /// What the user wrote.
    pub(super) fields: Vec<FieldArg>,
    /// The mistakes found so far.
    pub(super) errors: Errors,
}

/// The span's fields.
pub(super) struct Declared {
    /// Those that are texts, in their order.
    pub(super) texts: Vec<String>,
    /// The constant of all of them, where there are others.
    pub(super) all: Option<Ident>,
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut texts = Vec::new();
        while input.peek(LitStr) {
            texts.push(input.parse::<LitStr>()?.value());
            if input.parse::<Option<Token![,]>>()?.is_none() {
                break;
            }
        }
        let all = match input.parse::<Option<Token![;]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { texts, all })
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
            let declared = names.parse()?;
            let allowed;
            parenthesized!(allowed in input);
            let allowed = Punctuated::<LitStr, Token![,]>::parse_terminated(&allowed)?;
            let allowed = allowed.iter().map(LitStr::value).collect();
            let mut errors = Errors::default();
            let fields = args::parse_elements(input, &mut errors);
            Ok(Self { span, conventions, krate, declared, allowed, fields, errors })
        };
        parser.parse2(call)
    }
}
