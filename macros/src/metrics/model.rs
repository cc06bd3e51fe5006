//! What `#[derive(Metrics)]` decided: every metric has its names, its help and its unit.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Generics, Meta, Type, Visibility};

use super::annotations::{self, Alert, Panel, Threshold};
use super::derived::{self, Derived};
use super::names::{Names, Written};
use super::parse::{Field, FieldArgs, Input, Role, StructArgs};
use crate::args::{Arg, Eq, Text};
use crate::buckets::Buckets;
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::{docs, naming};

/// A struct of metrics.
pub(super) struct Model {
    pub(super) krate: Runtime,
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) generics: Generics,
    /// Whether there is an instance in the default registry.
    pub(super) has_global: bool,
    pub(super) metrics: Vec<Metric>,
    pub(super) derived: Vec<Derived>,
    pub(super) flattened: Vec<Flattened>,
    pub(super) skipped: Vec<Skipped>,
}

/// One of its metrics.
pub(super) struct Metric {
    pub(super) field: Ident,
    pub(super) ty: Type,
    pub(super) names: Names,
    pub(super) help: Help,
    pub(super) buckets: Buckets,
    /// Where they are written.
    pub(super) buckets_at: Option<Span>,
    /// Those that are metrics of their own.
    pub(super) quantiles: Vec<f64>,
    /// Where they are written.
    pub(super) quantiles_at: Option<Span>,
    pub(super) role: Option<Role>,
    pub(super) panel: Option<Panel>,
    pub(super) threshold: Option<Threshold>,
    pub(super) alerts: Vec<Alert>,
}

/// What a metric measures.
pub(super) enum Help {
    /// On one line.
    Text(String),
    /// Texts and macros that make texts, which the compiler puts together.
    Made(Vec<TokenStream>),
}

/// A field that is a struct of metrics itself.
pub(super) struct Flattened {
    pub(super) field: Ident,
    pub(super) ty: Type,
    /// Or nothing.
    pub(super) prefix: String,
}

/// A field that is no metric.
pub(super) struct Skipped {
    pub(super) field: Ident,
    pub(super) ty: Type,
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, fields, mut errors } = input;
        let StructArgs { prefix, global, derived, krate } = args;
        let prefix = prefix.map(|prefix| self::prefix(&prefix.value.0, &mut errors));
        let is_generic = !item.generics.params.is_empty();
        if let Some(global) = global.as_ref().filter(|global| global.value.0 && is_generic) {
            let message =
                "a generic struct is many types, none of which has a global instance: leave `global` out";
            errors.at(global.key.span(), message);
        }
        let mut model = Self {
            krate: Runtime::new(&krate),
            ident: item.ident,
            vis: item.vis,
            generics: item.generics,
            has_global: !is_generic && global.is_none_or(|global| global.value.0),
            metrics: Vec::new(),
            derived: Vec::new(),
            flattened: Vec::new(),
            skipped: Vec::new(),
        };
        for field in fields {
            model.add(field, prefix.as_deref(), &mut errors);
        }
        model.derived = derived::all(derived, prefix.as_deref(), &model.metrics, &mut errors);
        if model.metrics.is_empty() && model.flattened.is_empty() && errors.is_empty() {
            errors.at(model.ident.span(), "this struct has no metrics: add a field");
        }
        annotations::check_names(model.metrics.iter().flat_map(|metric| &metric.alerts), &mut errors);
        errors.finish(model)
    }

    fn add(&mut self, field: Field, prefix: Option<&str>, errors: &mut Errors) {
        let Field { ident, ty, attrs, args, is_complete } = field;
        if let (Some(flatten), Some(skip)) = (&args.flatten, &args.skip) {
            let message = "a field is either flattened or skipped: write one of them";
            errors.between(flatten.key.span(), skip.key.span(), message);
        }
        if args.flatten.is_some() {
            let prefix = flattened(args, errors);
            self.flattened.push(Flattened { field: ident, ty, prefix });
        } else if args.skip.is_some() {
            skipped(args, errors);
            self.skipped.push(Skipped { field: ident, ty });
        } else {
            let (metric, role) = metric((ident, ty), &attrs, args, is_complete, prefix, errors);
            self.check_against_earlier(&metric, role, errors);
            self.metrics.push(metric);
        }
    }

    /// A name is one metric, and a role is one metric's.
    fn check_against_earlier(&self, metric: &Metric, role: Option<Span>, errors: &mut Errors) {
        let Names { name, otel_name, at, .. } = &metric.names;
        if let Some(first) = self.metrics.iter().find(|earlier| earlier.names.name == *name) {
            let message = format!("two metrics are called `{}`: rename one of them", name.other);
            errors.between(first.names.at, *at, message);
        } else if let Some(first) =
            self.metrics.iter().find(|earlier| !otel_name.is_empty() && earlier.names.otel_name == *otel_name)
        {
            let message = format!("OpenTelemetry calls two metrics `{otel_name}`: rename one of them");
            errors.between(first.names.at, *at, message);
        }
        let (Some(role), Some(at)) = (metric.role, role) else { return };
        if let Some(first) = self.metrics.iter().find(|earlier| earlier.role == Some(role)) {
            let message = format!("`{}` has this role already: a role is one metric's", first.field);
            errors.at(at, message);
        }
        if role == Role::Duration && !metric.names.is_time() {
            let message = format!(
                "`{}` is no time: a duration's name ends in `_seconds`, or its unit is one of time",
                metric.names.name.other
            );
            errors.at(at, message);
        }
    }
}

