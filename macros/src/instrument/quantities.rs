//! Percentages and durations, as objectives take them: texts, so that their units are written as people write them.

use proc_macro2::{Ident, Span};
use syn::parse::ParseStream;
use syn::{LitStr, Token};

use crate::args::{Each, Form, Operand, at_end, skip_while};
use crate::errors::Errors;
use crate::naming;

/// `"99.9%"`
pub(super) struct Percent {
    /// Above 0 and below 1.
    pub(super) ratio: f64,
    pub(super) literal: LitStr,
}

/// `"250ms"`
pub(super) struct Duration {
    pub(super) seconds: f64,
    pub(super) literal: LitStr,
}

/// `window = "30d"`
pub(super) struct Window(pub(super) u64);

/// `latency("99%" < "250ms")`
pub(super) struct Latency {
    pub(super) percent: Percent,
    pub(super) bound: Duration,
}

const DAY: f64 = 86_400.0;

/// What a bound may be written in: how many seconds it is, as a factor, and as a power of ten.
const UNITS: [(&str, f64, i32); 7] = [
    ("ns", 1.0, -9),
    ("us", 1.0, -6),
    ("µs", 1.0, -6),
    ("ms", 1.0, -3),
    ("s", 1.0, 0),
    ("m", 60.0, 0),
    ("h", 3_600.0, 0),
];

const WINDOW_UNITS: [(&str, f64, i32); 3] = [("h", 3_600.0, 0), ("d", DAY, 0), ("w", 7.0 * DAY, 0)];

impl Operand for Percent {
    const LIKE: &'static str = "\"99.9%\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            let message = format!("`{key}` takes a percentage: write `{key} = {}`", Self::LIKE);
            return Err(syn::Error::new(input.cursor().span(), message));
        }
        Self::of(input.parse()?)
    }
}

impl Percent {
    fn of(literal: LitStr) -> syn::Result<Self> {
        let text = literal.value();
        let wrong = |message: String| Err(syn::Error::new(literal.span(), message));
        let (number, rest) = number_and_unit(&text);
        let Ok(percent) = number.parse::<f64>() else {
            return wrong(format!("`{text}` is no percentage: write `{}`", Self::LIKE));
        };
        match rest {
            "%" if percent == 100.0 => wrong(
                "100 % leaves no error budget, so that one bad call would be too many: write less, such as \
                 `\"99.9%\"`"
                    .to_owned(),
            ),
            "%" if !(percent > 0.0 && percent < 100.0) => {
                wrong(format!("`{text}` is no share of calls: write a percentage above 0 and below 100"))
            }
            // Divided in writing, since 99.9 ÷ 100 is not 0.999 to the last bit.
            "%" => Ok(Self { ratio: scaled(number, -2).unwrap_or(percent / 100.0), literal }),
            "" => {
                let meant = scaled(number, 2).filter(|_| percent < 1.0).unwrap_or(percent);
                wrong(format!("`{text}` has no `%`: write `\"{meant}%\"`"))
            }
            _ => wrong(format!("`{text}` is no percentage: write `{}`", Self::LIKE)),
        }
    }
}

impl Duration {
    fn of(literal: LitStr) -> syn::Result<Self> {
        let seconds = seconds(&literal, &UNITS, "ms")?;
        if seconds <= 0.0 {
            let message = format!("`{}` is no bound, since every call takes longer", literal.value());
            return Err(syn::Error::new(literal.span(), message));
        }
        Ok(Self { seconds, literal })
    }
}

impl Operand for Window {
    const LIKE: &'static str = "\"30d\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            let message = format!("`{key}` takes a duration: write `{key} = {}`", Self::LIKE);
            return Err(syn::Error::new(input.cursor().span(), message));
        }
        let literal: LitStr = input.parse()?;
        let seconds = seconds(&literal, &WINDOW_UNITS, "d")?;
        if !(DAY..=366.0 * DAY).contains(&seconds) || seconds % 3_600.0 != 0.0 {
            let message = "a window is at least a day and at most a year, in whole hours: write `\"30d\"`";
            return Err(syn::Error::new(literal.span(), message));
        }
        Ok(Self(seconds as u64))
    }
}

impl Form for Latency {
    fn parse(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> syn::Result<Self> {
        if !input.peek(syn::token::Paren) {
            let message = format!("`{key}` takes a percentage and a bound: write `{LATENCY}`");
            return Err(syn::Error::new(key.span(), message));
        }
        let (content, at) = (|| {
            let content;
            let parentheses = syn::parenthesized!(content in input);
            Ok::<_, syn::Error>((content, parentheses.span.join()))
        })()?;
        let parsed = latency(&content, at);
        // What is left after a mistake would be a second one.
        skip_while(&content, |_| true);
        parsed
    }
}

const LATENCY: &str = "latency(\"99%\" < \"250ms\")";

fn latency(input: ParseStream<'_>, at: Span) -> syn::Result<Latency> {
    let like = |span| syn::Error::new(span, format!("expected a percentage and a bound: write `{LATENCY}`"));
    let here = |input: ParseStream<'_>| if input.is_empty() { at } else { input.cursor().span() };
    let text = |input: ParseStream<'_>| match input.peek(LitStr) {
        true => input.parse::<LitStr>(),
        false => Err(like(here(input))),
    };
    let percent = Percent::of(text(input)?)?;
    if !input.peek(Token![<]) || input.peek(Token![<=]) || input.peek(Token![<<]) {
        let below = format!("calls are good below the bound: write `{LATENCY}`");
        return Err(match at_end(input) {
            true => like(here(input)),
            false => syn::Error::new(input.cursor().span(), below),
        });
    }
    input.parse::<Token![<]>()?;
    let bound = Duration::of(text(input)?)?;
    match input.is_empty() {
        true => Ok(Latency { percent, bound }),
        false => {
            let message = "one bound is one objective: write `latency(…)` once more for another";
            Err(syn::Error::new(input.cursor().span(), message))
        }
    }
}

/// All the bounds that are written.
pub(super) type Latencies = Each<Latency>;

/// A duration's seconds, rounded once.
fn seconds(literal: &LitStr, units: &[(&str, f64, i32)], usual: &str) -> syn::Result<f64> {
    let text = literal.value();
    let (number, unit) = number_and_unit(&text);
    let message = match (number.parse::<f64>(), units.iter().find(|(name, ..)| *name == unit)) {
        (Ok(plain), Some((_, factor, power))) => {
            return Ok(scaled(number, *power).unwrap_or(plain) * factor);
        }
        (Err(_), _) => {
            format!("`{text}` is no duration: write a number and its unit, such as `\"30{usual}\"`")
        }
        (Ok(_), None) if unit.is_empty() => format!("`{text}` has no unit: write `\"{number}{usual}\"`"),
        (Ok(_), None) => {
            let names: Vec<&str> = units.iter().map(|(name, ..)| *name).collect();
            format!("unknown unit `{unit}`; the units are {}", naming::list(&names))
        }
    };
    Err(syn::Error::new(literal.span(), message))
}

/// Input: `99.9 %`; output: `99.9` and `%`.
fn number_and_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && !"+-.".contains(letter));
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    (number, unit.trim())
}

/// A number times a power of ten.
fn scaled(number: &str, power: i32) -> Option<f64> {
    format!("{number}e{power}").parse().ok()
}
