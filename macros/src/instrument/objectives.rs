//! The part of the model that decides which objectives a function has, and what its metrics need for them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Path, Type};

use super::metrics::{CallMetrics, Metrics};
use super::parse::{self, SloArgs};
use super::quantities::Latency;
use super::report::{Report, Target};
use crate::args::{Arg, Within, Written};
use crate::buckets::{Buckets, DURATIONS};
use crate::errors::Errors;
use crate::hygiene::{Runtime, blaming};
use crate::signature::Function;
use crate::types;

/// What `slo(…)` says.
pub(super) struct Slo {
    key: Ident,
    name: String,
    description: String,
    /// Unless it is the default.
    window_seconds: Option<u64>,
    pages: bool,
    objectives: Vec<Objective>,
}

/// One of its objectives.
struct Objective {
    indicator: Indicator,
    ratio: f64,
    /// What is to blame where the metrics don't have it.
    at: Span,
}

enum Indicator {
    Success,
    Latency {
        /// In seconds.
        bound: f64,
        /// As it is written.
        text: String,
    },
}

impl Slo {
    pub(super) fn decide(written: Arg<Within<SloArgs>>, errors: &mut Errors) -> Option<Self> {
        let Written { key, value: Within(args) } = written?;
        let SloArgs { success, latency, window, name, description, page } = args;
        let success = success.map(|written| Objective {
            indicator: Indicator::Success,
            ratio: written.value.0.ratio,
            at: written.value.0.literal.span(),
        });
        let latencies: Vec<Latency> =
            latency.into_iter().flat_map(|each| each.value.0).map(|latency| latency.value).collect();
        check_latencies(&latencies, errors);
        let latencies = latencies.into_iter().map(|Latency { percent, bound }| Objective {
            indicator: Indicator::Latency { bound: bound.seconds, text: bound.literal.value() },
            ratio: percent.ratio,
            at: bound.literal.span(),
        });
        let objectives: Vec<Objective> = success.into_iter().chain(latencies).collect();
        if objectives.is_empty() && errors.is_empty() {
            let message = "`slo` has no objective: write `slo(success = \"99.9%\")`, `slo(latency(\"99%\" < \"250ms\"))`, \
                           or both";
            errors.at(key.span(), message);
        }
        let text = |written: Arg<crate::args::Eq<crate::args::Text>>| {
            written.map_or_else(String::new, |text| text.value.0.0.value())
        };
        Some(Self {
            key,
            name: text(name),
            description: text(description),
            window_seconds: window.map(|window| window.value.0.0),
            pages: page.is_none_or(|page| page.value.0),
            objectives,
        })
    }

    /// What it is about are a function's calls and durations, so that it has metrics, whether they are asked for or not.
    pub(super) fn metrics(&self) -> Written<parse::Metrics> {
        Written { key: self.key.clone(), value: parse::Metrics::Options(Box::default()) }
    }

    /// Whether the metrics know what the objectives are about. A bound without a bucket of its own would be an estimate.
    pub(super) fn fit(&self, metrics: &mut Metrics, item: &Function, errors: &mut Errors) {
        match metrics {
            Metrics::None => {}
            Metrics::Own(own) => self.fit_buckets(own, errors),
            Metrics::Into(report) => match &report.target {
                Target::Global(ty) => check_type(ty, item, errors),
                Target::Place(_) | Target::Reference(_) | Target::Value(_) => {
                    let message = "`slo` needs to know while compiling which metrics `into` leads to: write `metrics = Type`, \
                                   or leave `into` out";
                    errors.at(self.key.span(), message);
                }
            },
        }
    }

    fn fit_buckets(&self, metrics: &mut CallMetrics, errors: &mut Errors) {
        let is_shared = metrics.calls_total == "function_calls_total";
        let mut merged = DURATIONS.to_vec();
        for Objective { indicator, at, .. } in &self.objectives {
            let Indicator::Latency { bound, text } = indicator else { continue };
            match &metrics.buckets {
                Buckets::Default if DURATIONS.contains(bound) => {}
                Buckets::Default if is_shared => errors.at(*at, near(*bound, text)),
                Buckets::Default => merged.push(*bound),
                Buckets::Explicit(bounds) if bounds.contains(bound) => {}
                Buckets::Explicit(_) => {
                    errors.at(*at, format_args!("no bucket ends at `{text}`: add `{bound}` to `buckets`"));
                }
                Buckets::Native => {
                    let message = format!(
                        "no bucket of a native histogram ends at `{text}`, so that this would be an estimate: write \
                         `buckets = […]` with `{bound}`, or leave `buckets` out"
                    );
                    errors.at(*at, message);
                }
            }
        }
        if merged.len() > DURATIONS.len() {
            merged.sort_by(f64::total_cmp);
            merged.dedup();
            metrics.buckets = Buckets::Explicit(merged);
        }
    }

