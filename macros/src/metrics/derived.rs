//! Metrics that recording rules work out of the struct's own, and quantiles that are metrics.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::LitStr;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use super::annotations::unbalanced;
use super::model::Metric;
use super::parse::DerivedArgs;
use crate::args::{Arg, Each, Element, List, Within, Written};
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::naming;

/// A metric that a recording rule makes.
pub(super) struct Derived {
    name: String,
    help: String,
    unit: String,
    expr: Vec<Piece>,
    /// Where its name is.
    at: Span,
}

/// A piece of its expression.
enum Piece {
    Text(String),
    /// The name of the metric with this number.
    Metric(usize),
}

/// Those of a struct, in front of whose names goes a prefix.
pub(super) fn all(
    written: Arg<Each<Within<DerivedArgs>>>,
    prefix: Option<&str>,
    metrics: &[Metric],
    errors: &mut Errors,
) -> Vec<Derived> {
    let mut all: Vec<Derived> = Vec::new();
    for one in written.map(|all| all.value.0).unwrap_or_default() {
        let Some(derived) = derived(one, prefix, metrics, errors) else { continue };
        if let Some(metric) = metrics.iter().find(|metric| metric.names.name.is_ever(&derived.name)) {
            let message =
                format!("`{}` is called `{}` already: choose another name", metric.field, derived.name);
            errors.at(derived.at, message);
        } else if let Some(first) = all.iter().find(|first| first.name == derived.name) {
            let message = format!("two derived metrics are called `{}`: rename one of them", derived.name);
            errors.between(first.at, derived.at, message);
        }
        all.push(derived);
    }
    all
}

/// Each needs a name, a help and an expression.
fn derived(
    Written { key, value }: Written<Within<DerivedArgs>>,
    prefix: Option<&str>,
    metrics: &[Metric],
    errors: &mut Errors,
) -> Option<Derived> {
    let before = errors.count();
    let DerivedArgs { name, help, unit, expr } = value.0;
    let [name, help, unit, expr] = [name, help, unit, expr].map(|text| text.map(|text| text.value.0.0));
    if errors.is_empty() {
        for (argument, is_there) in
            [("name", name.is_some()), ("help", help.is_some()), ("expr", expr.is_some())]
        {
            if !is_there {
                errors.at(
                    key.span(),
                    format_args!("this derived metric has no `{argument}`: add `{argument} = \"…\"`"),
                );
            }
        }
    }
    for (text, what) in [(&name, "metric name"), (&unit, "unit")] {
        if let Some(text) = text.as_ref().filter(|text| !naming::is_prometheus_name(&text.value())) {
            let message = format!(
                "`{}` is no {what}: use letters, digits and `_`, and no digit in front",
                text.value()
            );
            errors.at(text.span(), message);
        }
    }
    let expr = expr.map(|expr| pieces(&expr, metrics, errors));
    let (name, help, expr) = (name?, help?, expr?);
    (errors.count() == before).then(|| Derived {
        name: prefix.map_or_else(|| name.value(), |prefix| format!("{prefix}_{}", name.value())),
        help: help.value(),
        unit: unit.map(|unit| unit.value()).unwrap_or_default(),
        expr,
        at: name.span(),
    })
}

/// Input: `rate($a[5m]) / 2`; output: `rate(`, the metric `a`, `[5m]) / 2`. A `$` before anything but a letter is text: there
/// are some in regular expressions.
fn pieces(expr: &LitStr, metrics: &[Metric], errors: &mut Errors) -> Vec<Piece> {
    let text = expr.value();
    let mut pieces = Vec::new();
    let mut known = String::new();
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once('$') {
        known.push_str(before);
        let length = behind.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let (field, behind_field) = behind.split_at(length);
        if field.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            match metric(field, metrics) {
                Some((number, series)) => {
                    pieces.push(Piece::Text(std::mem::take(&mut known)));
                    pieces.push(Piece::Metric(number));
                    known.push_str(series);
                }
                None => errors.at(expr.span(), no_field(field, metrics)),
            }
        } else {
            known.push('$');
            known.push_str(field);
        }
        rest = behind_field;
    }
    known.push_str(rest);
    if let Some(open) = unbalanced(&text) {
        errors.at(
            expr.span(),
            format_args!("Prometheus can't read this expression: `{open}` has no counterpart"),
        );
    } else if pieces.is_empty() && errors.is_empty() {
        let message = "the expression is about no metric of this struct: write `$` and a field for its name";
        errors.at(expr.span(), message);
    }
    pieces.push(Piece::Text(known));
    pieces
}

