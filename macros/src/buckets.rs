//! The buckets of a histogram, as several macros take them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Token;
use syn::parse::ParseStream;

use crate::args::{Operand, skip_while};
use crate::hygiene::Runtime;

syn::custom_keyword!(native);

/// What `buckets = …` says.
#[derive(Default)]
pub(crate) enum Buckets {
    /// Nothing: the runtime's.
    #[default]
    Default,
    /// Upper bounds, finite and increasing.
    Explicit(Vec<f64>),
    /// Those of a native histogram.
    Native,
}

impl Buckets {
    /// Whether they are stated.
    pub(crate) fn are_stated(&self) -> bool {
        !matches!(self, Self::Default)
    }

    /// The constant.
    pub(crate) fn expand(&self, krate: &Runtime) -> TokenStream {
        match self {
            Self::Default => quote!(#krate::__private::Buckets::Default),
            Self::Explicit(bounds) => quote!(#krate::__private::Buckets::Explicit(&[#(#bounds),*])),
            Self::Native => quote!(#krate::__private::Buckets::Native),
        }
    }
}

impl Operand for Buckets {
    const LIKE: &'static str = "[0.1, 0.5, 1.0]";

    fn parse(key: &proc_macro2::Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(native) {
            input.parse::<native>()?;
            return Ok(Self::Native);
        }
        if !input.peek(syn::token::Bracket) {
            let message =
                format!("`{key}` takes a list of numbers, or `native`: write `{key} = {}`", Self::LIKE);
            return Err(input.error(message));
        }
        let at = input.cursor().span();
        let content;
        syn::bracketed!(content in input);
        let parsed = bounds(&content);
        // What is left after a mistake would be a second one.
        skip_while(&content, |_| true);
        match parsed? {
            bounds if bounds.is_empty() => {
                Err(syn::Error::new(at, format_args!("`{key}` is empty; write at least one bound")))
            }
            bounds => Ok(Self::Explicit(bounds)),
        }
    }
}

fn bounds(input: ParseStream<'_>) -> syn::Result<Vec<f64>> {
    let mut bounds = Vec::new();
    while !input.is_empty() {
        bounds.push(bound(input, bounds.last().copied())?);
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            return Err(input.error("expected `,`"));
        }
    }
    Ok(bounds)
}

fn bound(input: ParseStream<'_>, previous: Option<f64>) -> syn::Result<f64> {
    let at = input.cursor().span();
    let minus: Option<Token![-]> = input.parse()?;
    let number = match input.parse::<syn::Lit>() {
        Ok(syn::Lit::Int(literal)) => literal.base10_parse::<f64>().ok(),
        Ok(syn::Lit::Float(literal)) => literal.base10_parse::<f64>().ok(),
        _ => None,
    };
    let Some(number) = number.filter(|number| number.is_finite()) else {
        return Err(syn::Error::new(at, "a bucket's bound is a finite number, such as `0.5`"));
    };
    let number = if minus.is_some() { -number } else { number };
    match previous {
        Some(previous) if previous >= number => Err(syn::Error::new(
            at,
            format_args!("buckets must increase, and `{number}` follows `{previous}`"),
        )),
        _ => Ok(number),
    }
}