    /// Each as a constant's element.
    fn objectives(&self, krate: &Runtime) -> Vec<TokenStream> {
        let Self { name, description, window_seconds, pages, objectives, .. } = self;
        let called =
            (!name.is_empty() || !description.is_empty()).then(|| quote!(.called(#name, #description)));
        let over = (window_seconds.is_some() || !pages).then(|| {
            let seconds = match window_seconds {
                Some(seconds) => quote!(#seconds),
                None => quote!(#krate::__private::Objective::WINDOW_SECONDS),
            };
            quote!(.over(#seconds, #pages))
        });
        let one = |Objective { indicator, ratio, .. }: &Objective| {
            let indicator = match indicator {
                Indicator::Success => quote!(Success),
                Indicator::Latency { bound, .. } => quote!(Latency { bound: #bound }),
            };
            quote! {
                #krate::__private::Objective::new(#krate::__private::Indicator::#indicator, #ratio, __FAMILIES)
                    #called #over
            }
        };
        objectives.iter().map(one).collect()
    }
}

/// What to write where the buckets are those of all functions.
fn near(bound: f64, text: &str) -> String {
    let below = DURATIONS.iter().rev().find(|known| **known < bound);
    let above = DURATIONS.iter().find(|known| **known > bound);
    let known: Vec<String> = below.into_iter().chain(above).map(|known| format!("`\"{known}s\"`")).collect();
    format!(
        "no bucket that all functions have ends at `{text}`: write {}, or give the function metrics of its own: \
         `metrics(prefix = \"…\")`",
        known.join(" or ")
    )
}

/// A bound is one objective, and a longer bound is for more of the calls.
fn check_latencies(all: &[Latency], errors: &mut Errors) {
    for (index, later) in all.iter().enumerate() {
        for earlier in &all[..index] {
            let [one, other] = [earlier, later].map(|latency| latency.bound.literal.span());
            if earlier.bound.seconds == later.bound.seconds {
                errors.between(one, other, "two objectives have this bound; keep one");
                continue;
            }
            let (short, long) =
                if earlier.bound.seconds < later.bound.seconds { (earlier, later) } else { (later, earlier) };
            if short.percent.ratio >= long.percent.ratio {
                let [share, bound] = [&long.percent.literal, &long.bound.literal].map(syn::LitStr::value);
                let message = format!(
                    "this is so wherever the objective with the shorter bound is met: remove it, or ask for more than `{share}` \
                     within `{bound}`"
                );
                errors.at(long.percent.literal.span(), message);
            }
        }
    }
}

/// The description names the type outside of the function.
fn check_type(ty: &Path, item: &Function, errors: &mut Errors) {
    let ty = Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: ty.clone() });
    if let Some((at, what)) = types::unnameable(&ty, &item.sig.generics) {
        let message = format!("an objective is fixed at compile time, so its metrics can't mention `{what}`");
        errors.at(at, message);
    }
}

/// The families of a struct. A type that has none is an error where it is reported into, and not another one here: the import is
/// what is found then.
fn of_struct(krate: &Runtime, ty: &Path) -> TokenStream {
    let at = blaming(syn::spanned::Spanned::span(ty));
    let krate = krate.at(at);
    quote_spanned! {at=> {
        #[allow(unused_imports)]
        use #krate::__private::UnknownFamilies as _;
        #krate::__private::FamiliesOf::<#ty>::FAMILIES
    }}
}

/// The objectives as a slice; `labels` are the constant labels of the function's own metrics. They are constants, since what a
/// `static` borrows is not called functions for.
pub(super) fn all(
    krate: &Runtime,
    slo: Option<&Slo>,
    metrics: &Metrics,
    labels: &TokenStream,
) -> TokenStream {
    let Some(slo) = slo else { return quote!(&[]) };
    let (labels, families) = match metrics {
        Metrics::None => return quote!(&[]),
        Metrics::Own(CallMetrics { calls_total, duration_seconds, buckets, .. }) => {
            let text = quote!(&'static ::core::primitive::str);
            let buckets = buckets.expand(krate);
            let own = quote!(#krate::__private::CallFamilies::own(#calls_total, #duration_seconds, #buckets, __LABELS));
            (Some(quote!(const __LABELS: &[(#text, #text)] = &[#labels];)), own)
        }
        Metrics::Into(report) => match &report.target {
            Target::Global(ty) => (None, of_struct(krate, ty)),
            _ => return quote!(&[]),
        },
    };
    let objectives = slo.objectives(krate);
    quote!({
        #labels
        const __FAMILIES: #krate::__private::CallFamilies = #families;
        const __OBJECTIVES: &[#krate::__private::Objective] = &[#(#objectives),*];
        __OBJECTIVES
    })
}

/// What only the compiler knows: whether a struct's metrics have what the objectives are about.
pub(super) fn checks(krate: &Runtime, slo: Option<&Slo>, metrics: &Metrics) -> TokenStream {
    let (Some(slo), Metrics::Into(report)) = (slo, metrics) else { return TokenStream::new() };
    let Report { target: Target::Global(ty), .. } = &**report else { return TokenStream::new() };
    let families = of_struct(krate, ty);
    let checks = slo.objectives.iter().map(|Objective { indicator, at, .. }| {
        let (krate, at) = (krate.at(*at), blaming(*at));
        match indicator {
            Indicator::Success => {
                quote_spanned!(at=> const _: () = #krate::__private::check_success(&#families);)
            }
            Indicator::Latency { bound, .. } => {
                quote_spanned!(at=> const _: () = #krate::__private::check_latency(&#families, #bound);)
            }
        }
    });
    checks.collect()
}
