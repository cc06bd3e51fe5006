//! The syntax of `#[instrument(…)]`, as written.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, LitInt, LitStr, Path, Token, Type};

use super::component::ComponentName;
use super::named::Named;
use super::quantities::{Latencies, Percent, Window};
use crate::args::{self, Element, Eq, Flag, Form, List, Operand, Options, Text, Within, arguments, at_end};
use crate::buckets::Buckets;
use crate::errors::Errors;
use crate::field::{Constant, FieldArg, Format, Name, missing_part};
use crate::naming;
use crate::signature::Function;

arguments! {
    /// The arguments of `#[instrument]`.
    pub(super) struct Args {
        name: Eq<Named> = "name",
        level: Eq<Level> = "level",
        target: Eq<Named> = "target",
        kind: Eq<Kind> = "kind",
        component: Eq<ComponentName> = "component",
        parent: Eq<Value> = "parent",
        follows_from: Eq<Value> = "follows_from",
        enabled: Eq<Value> = "enabled",
        record: List<Recorded> = "record",
        record_all: Flag = "record_all",
        skip: List<Name> = "skip",
        skip_all: Flag = "skip_all",
        fields: List<FieldArg> = "fields",
        err: Options<ErrArgs> = "err",
        outcome: Eq<Path> = "outcome",
        ret: Options<RetArgs> = "ret",
        metrics: Metrics = "metrics",
        slo: Within<SloArgs> = "slo",
        allow_secret: List<Name> = "allow_secret",
        semconv: Eq<bool> = "semconv",
        future: Flag = "future",
        stream: Flag = "stream",
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
    /// The arguments of `ret(…)`.
    pub(super) struct RetArgs {
        display: Flag = "Display",
        debug: Flag = "Debug",
        level: Eq<Level> = "level",
    }
}

arguments! {
    /// The arguments of `metrics(…)`.
    pub(super) struct MetricsArgs {
        prefix: Eq<Text> = "prefix",
        labels: Labels = "labels",
        buckets: Eq<Buckets> = "buckets",
        in_flight: Flag = "in_flight",
        into: Eq<Value> = "into",
    }
}

arguments! {
    /// The arguments of `slo(…)`.
    pub(super) struct SloArgs {
        success: Eq<Percent> = "success",
        latency: Latencies = "latency",
        window: Eq<Window> = "window",
        name: Eq<Text> = "name",
        description: Eq<Text> = "description",
        page: Eq<bool> = "page",
    }
}

/// What follows `metrics`.
pub(super) enum Metrics {
    /// Nothing, or `(…)`.
    Options(Box<MetricsArgs>),
    /// `= Type`
    Of(Path),
}

impl Form for Metrics {
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        if at_end(input) || input.peek(syn::token::Paren) {
            return Options::parse(key, input, errors).map(|Options(args)| Self::Options(Box::new(args)));
        }
        let equals: Option<Token![=]> = input.parse()?;
        if equals.is_none() || at_end(input) {
            let message = "`metrics` takes a list or a type: write `metrics(…)` or `metrics = Type`";
            return Err(syn::Error::new(key.span(), message));
        }
        let at = input.cursor().span();
        match input.parse::<Path>() {
            Ok(path) if at_end(input) => Ok(Self::Of(path)),
            _ => Err(syn::Error::new(at, "this is no type: write `metrics = Type`, or `metrics(into = …)`")),
        }
    }
}

/// What follows `labels`, in `metrics(…)`.
pub(super) enum Labels {
    /// `(…)`: the labels of the function's own metrics.
    List(Vec<LabelArg>),
    /// `= expr`: those of the metrics that `into` names.
    Value(Box<Expr>),
}

impl Form for Labels {
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        if input.peek(Token![=]) {
            return Eq::parse(key, input, errors).map(|Eq(Value(value))| Self::Value(Box::new(value)));
        }
        List::parse(key, input, errors).map(|List(labels)| Self::List(labels))
    }
}

/// An expression.
pub(super) struct Value(pub(super) Expr);

impl Operand for Value {
    const LIKE: &'static str = "…";

