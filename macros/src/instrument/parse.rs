//! The syntax of `#[instrument(…)]`, as written.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, LitInt, LitStr, Path, Token, Type};

use crate::args::{self, Buckets, Element, Eq, Flag, List, Operand, Options, Text, arguments, at_end};
use crate::errors::Errors;
use crate::naming;
use crate::signature::Function;

arguments! {
    /// The arguments of `#[instrument]`.
    pub(super) struct Args {
        name: Eq<Text> = "name",
        level: Eq<Level> = "level",
        target: Eq<Text> = "target",
        record: List<Recorded> = "record",
        record_all: Flag = "record_all",
        skip: List<Name> = "skip",
        skip_all: Flag = "skip_all",
        fields: List<FieldArg> = "fields",
        err: Options<ErrArgs> = "err",
        metrics: Options<MetricsArgs> = "metrics",
        allow_secret: List<Name> = "allow_secret",
        krate: Eq<Path> = "crate",
    }
}

arguments! {
    /// The arguments of `err(…)`.
    pub(super) struct ErrArgs {
        display: Flag = "Display",
        debug: Flag = "Debug",
        chain: Flag = "chain",
        level: Eq<Level> = "level",
    }
}

arguments! {
    /// The arguments of `metrics(…)`.
    pub(super) struct MetricsArgs {
        prefix: Eq<Text> = "prefix",
        labels: List<LabelArg> = "labels",
        buckets: Eq<Buckets> = "buckets",
        in_flight: Flag = "in_flight",
    }
}

/// The attribute and the function that it stands on.
pub(super) struct Input {
    pub(super) args: Args,
    pub(super) item: Function,
    /// The mistakes found so far.
    pub(super) errors: Errors,
}

impl Input {
    /// Fails only if the item is no function: mistakes among the arguments are collected.
    pub(super) fn parse(args: TokenStream, item: TokenStream) -> syn::Result<Self> {
        let item = Function::parse(item, "instrument")?;
        let mut errors = Errors::default();
        Ok(Self { args: args::parse(args, &mut errors), item, errors })
    }
}

/// `level = "info"`, `level = INFO` or `level = Level::INFO`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    const ALL: [(&'static str, Level); 5] = [
        ("error", Level::Error),
        ("warn", Level::Warn),
        ("info", Level::Info),
        ("debug", Level::Debug),
        ("trace", Level::Trace),
    ];
}

impl Operand for Level {
    const LIKE: &'static str = "\"info\"";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.cursor().span();
        let written = if input.peek(LitStr) {
            Some(input.parse::<LitStr>()?.value())
        } else {
            let path = input.call(Path::parse_mod_style).ok();
            path.and_then(|path| path.segments.last().map(|segment| segment.ident.to_string()))
        };
        let Some(written) = written else {
            return Err(syn::Error::new(at, format_args!("`{key}` takes a level: write `{key} = \"info\"`")));
        };
        let names = Self::ALL.map(|(name, _)| name);
        match Self::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(&written)) {
            Some((_, level)) => Ok(*level),
            None => {
                let suggestion = naming::suggestion(&written, &names, "levels");
                Err(syn::Error::new(at, format_args!("unknown level `{written}`; {suggestion}")))
            }
        }
    }
}

/// How a value becomes an attribute of the span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// As it is.
    Value,
    /// `?value`
    Debug,
    /// `%value`
    Display,
}

impl Format {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.parse::<Option<Token![?]>>()?.is_some() {
            return Ok(Self::Debug);
        }
        Ok(if input.parse::<Option<Token![%]>>()?.is_some() { Self::Display } else { Self::Value })
    }

    /// The sign that stands in front of the value.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Value => "",
            Self::Debug => "?",
            Self::Display => "%",
        }
    }
}

/// A name of one or more parts, `http.route` or `"http.route"`.
pub(super) struct Name {
    /// Its parts without `r#`, with dots between them.
    pub(super) text: String,
    /// Where it is written.
    pub(super) tokens: TokenStream,
    /// The only part, where there is only one.
    pub(super) ident: Option<Ident>,
}

