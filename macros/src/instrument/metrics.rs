//! The part of the model that decides which metrics a function has.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::parse::{self, LabelArg, LabelName, LabelValue, MetricsArgs};
use super::report::{Others, Report, Target};
use crate::args::{Arg, Eq, Flag, Text};
use crate::buckets::Buckets;
use crate::dimension::Naming;
use crate::errors::Errors;
use crate::hygiene::{Runtime, blaming};
use crate::naming;
use crate::signature::Function;
use crate::types;

/// Which metrics a function has.
pub(super) enum Metrics {
    None,
    /// Its own.
    Own(CallMetrics),
    /// Those of a struct of the user's.
    Into(Box<Report>),
}

/// The metrics of a function's calls.
pub(super) struct CallMetrics {
    pub(super) calls_total: String,
    pub(super) duration_seconds: String,
    pub(super) in_flight: Option<String>,
    pub(super) labels: Labels,
    pub(super) buckets: Buckets,
}

/// How the series are told apart.
pub(super) enum Labels {
    /// By module and function.
    Place,
    /// By labels of the user's own.
    Own(Vec<StaticLabel>, Vec<TypedLabel>),
}

/// `operation = "put_object"`
pub(super) struct StaticLabel {
    pub(super) name: LabelName,
    pub(super) value: LitStr,
}

impl StaticLabel {
    /// The label's name, as an expression.
    pub(super) fn name(&self) -> TokenStream {
        self.name.with(|naming| naming.name())
    }
}

impl TypedLabel {
    /// The fields `name`, `attribute` and `help` of its `Dimension`.
    pub(super) fn naming(&self) -> TokenStream {
        self.name.with(|naming| naming.expand(&naming.name()))
    }
}