/// The metric that a field's name means, and which of a histogram's series: `$latency_seconds_count`.
fn metric<'a>(written: &'a str, metrics: &[Metric]) -> Option<(usize, &'a str)> {
    let series = ["", "_sum", "_count", "_bucket"].into_iter();
    let mut split = series.filter_map(|series| Some(written.split_at(written.strip_suffix(series)?.len())));
    split.find_map(|(field, series)| {
        metrics.iter().position(|metric| metric.field.unraw() == field).map(|number| (number, series))
    })
}

fn no_field(field: &str, metrics: &[Metric]) -> String {
    let fields: Vec<String> = metrics.iter().map(|metric| metric.field.unraw().to_string()).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let suggestion = naming::suggestion(field, &fields, "metrics of this struct");
    format!("`${field}` is no metric of this struct; {suggestion}")
}

/// The constant about them, where there are any.
pub(super) fn constant(krate: &Runtime, all: &[Derived]) -> Option<TokenStream> {
    let each = all.iter().map(|Derived { name, help, unit, expr, .. }| {
        let pieces = expr.iter().map(|piece| match piece {
            Piece::Text(text) => quote!(#krate::__private::Piece::Text(#text)),
            Piece::Metric(number) => quote!(#krate::__private::Piece::Metric(#number)),
        });
        quote! {
            #krate::__private::DerivedMetric {
                name: #name,
                help: #help,
                unit: #unit,
                expr: &[#(#pieces),*],
                file: ::core::file!(),
                line: ::core::line!(),
                module: ::core::module_path!(),
            }
        }
    });
    (!all.is_empty())
        .then(|| quote!(const DERIVED: &'static [#krate::__private::DerivedMetric] = &[#(#each),*];))
}

/// One of the numbers in `quantiles(…)`.
pub(super) struct Quantile {
    value: f64,
    at: Span,
}

impl Element for Quantile {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.cursor().span();
        let value = match input.parse::<syn::Lit>() {
            Ok(syn::Lit::Int(literal)) => literal.base10_parse::<f64>().ok(),
            Ok(syn::Lit::Float(literal)) => literal.base10_parse::<f64>().ok(),
            _ => None,
        };
        match value.filter(|value| (0.0..=1.0).contains(value)) {
            Some(value) => Ok(Self { value, at }),
            None => Err(syn::Error::new(at, "a quantile is a number from 0 to 1, such as `0.99`")),
        }
    }
}

/// The quantiles of a metric, ascending.
pub(super) fn quantiles(key: &Ident, List(written): List<Quantile>, errors: &mut Errors) -> Vec<f64> {
    if written.is_empty() && errors.is_empty() {
        errors.at(key.span(), "`quantiles` is empty: write `quantiles(0.5, 0.99)`, or leave it out");
    }
    let mut all: Vec<Quantile> = Vec::new();
    for quantile in written {
        match all.iter().find(|first| first.value.total_cmp(&quantile.value).is_eq()) {
            Some(first) => {
                let message = format!("the quantile {} is there twice: remove one", quantile.value);
                errors.between(first.at, quantile.at, message);
            }
            None => all.push(quantile),
        }
    }
    all.sort_by(|one, other| one.value.total_cmp(&other.value));
    all.into_iter().map(|quantile| quantile.value).collect()
}