    fn parse(_: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse().map(Self)
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
        Ok(Self { args: args::parse(with_name(args), &mut errors), item, errors })
    }
}

/// `"publish", …` is `name = "publish", …`, as for `tracing`.
fn with_name(args: TokenStream) -> TokenStream {
    let mut tokens = args.clone().into_iter();
    let (first, second) = (tokens.next(), tokens.next());
    let is_alone =
        second.is_none_or(|second| matches!(second, TokenTree::Punct(punct) if punct.as_char() == ','));
    match first.and_then(|first| syn::parse2::<LitStr>(first.into()).ok()) {
        Some(name) if is_alone => quote_spanned!(name.span()=> name = #args),
        _ => args,
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
        // As `tracing` counts them: from `trace`, which is 1, to `error`.
        if !input.peek(LitInt) {
            return one_of(key, input, "level", Self::LIKE, &Self::ALL);
        }
        let level: LitInt = input.parse()?;
        let found = level
            .base10_parse()
            .ok()
            .and_then(|number: usize| Self::ALL.iter().nth_back(number.checked_sub(1)?));
        let message = "levels are from 1, `trace`, to 5, `error`: write `level = \"info\"`";
        found.map(|(_, level)| *level).ok_or_else(|| syn::Error::new(level.span(), message))
    }
}

/// `kind = server`, `kind = "server"` or `kind = SpanKind::Server`: the span's role in a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

impl Kind {
    const ALL: [(&'static str, Kind); 5] = [
        ("internal", Kind::Internal),
        ("server", Kind::Server),
        ("client", Kind::Client),
        ("producer", Kind::Producer),
        ("consumer", Kind::Consumer),
    ];
}

impl Operand for Kind {
    const LIKE: &'static str = "server";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        one_of(key, input, "kind", Self::LIKE, &Self::ALL)
    }
}

/// One of a few names, whatever its case: as a string, or as a path that ends in it.
fn one_of<T: Copy>(
    key: &Ident,
    input: ParseStream<'_>,
    what: &str,
    like: &str,
    all: &[(&str, T)],
) -> syn::Result<T> {
    let at = input.cursor().span();
    let written = if input.peek(LitStr) {
        Some(input.parse::<LitStr>()?.value())
    } else {
        let path = input.call(Path::parse_mod_style).ok();
        path.and_then(|path| path.segments.last().map(|segment| segment.ident.unraw().to_string()))
    };
    let Some(written) = written else {
        return Err(syn::Error::new(at, format_args!("`{key}` takes a {what}: write `{key} = {like}`")));
    };
    match all.iter().find(|(name, _)| name.eq_ignore_ascii_case(&written)) {
        Some((_, found)) => Ok(*found),
        None => {
            let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
            let suggestion = naming::suggestion(&written, &names, &format!("{what}s"));
            Err(syn::Error::new(at, format_args!("unknown {what} `{written}`; {suggestion}")))
        }
    }
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

/// An element of `labels(…)`.
pub(super) struct LabelArg {
    pub(super) name: LabelName,
    pub(super) value: LabelValue,
}

/// What a label is called.
pub(super) enum LabelName {
    /// This.
    Text(Ident),
    /// As the attribute of this constant: `{ATTR_TIER}`.
    Constant(Constant),
}

impl LabelName {
    /// As it is written.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(ident) => ident.to_string(),
            Self::Constant(constant) => constant.text(),
        }
    }

    pub(super) fn span(&self) -> Span {
        match self {
            Self::Text(ident) => ident.span(),
            Self::Constant(constant) => constant.span(),
        }
    }
}

impl Element for LabelName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(syn::token::Brace) {
            return Element::parse(input).map(Self::Constant);
        }
        match input.call(Ident::parse_any) {
            Ok(name) => Ok(Self::Text(name)),
            Err(_) => Err(input.error("expected a label's name")),
        }
    }
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
        let name: LabelName = Element::parse(input)?;
        if let (LabelName::Text(ident), true) = (&name, at_end(input)) {
            return Ok(Self { value: LabelValue::Parameter(ident.clone()), name });
        }
        let missing = || {
            let message = format!("`{0}` has no value: write `{0}: Type = value`", name.text());
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
