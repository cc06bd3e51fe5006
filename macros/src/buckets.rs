//! The buckets of a histogram, as several macros take them.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Token;
use syn::parse::ParseStream;

use crate::args::{Operand, skip_while};
use crate::hygiene::Runtime;

mod keyword {
    syn::custom_keyword!(exponential);
    syn::custom_keyword!(linear);
    syn::custom_keyword!(native);
}

/// The most bounds that a rule makes.
const MOST: usize = 250;

/// The runtime's buckets of durations, in seconds. It has them too, and a test holds the two equal.
pub(crate) const DURATIONS: [f64; 16] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

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
        if input.peek(keyword::native) {
            input.parse::<keyword::native>()?;
            return Ok(Self::Native);
        }
        if input.peek(keyword::exponential) {
            input.parse::<keyword::exponential>()?;
            return by_rule(input, "exponential(0.001, 2, 10)", exponential);
        }
        if input.peek(keyword::linear) {
            input.parse::<keyword::linear>()?;
            return by_rule(input, "linear(0, 10, 10)", linear);
        }
        if !input.peek(syn::token::Bracket) {
            let message = format!(
                "`{key}` takes a list of numbers, `exponential(…)`, `linear(…)` or `native`: write `{key} = {}`",
                Self::LIKE
            );
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

/// A number, and where it is written.
type Written = (f64, Span);

/// Input: `(0.001, 2, 10)`: the first bound, what leads from one to the next, and how many there are.
fn by_rule(
    input: ParseStream<'_>,
    like: &str,
    rule: fn(Written, Written, i32) -> syn::Result<Vec<f64>>,
) -> syn::Result<Buckets> {
    let at = input.cursor().span();
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(at, format_args!("expected three numbers: write `{like}`")));
    }
    let content;
    syn::parenthesized!(content in input);
    let parsed = three(&content, at, like);
    // What is left after a mistake would be a second one.
    skip_while(&content, |_| true);
    let [start, step, (count, counted_at)] = parsed?;
    if count.fract() != 0.0 || !(1.0..=MOST as f64).contains(&count) {
        let message = format!("there are from 1 to {MOST} bounds, and `{count}` is no such number");
        return Err(syn::Error::new(counted_at, message));
    }
    let bounds: Vec<f64> = rule(start, step, count as i32)?.into_iter().map(rounded).collect();
    if bounds.iter().any(|bound| !bound.is_finite()) || !bounds.is_sorted_by(|one, next| one < next) {
        return Err(syn::Error::new(step.1, "these bounds leave the range of numbers, or do not increase"));
    }
    Ok(Buckets::Explicit(bounds))
}

fn three(input: ParseStream<'_>, at: Span, like: &str) -> syn::Result<[Written; 3]> {
    let mut numbers = Vec::with_capacity(3);
    while !input.is_empty() {
        let at = input.cursor().span();
        numbers.push((number(input)?, at));
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            return Err(input.error("expected `,`"));
        }
    }
    let count = numbers.len();
    let message =
        || syn::Error::new(at, format!("expected three numbers, and these are {count}: write `{like}`"));
    numbers.try_into().map_err(|_| message())
}

/// Each bound is the one before times a factor.
fn exponential((start, at): Written, (factor, factor_at): Written, count: i32) -> syn::Result<Vec<f64>> {
    if start <= 0.0 {
        return Err(syn::Error::new(at, "exponential buckets begin above zero"));
    }
    if factor <= 1.0 {
        return Err(syn::Error::new(factor_at, "the factor of exponential buckets is greater than one"));
    }
    Ok((0..count).map(|power| start * factor.powi(power)).collect())
}

/// Each bound is the one before plus a width.
fn linear((start, _): Written, (width, width_at): Written, count: i32) -> syn::Result<Vec<f64>> {
    if width <= 0.0 {
        return Err(syn::Error::new(width_at, "the width of linear buckets is greater than zero"));
    }
    let bound = |times| width.mul_add(f64::from(times), start);
    // What is left of a difference that should be nothing is nothing.
    let snapped = |bound: f64| if bound.abs() < width * 1e-9 { 0.0 } else { bound };
    Ok((0..count).map(|times| snapped(bound(times))).collect())
}

/// To 12 digits, so that 0.1 and 0.2 make 0.3 in the label `le`.
fn rounded(bound: f64) -> f64 {
    format!("{bound:.11e}").parse().unwrap_or(bound)
}

fn bound(input: ParseStream<'_>, previous: Option<f64>) -> syn::Result<f64> {
    let at = input.cursor().span();
    let number = number(input)?;
    match previous {
        Some(previous) if previous >= number => Err(syn::Error::new(
            at,
            format_args!("buckets must increase, and `{number}` follows `{previous}`"),
        )),
        _ => Ok(number),
    }
}

fn number(input: ParseStream<'_>) -> syn::Result<f64> {
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
    Ok(if minus.is_some() { -number } else { number })
}
