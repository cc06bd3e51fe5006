//! The syntax of `record!`, as written, behind what the function around it says.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token};

use crate::args;
use crate::errors::Errors;
use crate::field::FieldArg;

/// `__span ["declared", "declared"] name = value, name = %value`
pub(super) struct Input {
    /// The variable with the handle to the span.
    pub(super) span: Ident,
    /// The names of the span's fields, in their order.
    pub(super) declared: Vec<String>,
    /// What the user wrote.
    pub(super) fields: Vec<FieldArg>,
    /// The mistakes found so far.
    pub(super) errors: Errors,
}

impl Input {
    pub(super) fn parse(call: TokenStream) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            let span = input.parse()?;
            let names;
            syn::bracketed!(names in input);
            let names = Punctuated::<LitStr, Token![,]>::parse_terminated(&names)?;
            let mut errors = Errors::default();
            let fields = args::parse_elements(input, &mut errors);
            Ok(Self { span, declared: names.iter().map(LitStr::value).collect(), fields, errors })
        };
        parser.parse2(call)
    }
}
