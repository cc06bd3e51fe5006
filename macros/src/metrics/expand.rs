//! The tokens of `#[derive(Metrics)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, Type, parse_quote_spanned};

use super::annotations::{Alert, Condition, Panel, Threshold};
use super::derived;
use super::model::{Flattened, Help, Metric, Model, Skipped};
use super::names::ByKind;
use super::parse::{Input, PanelKind};
use super::roles::{InRole, call_metrics};
use crate::hygiene::{Runtime, blaming, local};

/// Input: `struct Shop { /// Orders placed. orders_total: Counter }`; output: a descriptor for each field, a
/// constructor, `Shop::global()`, and checks of what only the compiler knows.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, ident, generics, has_global, metrics, flattened, skipped, .. } = model;
    let is_generic = !generics.params.is_empty();
    let bounded = bounded(model);
    let (parameters, arguments, clause) = bounded.split_for_impl();
    let descriptors = metrics.iter().map(|metric| descriptor(krate, metric));
    let nested = nested(krate, flattened);
    let derived = derived::constant(krate, &model.derived);
    let registry = local("__registry");
    let fields = metrics
        .iter()
        .enumerate()
        .map(|(index, metric)| register(krate, &registry, index, metric))
        .chain(flattened.iter().map(|field| register_flattened(krate, &registry, field)))
        .chain(skipped.iter().map(make));
    let (this, visit) = (local("self"), local("__visit"));
    let visits = metrics
        .iter()
        .map(|metric| visit_one(krate, &visit, metric))
        .chain(flattened.iter().map(|field| visit_flattened(krate, &visit, field)));
    let checks = checks(model);
    let (outer, inner) = match is_generic {
        // The types are known only where the struct is used.
        true => (TokenStream::new(), quote!(#(const { #checks };)*)),
        false => (quote!(#(#[allow(deprecated)] const _: () = #checks;)*), TokenStream::new()),
    };
    let global = match (*has_global, is_generic) {
        (true, _) => global(model),
        // Of the types that a generic struct is, `catalog!` knows.
        (false, true) => TokenStream::new(),
        (false, false) => quote!(#krate::__private::global_metrics!(#ident);),
    };
    let in_roles: Vec<InRole<'_>> = metrics
        .iter()
        .enumerate()
        .filter_map(|(index, Metric { field, ty, role, .. })| {
            Some(InRole { field, ty, role: (*role)?, index })
        })
        .collect();
    let of_calls = call_metrics(krate, (ident, generics), &in_roles, false);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #parameters #krate::Metrics for #ident #arguments #clause {
            const DESCRIPTORS: &'static [#krate::__private::MetricDescriptor] = &[#(#descriptors),*];
            #nested
            #derived
            #[allow(clippy::missing_asserts_for_indexing)]
            fn register(#registry: &#krate::Registry) -> Self {
                #inner
                Self { #(#fields),* }
            }
            fn visit(&#this, #visit: &mut dyn ::core::ops::FnMut(#krate::__private::SharedInstrument)) {
                #(#visits)*
            }
        }
        #of_calls
        #global
        #outer
    }
}

/// The struct's generics; where there are any, each field's type must be a metric for the struct to be one, or what else the
/// field needs.
fn bounded(model: &Model) -> Generics {
    let Model { krate, generics, metrics, flattened, skipped, .. } = model;
    let mut generics = generics.clone();
    if generics.params.is_empty() {
        return generics;
    }
    let clause = generics.make_where_clause();
    let mut bind = |ty: &Type, bound: TokenStream| {
        let at = blaming(ty.span());
        clause.predicates.push(parse_quote_spanned!(at=> #ty: #bound));
    };
    metrics.iter().for_each(|metric| bind(&metric.ty, quote!(#krate::__private::Metric)));
    flattened.iter().for_each(|field| bind(&field.ty, quote!(#krate::Metrics)));
    skipped.iter().for_each(|field| bind(&field.ty, quote!(::core::default::Default)));
    generics
}

/// `<Type as Metric>`, blaming the type where it is none.
fn as_metric(krate: &Runtime, metric: &Metric) -> TokenStream {
    let ty = &metric.ty;
    let krate = krate.at(ty.span());
    quote_spanned!(blaming(ty.span())=> <#ty as #krate::__private::Metric>)
}

/// `<Type as Metrics>`, blaming the type where it is none.
fn as_metrics(krate: &Runtime, field: &Flattened) -> TokenStream {
    let ty = &field.ty;
    let krate = krate.at(ty.span());
    quote_spanned!(blaming(ty.span())=> <#ty as #krate::Metrics>)
}

fn descriptor(krate: &Runtime, metric: &Metric) -> TokenStream {
    let Metric { names, help, buckets, .. } = metric;
    let as_metric = as_metric(krate, metric);
    let (name, unit) = (by_kind(krate, metric, &names.name), by_kind(krate, metric, &names.unit));
    let (help, buckets, stated) = (self::help(krate, help), buckets.expand(krate), stated(krate, metric));
    quote! {
        #krate::__private::MetricDescriptor {
            name: #name,
            help: #help,
            unit: #unit,
            kind: #as_metric::KIND,
            dimensions: #as_metric::DIMENSIONS,
            buckets: #buckets,
            #(#stated)*
            file: ::core::file!(),
            line: ::core::line!(),
            module: ::core::module_path!(),
            ..#krate::__private::MetricDescriptor::PLAIN
        }
    }
}

/// A text that may depend on the metric's kind.
fn by_kind(krate: &Runtime, metric: &Metric, text: &ByKind) -> TokenStream {
    if let Some(text) = text.constant() {
        return quote!(#text);
    }
    let ByKind { counter, gauge, other } = text;
    let as_metric = as_metric(krate, metric);
    quote!(#krate::__private::by_kind(#as_metric::KIND, #counter, #gauge, #other))
}

fn help(krate: &Runtime, help: &Help) -> TokenStream {
    match help {
        Help::Text(text) => quote!(#text),
        Help::Made(parts) => quote!(#krate::__private::trimmed(::core::concat!(#(#parts),*))),
    }
}

/// The descriptor's fields that say something.
fn stated(krate: &Runtime, metric: &Metric) -> Vec<TokenStream> {
    let Metric { names, quantiles, panel, threshold, alerts, .. } = metric;
    let (otel_name, otel_unit) = (&names.otel_name, &names.otel_unit);
    let alerts: Vec<TokenStream> = alerts.iter().map(|alert| self::alert(krate, alert)).collect();
    let all = [
        names.is_exact.then(|| quote!(is_exact: true,)),
        (!otel_name.is_empty()).then(|| quote!(otel_name: #otel_name,)),
        (!otel_unit.is_empty()).then(|| quote!(otel_unit: #otel_unit,)),
        (!quantiles.is_empty()).then(|| quote!(quantiles: &[#(#quantiles),*],)),
        panel.as_ref().map(|panel| self::panel(krate, panel)),
        threshold.as_ref().map(|threshold| self::threshold(krate, threshold)),
        (!alerts.is_empty()).then(|| quote!(alerts: &[#(#alerts),*],)),
    ];
    all.into_iter().flatten().collect()
}

fn panel(krate: &Runtime, Panel { dashboard, title, row, kind, is_hidden, .. }: &Panel) -> TokenStream {
    let kind = kind.map(|kind| match kind {
        PanelKind::Timeseries => quote!(Timeseries),
        PanelKind::Stat => quote!(Stat),
        PanelKind::Gauge => quote!(Gauge),
        PanelKind::Heatmap => quote!(Heatmap),
        PanelKind::Table => quote!(Table),
        PanelKind::Timeline => quote!(Timeline),
    });
    let kind = optional(kind.map(|kind| quote!(#krate::__private::PanelKind::#kind)));
    quote! {
        panel: #krate::__private::Panel {
            dashboard: #dashboard,
            title: #title,
            row: #row,
            kind: #kind,
            is_hidden: #is_hidden,
        },
    }
}

fn threshold(krate: &Runtime, Threshold { warning, critical }: &Threshold) -> TokenStream {
    let [warning, critical] =
        [warning, critical].map(|number| optional(number.map(|number| quote!(#number))));
    let threshold = quote!(#krate::__private::Threshold { warning: #warning, critical: #critical });
    quote!(threshold: ::core::option::Option::Some(#threshold),)
}

fn alert(krate: &Runtime, alert: &Alert) -> TokenStream {
    let Alert { name, is_metrics, condition, hold, severity, summary, .. } = alert;
    let name = if *is_metrics { "" } else { name };
    let severity = local(severity);
    let condition = match condition {
        Condition::When { comparison, value, quantile } => {
            let comparison = local(comparison);
            let quantile = optional(quantile.map(|quantile| quote!(#quantile)));
            quote! {
                When { comparison: #krate::__private::Comparison::#comparison, value: #value, quantile: #quantile }
            }
        }
        Condition::Expr(expr) => quote!(Expr(#expr)),
    };
    quote! {
        #krate::__private::Alert {
            name: #name,
            condition: #krate::__private::Condition::#condition,
            hold: #hold,
            severity: #krate::__private::Severity::#severity,
            summary: #summary,
        }
    }
}

fn optional(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// The constant about flattened fields, where there are any.
fn nested(krate: &Runtime, flattened: &[Flattened]) -> Option<TokenStream> {
    let all = flattened.iter().map(|field| {
        let (prefix, as_metrics) = (&field.prefix, as_metrics(krate, field));
        quote! {
            #krate::__private::NestedMetrics {
                prefix: #prefix,
                descriptors: #as_metrics::DESCRIPTORS,
                derived: #as_metrics::DERIVED,
                nested: #as_metrics::NESTED,
            }
        }
    });
    (!flattened.is_empty())
        .then(|| quote!(const NESTED: &'static [#krate::__private::NestedMetrics] = &[#(#all),*];))
}

fn register(krate: &Runtime, registry: &Ident, index: usize, metric: &Metric) -> TokenStream {
    let Metric { field, ty, .. } = metric;
    let at = krate.at(ty.span());
    let register = quote_spanned!(blaming(ty.span())=> <#ty as #at::__private::Metric>::register);
    quote!(#field: #register(#registry, &<Self as #krate::Metrics>::DESCRIPTORS[#index]))
}

fn register_flattened(krate: &Runtime, registry: &Ident, flattened: &Flattened) -> TokenStream {
    let Flattened { field, ty, prefix } = flattened;
    let (as_metrics, at) = (as_metrics(krate, flattened), blaming(ty.span()));
    if prefix.is_empty() {
        return quote!(#field: #as_metrics::register(#registry));
    }
    let krate = krate.at(ty.span());
    let register = quote_spanned!(at=> #krate::__private::register_prefixed::<#ty>);
    quote!(#field: #register(#registry, #prefix))
}

fn make(Skipped { field, ty }: &Skipped) -> TokenStream {
    let default = quote_spanned!(blaming(ty.span())=> <#ty as ::core::default::Default>::default());
    quote!(#field: #default)
}

fn visit_one(krate: &Runtime, visit: &Ident, metric: &Metric) -> TokenStream {
    let Metric { field, ty, .. } = metric;
    let (at, this) = (krate.at(ty.span()), local("self"));
    let its = quote_spanned!(blaming(ty.span())=> <#ty as #at::__private::Metric>::show);
    quote!(#its(&#this.#field, #visit);)
}

fn visit_flattened(krate: &Runtime, visit: &Ident, flattened: &Flattened) -> TokenStream {
    let (field, this, as_metrics) = (&flattened.field, local("self"), as_metrics(krate, flattened));
    quote!(#as_metrics::visit(&#this.#field, #visit);)
}

/// Checks whose failures underline the names of the fields, or the argument that does not fit.
fn checks(model: &Model) -> Vec<TokenStream> {
    let Model { krate, ident, generics, metrics, flattened, .. } = model;
    let (_, arguments, _) = generics.split_for_impl();
    let own = quote!(<#ident #arguments as #krate::Metrics>::DESCRIPTORS);
    let by_kind = metrics.iter().any(|metric| metric.names.name.constant().is_none());
    let mut checks = Vec::new();
    for (index, metric) in metrics.iter().enumerate() {
        checks.extend(checks_of_kind(krate, metric));
        if by_kind && index > 0 {
            let (at, krate) = (blaming(metric.field.span()), krate.at(metric.field.span()));
            checks.push(quote_spanned!(at=> #krate::__private::check_name(#own, #index)));
        }
    }
    for (index, Flattened { field, .. }) in flattened.iter().enumerate() {
        let nested = quote!(<#ident #arguments as #krate::Metrics>::NESTED);
        let (at, krate) = (blaming(field.span()), krate.at(field.span()));
        checks.push(quote_spanned!(at=> #krate::__private::check_flattened(#own, #nested, #index)));
    }
    checks
}

/// What depends on the metric's kind.
fn checks_of_kind(krate: &Runtime, metric: &Metric) -> Vec<TokenStream> {
    let Metric { field, names, buckets_at, quantiles_at, panel, alerts, .. } = metric;
    let as_metric = as_metric(krate, metric);
    let (at, its) = (blaming(field.span()), krate.at(field.span()));
    let total = names.ends_in_total().map(
        |ends_in_total| quote_spanned!(at=> #its::__private::check_total(#as_metric::KIND, #ends_in_total)),
    );
    let heatmap = panel.as_ref().filter(|panel| panel.kind == Some(PanelKind::Heatmap));
    let of_histograms = [
        ("check_buckets", *buckets_at),
        ("check_quantiles", *quantiles_at),
        ("check_heatmap", heatmap.and_then(|panel| panel.kind_at)),
        ("check_quantile", alerts.iter().find_map(|alert| alert.quantile_at)),
    ];
    let only = of_histograms.into_iter().filter_map(|(check, at)| {
        let (at, krate) = (blaming(at?), krate.at(at?));
        let check = Ident::new(check, at);
        Some(quote_spanned!(at=> #krate::__private::#check(#as_metric::KIND)))
    });
    total.into_iter().chain(only).collect()
}

/// The process-wide instance, which registers itself at the start of the program: by its `static`, since a `global()` of the
/// user's own is one mistake and not two.
fn global(model: &Model) -> TokenStream {
    let Model { krate, ident, vis, .. } = model;
    quote! {
        #[allow(deprecated)]
        const _: () = {
            static GLOBAL: #krate::__private::OnceLock<#ident> = #krate::__private::OnceLock::new();
            #[automatically_derived]
            #[allow(dead_code, unreachable_pub)]
            impl #ident {
                /// The process-wide instance, registered in the default registry. With `#[metrics(global = false)]` there is none.
                #vis fn global() -> &'static Self {
                    #krate::__private::global(&GLOBAL)
                }
            }
            #krate::__private::global_metrics!(#ident, GLOBAL);
        };
    }
}

/// An implementation without content, for a type with mistakes.
pub(super) fn stub(input: &Input) -> TokenStream {
    let krate = Runtime::new(&input.args.krate);
    let (ident, vis) = (&input.item.ident, &input.item.vis);
    let in_roles: Vec<InRole<'_>> = input
        .fields
        .iter()
        .filter_map(|field| {
            let is_metric = field.args.flatten.is_none() && field.args.skip.is_none();
            let role = field.args.role.as_ref().filter(|_| is_metric)?.value.0;
            Some(InRole { field: &field.ident, ty: &field.ty, role, index: 0 })
        })
        .collect();
    let of_calls = call_metrics(&krate, (ident, &input.item.generics), &in_roles, true);
    let (generics, arguments, clause) = input.item.generics.split_for_impl();
    let is_global = input.args.global.as_ref().is_none_or(|global| global.value.0);
    let global = (is_global && input.item.generics.params.is_empty()).then(|| {
        quote! {
            #[automatically_derived]
            #[allow(dead_code, deprecated, unreachable_pub)]
            impl #ident {
                #[doc(hidden)]
                #vis fn global() -> &'static Self { ::core::unimplemented!() }
            }
        }
    });
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #generics #krate::Metrics for #ident #arguments #clause {
            const DESCRIPTORS: &'static [#krate::__private::MetricDescriptor] = &[];
            fn register(_: &#krate::Registry) -> Self { ::core::unimplemented!() }
            fn visit(&self, _: &mut dyn ::core::ops::FnMut(#krate::__private::SharedInstrument)) {}
        }
        #of_calls
        #global
    }
}
