//! What `#[derive(Metrics)]` decided: every metric has its full name, its help and its unit.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Generics, Type, Visibility};

use super::parse::{Field, FieldArgs, Input, StructArgs};
use crate::args::{Arg, Eq, Text};
use crate::buckets::Buckets;
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::{naming, signature};

/// A struct of metrics.
pub(super) struct Model {
    pub(super) krate: Runtime,
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) generics: Generics,
    pub(super) metrics: Vec<Metric>,
}

/// One of its metrics.
pub(super) struct Metric {
    pub(super) field: Ident,
    pub(super) ty: Type,
    /// The full name.
    pub(super) name: String,
    pub(super) help: String,
    /// Empty where there is none.
    pub(super) unit: String,
    pub(super) buckets: Buckets,
    /// Whether it is named like a counter; only the compiler knows whether it is one.
    pub(super) ends_in_total: bool,
}

/// The units that a name's suffix tells: OpenMetrics' base units.
const UNITS: [&str; 9] =
    ["seconds", "bytes", "ratio", "meters", "grams", "joules", "volts", "amperes", "celsius"];

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, fields, mut errors } = input;
        let StructArgs { prefix, krate } = args;
        if fields.is_empty() && errors.is_empty() {
            errors.at(item.ident.span(), "this struct has no metrics: add a field");
        }
        let prefix = prefix.map(|prefix| prefix.value.0.0);
        let prefix_text = prefix.as_ref().map(|prefix| prefix.value());
        if let (Some(prefix), Some(text)) = (&prefix, &prefix_text) {
            if !naming::is_prometheus_name(text) {
                let message =
                    format!("`{text}` is no prefix: use letters, digits and `_`, and no digit in front");
                errors.at(prefix.span(), message);
            }
        }
        let metrics = metrics(fields, prefix_text.as_deref(), &mut errors);
        errors.finish(Self {
            krate: Runtime::new(&krate),
            ident: item.ident,
            vis: item.vis,
            generics: item.generics,
            metrics,
        })
    }
}

fn metrics(fields: Vec<Field>, prefix: Option<&str>, errors: &mut Errors) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::with_capacity(fields.len());
    let mut places: Vec<Span> = Vec::with_capacity(fields.len());
    for field in fields {
        let (metric, at) = metric(field, prefix, errors);
        // A name is one metric.
        if let Some((_, first)) = metrics.iter().zip(&places).find(|(earlier, _)| earlier.name == metric.name)
        {
            let message = format!("two metrics are called `{}`: rename one of them", metric.name);
            errors.between(*first, at, message);
        }
        metrics.push(metric);
        places.push(at);
    }
    metrics
}

fn metric(field: Field, prefix: Option<&str>, errors: &mut Errors) -> (Metric, Span) {
    let Field { ident, ty, attrs, args, is_complete } = field;
    let FieldArgs { name, unit, help, buckets } = args;
    let (suffix, at) = match &name {
        Some(name) => (name.value.0.0.value(), name.value.0.0.span()),
        None => (ident.unraw().to_string(), ident.span()),
    };
    if !naming::is_prometheus_name(&suffix) {
        let message =
            format!("`{suffix}` is no metric name: use letters, digits and `_`, and no digit in front");
        errors.at(at, message);
    }
    let full = prefix.map_or_else(|| suffix.clone(), |prefix| format!("{prefix}_{suffix}"));
    // A metric that nobody explained is of no use to those who meet it.
    let help = help.map_or_else(|| signature::documentation(&attrs), |help| help.value.0.0.value());
    if help.is_empty() && is_complete {
        let message = format!("`{ident}` has no help: write a doc comment, or `#[metric(help = \"…\")]`");
        errors.at(ident.span(), message);
    }
    let unit = decided_unit(unit, &full, &suffix, errors);
    let ends_in_total = full.ends_with("_total");
    let buckets = buckets.map_or_else(Buckets::default, |buckets| buckets.value.0);
    (Metric { field: ident, ty, name: full, help, unit, buckets, ends_in_total }, at)
}

/// The unit as written, which the name must end in (before `_total`), or as the name tells it.
fn decided_unit(unit: Arg<Eq<Text>>, full: &str, suffix: &str, errors: &mut Errors) -> String {
    let stem = full.strip_suffix("_total").unwrap_or(full);
    let ends_in =
        |unit: &str| stem.strip_suffix(unit).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    let Some(unit) = unit else {
        return UNITS.iter().find(|unit| ends_in(unit)).map_or_else(String::new, |unit| (*unit).to_owned());
    };
    let literal = unit.value.0.0;
    let unit = literal.value();
    if !naming::is_prometheus_name(&unit) {
        errors.at(literal.span(), format_args!("`{unit}` is no unit: write a word, such as `seconds`"));
    } else if !ends_in(&unit) {
        let total = if full.ends_with("_total") { "_total" } else { "" };
        let short = suffix.strip_suffix("_total").unwrap_or(suffix);
        let message =
            format!("the name `{full}` does not end in its unit: name the field `{short}_{unit}{total}`");
        errors.at(literal.span(), message);
    }
    unit
}