/// A prefix of names.
fn prefix(written: &Text, errors: &mut Errors) -> String {
    let text = written.0.value();
    if let Some(message) = naming::prefix_error(&text) {
        errors.at(written.0.span(), message);
    }
    text
}

/// The prefix of a flattened field, which is all that it can have.
fn flattened(args: FieldArgs, errors: &mut Errors) -> String {
    let prefix = args.prefix.as_ref().map(|prefix| self::prefix(&prefix.value.0, errors));
    refuse(
        &FieldArgs { prefix: None, ..args },
        "a flattened field has its metrics' own: write it there",
        errors,
    );
    prefix.unwrap_or_default()
}

fn skipped(args: FieldArgs, errors: &mut Errors) {
    refuse(&args, "a skipped field is no metric: leave it out", errors);
}

/// Refuses whatever describes a metric.
fn refuse(args: &FieldArgs, why: &str, errors: &mut Errors) {
    let FieldArgs {
        name,
        name_exact,
        otel_name,
        unit,
        help,
        buckets,
        quantiles,
        role,
        panel,
        threshold,
        alert,
        flatten: _,
        prefix,
        skip: _,
    } = args;
    let texts =
        [name, name_exact, otel_name, unit, help, prefix].map(|text| text.as_ref().map(|one| &one.key));
    let others = [
        buckets.as_ref().map(|one| &one.key),
        quantiles.as_ref().map(|one| &one.key),
        role.as_ref().map(|one| &one.key),
        panel.as_ref().map(|one| &one.key),
        threshold.as_ref().map(|one| &one.key),
        alert.as_ref().map(|one| &one.key),
    ];
    for key in texts.into_iter().chain(others).flatten() {
        errors.at(key.span(), format_args!("`{key}` has no meaning here: {why}"));
    }
}

/// A metric, and where its role is written.
fn metric(
    (field, ty): (Ident, Type),
    attrs: &[Attribute],
    args: FieldArgs,
    is_complete: bool,
    prefix: Option<&str>,
    errors: &mut Errors,
) -> (Metric, Option<Span>) {
    let FieldArgs {
        name,
        name_exact,
        otel_name,
        unit,
        help,
        buckets,
        quantiles,
        role,
        panel,
        threshold,
        alert,
        flatten: _,
        prefix: of_flatten,
        skip: _,
    } = args;
    if let Some(prefix) = of_flatten {
        let message = "`prefix` goes with `flatten`, or on the struct: write `name` here";
        errors.at(prefix.key.span(), message);
    }
    let names = Names::new(&field, prefix, Written { name, name_exact, otel_name, unit }, errors);
    let help = self::help(&field, attrs, help, is_complete, errors);
    // Of OpenTelemetry's, the name that does not depend on the kind.
    let stem = if names.name.constant().is_some() { &names.name.other } else { &names.otel_name };
    let alerts = annotations::alerts(stem, alert, errors);
    let role_at = role.as_ref().map(|role| role.key.span());
    let metric = Metric {
        buckets_at: buckets.as_ref().map(|buckets| buckets.key.span()),
        buckets: buckets.map_or_else(Buckets::default, |buckets| buckets.value.0),
        quantiles_at: quantiles.as_ref().map(|quantiles| quantiles.key.span()),
        quantiles: quantiles
            .map(|written| derived::quantiles(&written.key, written.value, errors))
            .unwrap_or_default(),
        role: role.map(|role| role.value.0),
        panel: panel.map(|panel| annotations::panel(panel, errors)),
        threshold: threshold.map(|threshold| annotations::threshold(threshold, errors)),
        alerts,
        field,
        ty,
        names,
        help,
    };
    (metric, role_at)
}

/// What a metric says: a metric that nobody explained is of no use to those who meet it.
fn help(
    field: &Ident,
    attrs: &[Attribute],
    written: Arg<Eq<Text>>,
    is_complete: bool,
    errors: &mut Errors,
) -> Help {
    if let Some(help) = written {
        return Help::Text(help.value.0.0.value());
    }
    if let Some(made) = made(attrs) {
        return Help::Made(made);
    }
    let help = docs::documentation(attrs);
    if help.is_empty() && is_complete {
        let message = format!("`{field}` has no help: write a doc comment, or `#[metric(help = \"…\")]`");
        errors.at(field.span(), message);
    }
    Help::Text(help)
}

/// The parts of a documentation in which macros are, such as `include_str!`.
fn made(attrs: &[Attribute]) -> Option<Vec<TokenStream>> {
    let mut parts = Vec::new();
    let mut is_made = false;
    for attr in attrs {
        let Meta::NameValue(meta) = &attr.meta else { continue };
        if !meta.path.is_ident("doc") {
            continue;
        }
        if !parts.is_empty() {
            parts.push(" ".to_token_stream());
        }
        match docs::doc_text(&meta.value) {
            Some(text) => parts.push(text.value().trim().to_token_stream()),
            None => {
                is_made = true;
                parts.push(meta.value.to_token_stream());
            }
        }
    }
    is_made.then_some(parts)
}