impl Name {
    pub(super) fn span(&self) -> Span {
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

fn missing_part(dot: &Token![.]) -> syn::Error {
    syn::Error::new_spanned(dot, "a name follows the dot")
}

/// `id`, `?request` or `%user.name`, in `record(…)`.
pub(super) struct Recorded {
    pub(super) format: Format,
    /// The parameter at the path's root.
    pub(super) root: Ident,
    /// The attribute's name.
    pub(super) name: String,
    /// The whole path.
    pub(super) value: TokenStream,
}

impl Element for Recorded {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const OTHER: &str =
            "`record` takes parameters and their fields; for any other value write `fields(name = …)`";
        let format = Format::parse(input)?;
        let Ok(root) = input.call(Ident::parse_any) else {
            return Err(if at_end(input) { input.error("expected a parameter") } else { input.error(OTHER) });
        };
        let mut name = root.unraw().to_string();
        let mut value = root.to_token_stream();
        while let Some(dot) = input.parse::<Option<Token![.]>>()? {
            dot.to_tokens(&mut value);
            if let Ok(part) = input.call(Ident::parse_any) {
                name = format!("{name}.{}", part.unraw());
                part.to_tokens(&mut value);
            } else if input.peek(LitInt) {
                let index: LitInt = input.parse()?;
                name = format!("{name}.{index}");
                index.to_tokens(&mut value);
            } else {
                return Err(missing_part(&dot));
            }
        }
        match at_end(input) {
            true => Ok(Self { format, root, name, value }),
            false => Err(input.error(OTHER)),
        }
    }
}

/// `name = value`, in `fields(…)`.
pub(super) struct FieldArg {
    pub(super) name: Name,
    pub(super) value: FieldValue,
}

/// What is written after a field's name.
pub(super) enum FieldValue {
    /// `= value`
    Now(Format, Box<Expr>),
    /// `= Empty`: it comes later.
    Later,
    /// Nothing, which is a mistake; with the sign that is in front of the name.
    Missing(Format),
}

impl Element for FieldArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let sign = Format::parse(input)?;
        let name: Name = Element::parse(input)?;
        if at_end(input) {
            return Ok(Self { name, value: FieldValue::Missing(sign) });
        }
        if sign != Format::Value {
            let message =
                format!("the sign goes in front of the value: write `{} = {}…`", name.text, sign.sign());
            return Err(syn::Error::new_spanned(&name.tokens, message));
        }
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Err(input.error(format_args!("expected `=`: write `{} = value`", name.text)));
        }
        let format = Format::parse(input)?;
        if at_end(input) {
            let message = format!("`{0}` has no value: write `{0} = value`", name.text);
            return Err(syn::Error::new_spanned(&name.tokens, message));
        }
        let value = match input.parse()? {
            value if format == Format::Value && is_empty(&value) => FieldValue::Later,
            value => FieldValue::Now(format, Box::new(value)),
        };
        Ok(Self { name, value })
    }
}

/// `Empty`, or a path that ends in it.
fn is_empty(value: &Expr) -> bool {
    match value {
        Expr::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "Empty"),
        _ => false,
    }
}

/// An element of `labels(…)`.
pub(super) struct LabelArg {
    pub(super) name: Ident,
    pub(super) value: LabelValue,
}

/// What is written after a label's name.
pub(super) enum LabelValue {
    /// Nothing: the parameter of that name.
    Parameter(Ident),
    /// `= "gold"`
    Static(LitStr),
    /// `: Tier = expr`
    Typed(Box<Type>, Expr),
    /// `= expr` without a type, which is a mistake.
    Untyped(Expr),
}

impl Element for LabelArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let Ok(name) = input.call(Ident::parse_any) else {
            return Err(input.error("expected a label's name"));
        };
        if at_end(input) {
            return Ok(Self { value: LabelValue::Parameter(name.clone()), name });
        }
        let missing = || {
            let message = format!("`{name}` has no value: write `{name}: Type = value`");
            syn::Error::new(name.span(), message)
        };
        let ty = match input.parse::<Option<Token![:]>>()? {
            Some(_) if at_end(input) => return Err(missing()),
            Some(_) => Some(input.parse::<Type>()?),
            None => None,
        };
        if input.parse::<Option<Token![=]>>()?.is_none() || at_end(input) {
            return Err(missing());
        }
        let value = match (ty, input.parse::<Expr>()?) {
            (Some(ty), value) => LabelValue::Typed(Box::new(ty), value),
            (None, Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) => LabelValue::Static(text),
            (None, Expr::Path(path)) => match path.path.get_ident() {
                Some(ident) => LabelValue::Parameter(ident.clone()),
                None => LabelValue::Untyped(Expr::Path(path)),
            },
            (None, value) => LabelValue::Untyped(value),
        };
        Ok(Self { name, value })
    }
}