impl LabelName {
    fn with<R>(&self, quote: impl FnOnce(Naming<'_>) -> R) -> R {
        let (help, taken) = ("", &TAKEN[..]);
        match self {
            Self::Text(ident) => {
                let name = ident.unraw().to_string();
                quote(Naming { name: Some(&name), attribute: None, help, taken })
            }
            Self::Constant(constant) => {
                quote(Naming { name: None, attribute: Some(&constant.path), help, taken })
            }
        }
    }
}

/// The names of all labels as a slice, with their attributes checked, and where the first of these is; nothing without one.
pub(super) fn label_names(krate: &Runtime, labels: &Labels) -> Option<(Span, TokenStream)> {
    let Labels::Own(statics, typed) = labels else { return None };
    let statics = statics.iter().map(|label| {
        let text = quote_spanned!(blaming(label.value.span())=> ::core::primitive::str);
        (&label.name, text)
    });
    let all: Vec<_> = statics.chain(typed.iter().map(|label| (&label.name, label.ty.clone()))).collect();
    let span = all.iter().find_map(|(name, _)| match name {
        LabelName::Text(_) => None,
        LabelName::Constant(constant) => Some(constant.span()),
    })?;
    let names = all.iter().map(|(name, ty)| name.with(|naming| naming.checked_name(krate, ty)));
    Some((span, quote!(&[#(#names),*])))
}

/// `tier: Tier = expr`
pub(super) struct TypedLabel {
    pub(super) name: LabelName,
    /// The type, references stripped.
    pub(super) ty: TokenStream,
    /// An expression of a reference to it.
    pub(super) value: TokenStream,
    /// Where the value is written.
    pub(super) span: Span,
}

/// The labels that these metrics may have anyway.
const TAKEN: [&str; 3] = ["module", "function", "outcome"];

/// Metrics of its own, or those that it reports into.
pub(super) fn decide(written: Arg<parse::Metrics>, item: &Function, errors: &mut Errors) -> Metrics {
    let MetricsArgs { into, prefix, labels, buckets, in_flight } = match written.map(|written| written.value)
    {
        None => return Metrics::None,
        Some(parse::Metrics::Of(ty)) => {
            return Metrics::Into(Box::new(Report { target: Target::Global(ty), labels: None }));
        }
        Some(parse::Metrics::Options(args)) => *args,
    };
    let Some(into) = into else {
        return Metrics::Own(own(OwnArgs { prefix, labels, buckets, in_flight }, item, errors));
    };
    let others = Others { prefix, buckets, in_flight };
    Metrics::Into(Box::new(Report::decide(into.value.0.0, labels, others, item, errors)))
}

/// The arguments that a function's own metrics have.
struct OwnArgs {
    prefix: Arg<Eq<Text>>,
    labels: Arg<parse::Labels>,
    buckets: Arg<Eq<Buckets>>,
    in_flight: Arg<Flag>,
}

/// The names of the labels that are written out.
pub(super) fn names_of_labels(written: &parse::Metrics) -> Vec<(String, Span)> {
    let parse::Metrics::Options(args) = written else { return Vec::new() };
    let Some(labels) = &args.labels else { return Vec::new() };
    let parse::Labels::List(labels) = &labels.value else { return Vec::new() };
    let names = labels.iter().filter_map(|label| match &label.name {
        LabelName::Text(ident) => Some((ident.unraw().to_string(), ident.span())),
        LabelName::Constant(_) => None,
    });
    names.collect()
}

/// Names, labels and buckets.
fn own(args: OwnArgs, item: &Function, errors: &mut Errors) -> CallMetrics {
    let OwnArgs { prefix, labels, buckets, in_flight } = args;
    let labels = labels.and_then(|labels| match labels.value {
        parse::Labels::List(list) => Some((labels.key, list)),
        parse::Labels::Value(_) => {
            let message = "`labels = …` needs an `into`: write `metrics(into = …, labels = …)`, or \
                           `metrics(prefix = \"…\", labels(…))` for labels of the function's own metrics";
            errors.at(labels.key.span(), message);
            None
        }
    });
    // Metrics of one name have one set of labels and buckets in all the program, so those of one's own need a name of
    // one's own.
    if let (None, Some((key, _)), true) = (&prefix, &labels, errors.is_empty()) {
        let message = "`labels` needs a `prefix`: write `metrics(prefix = \"…\", labels(…))`";
        errors.at(key.span(), message);
    }
    if let (None, Some(buckets), true) = (&prefix, &buckets, errors.is_empty()) {
        let message = "`buckets` needs a `prefix`: write `metrics(prefix = \"…\", buckets = […])`";
        errors.at(buckets.key.span(), message);
    }
    let prefix = match &prefix {
        None => "function".to_owned(),
        Some(prefix) => {
            let text = prefix.value.0.0.value();
            if let Some(message) = naming::prefix_error(&text) {
                errors.at(prefix.value.0.0.span(), message);
            }
            text
        }
    };
    CallMetrics {
        calls_total: format!("{prefix}_calls_total"),
        duration_seconds: format!("{prefix}_duration_seconds"),
        in_flight: in_flight.map(|_| format!("{prefix}_calls_in_flight")),
        labels: labels.map_or(Labels::Place, |(_, labels)| own_labels(labels, item, errors)),
        buckets: buckets.map_or_else(Buckets::default, |buckets| buckets.value.0),
    }
}

fn own_labels(labels: Vec<LabelArg>, item: &Function, errors: &mut Errors) -> Labels {
    let (mut statics, mut typed) = (Vec::new(), Vec::new());
    let mut names: Vec<(String, Span)> = Vec::new();
    for LabelArg { name, value } in labels {
        let (text, span) = (name.text(), name.span());
        // A name is one label, and a name that Prometheus accepts.
        if let Some((_, first)) = names.iter().find(|(earlier, _)| *earlier == text) {
            errors.between(*first, span, format_args!("duplicate label `{text}`; write it once"));
        }
        if let (LabelName::Text(ident), Some(problem)) =
            (&name, naming::label_name_error(text.trim_start_matches("r#"), &TAKEN))
        {
            errors.at(ident.span(), problem);
        }
        match value {
            LabelValue::Static(value) => statics.push(StaticLabel { name, value }),
            value => typed.extend(typed_label(name, value, item, errors)),
        }
        names.push((text, span));
    }
    Labels::Own(statics, typed)
}

/// The error for a name that is no parameter's, but nearly one.
fn misspelt(ident: &Ident, item: &Function) -> Option<syn::Error> {
    if item.param(ident).is_some() {
        return None;
    }
    let params: Vec<String> = item.params.iter().map(|param| param.ident.to_string()).collect();
    let near = naming::nearest(&ident.to_string(), params.iter().map(String::as_str))?;
    let message = format!("`{ident}` is no parameter; did you mean `{near}`?");
    Some(syn::Error::new(ident.span(), message))
}

/// A label's type is stated, or taken from the signature, and a `static` can name it.
fn typed_label(
    name: LabelName,
    value: LabelValue,
    item: &Function,
    errors: &mut Errors,
) -> Option<TypedLabel> {
    let state_it = |tokens: &dyn ToTokens| {
        let message =
            format!("state the label's type: `{}: Type = {}`", name.text(), tokens.to_token_stream());
        syn::Error::new_spanned(tokens.to_token_stream(), message)
    };
    let (ty, value, span) = match value {
        LabelValue::Parameter(ident) => {
            let Some(ty) = item.param(&ident).and_then(|param| param.ty.as_ref()) else {
                errors.add(misspelt(&ident, item).unwrap_or_else(|| state_it(&ident)));
                return None;
            };
            let (target, is_reference) = types::dereferenced(ty);
            let span = ident.span();
            let value =
                if is_reference { ident.to_token_stream() } else { quote_spanned!(blaming(span)=> &#ident) };
            (target.clone(), value, span)
        }
        LabelValue::Typed(ty, value) => {
            let span = value.span();
            (*ty, quote_spanned!(blaming(span)=> &(#value)), span)
        }
        LabelValue::Untyped(value) => {
            errors.add(state_it(&value));
            return None;
        }
        LabelValue::Static(_) => return None,
    };
    if let Some((at, what)) = types::unnameable(&ty, &item.sig.generics) {
        let message =
            format!("a label's series are fixed at compile time, so its type can't mention `{what}`");
        errors.at(at, message);
    }
    Some(TypedLabel { name, ty: quote!(#ty), value, span })
}
