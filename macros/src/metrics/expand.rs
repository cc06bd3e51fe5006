//! The tokens of `#[derive(Metrics)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, parse_quote_spanned};

use super::model::{Metric, Model};
use super::parse::Input;
use crate::hygiene::{Runtime, blaming, local};

/// Input: `struct Shop { /// Orders placed. orders_total: Counter }`; output: a descriptor for each field, a
/// constructor, `Shop::global()`, and checks of what only the compiler knows.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, ident, generics, metrics, .. } = model;
    let is_generic = !generics.params.is_empty();
    let bounded = bounded(krate, generics, metrics);
    let (parameters, arguments, clause) = bounded.split_for_impl();
    let descriptors = metrics.iter().map(|metric| descriptor(krate, metric));
    let registry = local("__registry");
    let fields = metrics.iter().enumerate().map(|(index, metric)| register(krate, &registry, index, metric));
    let (this, visit) = (local("self"), local("__visit"));
    let visits = metrics.iter().map(|metric| visit_one(krate, &visit, metric));
    let checks: Vec<TokenStream> = metrics.iter().map(|metric| check(krate, metric)).collect();
    let (outer, inner) = match is_generic {
        // The types are known only where the struct is used.
        true => (TokenStream::new(), quote!(#(const { #checks };)*)),
        false => (quote!(#(const _: () = #checks;)*), TokenStream::new()),
    };
    let global = if is_generic { TokenStream::new() } else { global(model) };
    quote! {
        #[automatically_derived]
        impl #parameters #krate::Metrics for #ident #arguments #clause {
            const DESCRIPTORS: &'static [#krate::__private::MetricDescriptor] = &[#(#descriptors),*];
            fn register(#registry: &#krate::Registry) -> Self {
                #inner
                Self { #(#fields),* }
            }
            fn visit(&#this, #visit: &mut dyn ::core::ops::FnMut(#krate::__private::SharedInstrument)) {
                #(#visits)*
            }
        }
        #global
        #outer
    }
}

/// The struct's generics; where there are any, each field's type must be a metric for the struct to be one.
fn bounded(krate: &Runtime, generics: &Generics, metrics: &[Metric]) -> Generics {
    let mut generics = generics.clone();
    if !generics.params.is_empty() {
        let clause = generics.make_where_clause();
        for Metric { ty, .. } in metrics {
            let at = blaming(ty.span());
            clause.predicates.push(parse_quote_spanned!(at=> #ty: #krate::__private::Metric));
        }
    }
    generics
}

/// `<Type as Metric>`, blaming the type where it is none.
fn as_metric(krate: &Runtime, metric: &Metric) -> TokenStream {
    let ty = &metric.ty;
    let krate = krate.at(ty.span());
    quote_spanned!(blaming(ty.span())=> <#ty as #krate::__private::Metric>)
}

fn descriptor(krate: &Runtime, metric: &Metric) -> TokenStream {
    let Metric { name, help, unit, buckets, .. } = metric;
    let as_metric = as_metric(krate, metric);
    let buckets = buckets.expand(krate);
    quote! {
        #krate::__private::MetricDescriptor {
            name: #name,
            help: #help,
            unit: #unit,
            kind: #as_metric::KIND,
            dimensions: #as_metric::DIMENSIONS,
            buckets: #buckets,
            file: ::core::file!(),
            line: ::core::line!(),
            module: ::core::module_path!(),
        }
    }
}

fn register(krate: &Runtime, registry: &proc_macro2::Ident, index: usize, metric: &Metric) -> TokenStream {
    let Metric { field, ty, .. } = metric;
    let at = krate.at(ty.span());
    let register = quote_spanned!(blaming(ty.span())=> <#ty as #at::__private::Metric>::register);
    quote!(#field: #register(#registry, &<Self as #krate::Metrics>::DESCRIPTORS[#index]))
}

fn visit_one(krate: &Runtime, visit: &proc_macro2::Ident, metric: &Metric) -> TokenStream {
    let Metric { field, ty, .. } = metric;
    let (at, this) = (krate.at(ty.span()), local("self"));
    let its = quote_spanned!(blaming(ty.span())=> <#ty as #at::__private::Metric>::show);
    quote!(#its(&#this.#field, #visit);)
}

/// A check whose failure underlines the field's name.
fn check(krate: &Runtime, metric: &Metric) -> TokenStream {
    let Metric { field, buckets, ends_in_total, .. } = metric;
    let as_metric = as_metric(krate, metric);
    let has_buckets = buckets.are_stated();
    let krate = krate.at(field.span());
    quote_spanned! {blaming(field.span())=>
        #krate::__private::check_kind(#as_metric::KIND, #ends_in_total, #has_buckets)
    }
}

/// The process-wide instance, which registers itself at the start of the program.
fn global(model: &Model) -> TokenStream {
    let Model { krate, ident, vis, .. } = model;
    quote! {
        #[automatically_derived]
        #[allow(dead_code, unreachable_pub)]
        impl #ident {
            /// The process-wide instance, registered in the default registry.
            #vis fn global() -> &'static Self {
                static GLOBAL: #krate::__private::OnceLock<#ident> = #krate::__private::OnceLock::new();
                #krate::__private::global(&GLOBAL)
            }
        }
        #krate::__private::global_metrics!(#ident);
    }
}

/// An implementation without content, for a type with mistakes.
pub(super) fn stub(input: &Input) -> TokenStream {
    let krate = Runtime::new(&input.args.krate);
    let (ident, vis) = (&input.item.ident, &input.item.vis);
    let (generics, arguments, clause) = input.item.generics.split_for_impl();
    let global = input.item.generics.params.is_empty().then(|| {
        quote! {
            #[automatically_derived]
            #[allow(dead_code, unreachable_pub)]
            impl #ident {
                #[doc(hidden)]
                #vis fn global() -> &'static Self { ::core::unimplemented!() }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #generics #krate::Metrics for #ident #arguments #clause {
            const DESCRIPTORS: &'static [#krate::__private::MetricDescriptor] = &[];
            fn register(_: &#krate::Registry) -> Self { ::core::unimplemented!() }
            fn visit(&self, _: &mut dyn ::core::ops::FnMut(#krate::__private::SharedInstrument)) {}
        }
        #global
    }
}
