//! The tokens of `#[instrument]`: the function as written, its body inside one call of `body!`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Lifetime, Path};

use super::await_points::labelled;
use super::callsite::Callsite;
use super::described;
use super::fields::{FieldName, Value};
use super::future::regrouped;
use super::metrics::{CallMetrics, Labels, Metrics, StaticLabel, TypedLabel};
use super::model::{Body, Captures, Mode, Model};
use super::names;
use super::objectives;
use super::outcome::{ErrorFormat, Found, Outcome, Returned, Said};
use super::parse::{Kind, Level};
use super::recording::recorded;
use super::report::{Report, Target};
use super::switches;
use crate::field::Format;
use crate::hygiene::{Runtime, blaming, local};
use crate::semconv;

/// Input: `fn f(…) -> T { body }`; output: `fn f(…) -> T { body! { mode [] { … } … '__body { body } } }`. Of a function that returns a
/// future: `{ before; before_future! { … } Box::pin(async move { body! { (future (async move)) [] { … } … '__body { block } } }) }`.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, head, body, ret, .. } = model;
    let (span, observed) = match model.recording {
        true => {
            let (span, observed) = recorded(model);
            (Some(span), observed)
        }
        false => (None, body.observed().clone()),
    };
    let (import, observed) = labelled(model, observed);
    let (mode, decided, report) = (mode(model), switches::adapters(model), report(model));
    let (site, labels, record) = (site(model), label_index(model), record(model));
    let (outcome, warnings) = (outcome(model), warnings(model));
    let evaluated = quote!({ #labels } { #record });
    let label = Lifetime::new("'__body", observed.span());
    let groups = quote! {
        [#span] { #decided } { #report } { #site } #evaluated { #outcome } { #ret } #label #observed
    };
    let block = match body {
        Body::Whole(body) => {
            regrouped(body, quote!(#warnings #import #krate::__private::body! { #mode #groups }))
        }
        Body::Tail(body, tail) => {
            let check = quote!(#krate::__private::before_future! { { #decided } { #report } #evaluated });
            let call = quote!(#import #krate::__private::body! { (future #mode) #groups });
            let rest = tail.with(check, call);
            regrouped(body, quote!(#warnings #rest))
        }
    };
    quote!(#head #block)
}

fn mode(model: &Model) -> TokenStream {
    match model.mode {
        Mode::Made(made) => made.mode(model),
        Mode::Sync => quote!(sync),
        Mode::Guard => quote!(guard),
        Mode::Async(Captures::ByMove) => quote!((async move)),
        Mode::Async(Captures::AsUsed) => quote!((async)),
    }
}

/// Output, for `into = self.metrics, labels = Put`: `|__call| report_at(&(self.metrics), __call, || Put)`.
fn report(model: &Model) -> Option<TokenStream> {
    let (Metrics::Into(report), krate) = (&model.metrics, &model.krate) else { return None };
    let Report { target, labels } = &**report;
    let call = local("__call");
    let at = blaming(target.span());
    let krate = krate.at(at);
    let report_at = quote_spanned!(at=> #krate::__private::report_at);
    let (report, target) = match target {
        Target::Global(ty) if is_plain(ty) => (report_at, quote_spanned!(at=> #ty::global())),
        Target::Global(ty) => (report_at, quote_spanned!(at=> <#ty>::global())),
        Target::Place(place) => (report_at, quote_spanned!(at=> &(#place))),
        Target::Reference(value) => (report_at, quote!(#value)),
        Target::Value(value) => (quote_spanned!(at=> #krate::__private::report_to), quote!(#value)),
    };
    let labels = match labels {
        Some(labels) => quote_spanned!(at=> || { #labels }),
        None => quote_spanned!(at=> #krate::__private::no_labels),
    };
    Some(quote_spanned!(at=> |#call| #report(#target, #call, #labels)))
}

/// Whether a type's path is one of an expression too.
fn is_plain(ty: &Path) -> bool {
    ty.segments.iter().all(|segment| segment.arguments.is_none())
}

fn level(krate: &Runtime, level: Level) -> TokenStream {
    match level {
        Level::Error => quote!(#krate::__private::Level::ERROR),
        Level::Warn => quote!(#krate::__private::Level::WARN),
        Level::Info => quote!(#krate::__private::Level::INFO),
        Level::Debug => quote!(#krate::__private::Level::DEBUG),
        Level::Trace => quote!(#krate::__private::Level::TRACE),
    }
}

fn kind(krate: &Runtime, kind: Kind) -> TokenStream {
    match kind {
        Kind::Internal => quote!(#krate::__private::SpanKind::Internal),
        Kind::Server => quote!(#krate::__private::SpanKind::Server),
        Kind::Client => quote!(#krate::__private::SpanKind::Client),
        Kind::Producer => quote!(#krate::__private::SpanKind::Producer),
        Kind::Consumer => quote!(#krate::__private::SpanKind::Consumer),
    }
}

/// The fields of the callsite's `Spec`, behind its record in brackets, where that is known.
fn site(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let Callsite { name, target, level: at, kind: role, component, function, doc } = &model.callsite;
    let target = match target {
        Some(target) => quote!(#target),
        None => quote!(::core::module_path!()),
    };
    let (level, kind) = (level(krate, *at), kind(krate, *role));
    let fields = names::all(krate, &model.fields);
    let calls = match &model.metrics {
        Metrics::Own(metrics) => call_spec(krate, function, metrics),
        Metrics::Into(_) | Metrics::None => quote!(::core::option::Option::None),
    };
    let reports = matches!(model.metrics, Metrics::Into(_));
    let own_labels = match &model.metrics {
        Metrics::Own(metrics) => constant_labels(function, metrics),
        Metrics::Into(_) | Metrics::None => TokenStream::new(),
    };
    let objectives = objectives::all(krate, model.slo.as_ref(), &model.metrics, &own_labels);
    let record = described::record(model).map(|record| quote!([#record]));
    quote! {
        #record
        name: #name,
        target: #target,
        level: #level,
        kind: #kind,
        component: #component,
        module: ::core::module_path!(),
        function: #function,
        file: ::core::file!(),
        line: ::core::line!(),
        fields: #fields,
        doc: #doc,
        calls: #calls,
        reports: #reports,
        objectives: #objectives,
    }
}

/// The static description of a function's metrics.
fn call_spec(krate: &Runtime, function: &str, metrics: &CallMetrics) -> TokenStream {
    let CallMetrics { calls_total, duration_seconds, in_flight, labels, buckets } = metrics;
    let in_flight = option(in_flight.as_ref().map(|name| quote!(#name)));
    let buckets = buckets.expand(krate);
    let constant = constant_labels(function, metrics);
    let dimensions = match labels {
        Labels::Place => Vec::new(),
        Labels::Own(_, typed) => typed.iter().map(|label| dimension(krate, label)).collect(),
    };
    quote! {
        ::core::option::Option::Some(&#krate::__private::CallSpec {
            calls_total: #calls_total,
            duration_seconds: #duration_seconds,
            in_flight: #in_flight,
            constant: &[#constant],
            dimensions: &[#(#dimensions),*],
            buckets: #buckets,
        })
    }
}

/// The labels that tell the function's series from others' in the family.
fn constant_labels(function: &str, CallMetrics { labels, .. }: &CallMetrics) -> TokenStream {
    match labels {
        Labels::Place => quote!(("module", ::core::module_path!()), ("function", #function)),
        Labels::Own(statics, _) => {
            let statics = statics.iter().map(|label| {
                let (name, StaticLabel { value, .. }) = (label.name(), label);
                quote!((#name, #value))
            });
            quote!(#(#statics),*)
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn dimension(krate: &Runtime, label: &TypedLabel) -> TokenStream {
    let ty = &label.ty;
    let naming = label.naming();
    quote! {
        #krate::__private::Dimension {
            #naming,
            values: #krate::__private::Values::Static(<#ty as #krate::__private::Label>::VALUES)
        }
    }
}

/// The row-major index of a call's series among all the combinations of its typed labels; nothing without any.
///
/// Output, for `a`, `b`, `c`: `combined(combined(a, B::VALUES.len(), b), C::VALUES.len(), c)`. Trait paths rather than functions with
/// bounds: then a type that is no label is one error, however often it is named.
fn label_index(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let Metrics::Own(CallMetrics { labels: Labels::Own(_, typed), .. }) = &model.metrics else {
        return TokenStream::new();
    };
    typed.iter().fold(TokenStream::new(), |index, TypedLabel { ty, value, span, .. }| {
        let at = krate.at(*span);
        let own = quote_spanned!(blaming(*span)=> <#ty as #at::__private::Label>::index(#value));
        match index.is_empty() {
            true => own,
            false => {
                let cardinality =
                    quote_spanned!(blaming(*span)=> <#ty as #at::__private::Label>::VALUES.len());
                quote!(#krate::__private::combined(#index, #cardinality, #own))
            }
        }
    })
}

/// A closure that records the attributes which are known at the start, and has the checks.
fn record(model: &Model) -> TokenStream {
    let Model { krate, fields, .. } = model;
    let checks = names::checks(model);
    let recorder = local("__fields");
    let statements: Vec<TokenStream> = fields
        .iter()
        .enumerate()
        .filter_map(|(number, field)| {
            let value = field.value.as_ref()?;
            Some(statement(krate, &recorder, &names::place(krate, fields, number), &field.name, value))
        })
        .collect();
    let links = switches::links(model, &recorder);
    match (statements.is_empty() && links.is_none(), checks.is_empty()) {
        (true, true) => TokenStream::new(),
        (true, false) => quote!(|_| { #checks }),
        (false, _) => quote!(|#recorder| { #checks #(#statements)* #links }),
    }
}

fn statement(
    krate: &Runtime,
    recorder: &Ident,
    place: &TokenStream,
    name: &FieldName,
    value: &Value,
) -> TokenStream {
    let tokens = &value.tokens;
    let reference = quote_spanned!(blaming(value.span)=> &(#tokens));
    match name {
        FieldName::Text(_) => {
            let method = match (value.format, value.must_be) {
                (Format::Value, Some(ty)) => local(ty.method()),
                (Format::Value, None) => local("value"),
                (Format::Debug, _) => local("debug"),
                (Format::Display, _) => local("display"),
            };
            quote!(#recorder.#method(#place, #reference);)
        }
        FieldName::Constant(constant) => {
            let record = constant.recorder(&krate.at(constant.span()), value.format);
            quote!(#record(#reference, #place, #recorder);)
        }
        FieldName::Set(ty) => {
            let krate = krate.at(ty.span());
            let record = quote_spanned!(blaming(ty.span())=> <#ty as #krate::Attributes>::record);
            quote!(#record(#reference, #place, #recorder);)
        }
    }
}

/// What is to be said of the attributes' names. It stands in the body, so that attributes of the function silence it.
fn warnings(model: &Model) -> TokenStream {
    let warned = model.fields.iter().filter_map(|field| Some((field.span, field.warning.as_ref()?)));
    warned.map(|(span, message)| semconv::warning(&model.krate, span, message)).collect()
}

/// A closure from what was returned to what it means.
fn outcome(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let out = local("__out");
    match &model.outcome {
        Outcome::Unseen => TokenStream::new(),
        Outcome::Never => quote!(|_| ::core::unreachable!()),
        Outcome::Seen(by, said, returned) => {
            let at =
                said.as_ref().map(|said| said.at).or_else(|| returned.as_ref().map(|returned| returned.at));
            let value = at.map_or_else(|| out.clone(), |at| Ident::new("__out", blaming(at)));
            let found = found(model, by, &value);
            let found = match said {
                Some(said) => self::said(krate, said, &value, &found),
                None => found,
            };
            let found = match returned {
                Some(returned) => self::returned(model, returned, said.is_some(), &value, &found),
                None => found,
            };
            quote!(|#out| #found)
        }
    }
}

/// With what the error says.
fn said(krate: &Runtime, said: &Said, value: &Ident, found: &TokenStream) -> TokenStream {
    let Said { format, level: at, at: span } = said;
    let level = option(at.map(|at| level(krate, at)));
    let function = match format {
        ErrorFormat::Display => quote_spanned!(blaming(*span)=> error_outcome_display),
        ErrorFormat::Debug => quote_spanned!(blaming(*span)=> error_outcome_debug),
        ErrorFormat::Chain => quote_spanned!(blaming(*span)=> error_outcome_chain),
    };
    let krate = krate.at(*span);
    quote_spanned!(blaming(*span)=> #krate::__private::#function(#value, #found, #level))
}

/// With what was returned; beside `err` that is what is in the `Ok`.
fn returned(
    model: &Model,
    returned: &Returned,
    is_result: bool,
    value: &Ident,
    found: &TokenStream,
) -> TokenStream {
    let Returned { is_display, level: at, at: span } = returned;
    let level = level(&model.krate, at.unwrap_or(model.callsite.level));
    let name = match (is_result, is_display) {
        (false, false) => "returned_debug",
        (false, true) => "returned_display",
        (true, false) => "returned_ok_debug",
        (true, true) => "returned_ok_display",
    };
    let (function, krate) = (Ident::new(name, blaming(*span)), model.krate.at(*span));
    quote_spanned!(blaming(*span)=> #krate::__private::#function(#value, #found, #level))
}

/// How the call ended: by what the user's function makes of the value, or by what the compiler knows of it.
fn found(model: &Model, by: &Found, value: &Ident) -> TokenStream {
    let krate = &model.krate;
    // It says where what is handed on should be followed.
    let outcome = Ident::new("outcome", blaming(model.returns_at));
    // What an `async fn` yields is for its caller, and what is followed is not what is looked at; nor is what somebody says
    // the meaning of.
    let may_be_handed_on = model.mode == Mode::Sync && matches!(by, Found::Probed);
    // A started task needs nobody who follows it.
    let named = (!model.returns_task).then(|| quote!(NamedHandedOn as _,));
    let handed_on = may_be_handed_on.then(|| quote!(FutureHandedOn as _, #named StreamHandedOn as _,));
    let probed = quote! {{
        #[allow(unused_imports)]
        use #krate::__private::{AnyOutcome as _, #handed_on ResultOutcome as _};
        (&#krate::__private::Probe(#value)).#outcome()
    }};
    match by {
        Found::By(path) => {
            let (at, value) = (krate.at(path.span()), Ident::new("__out", blaming(path.span())));
            quote_spanned!(blaming(path.span())=> #at::__private::classified(#path(#value), #probed))
        }
        Found::Probed => probed,
    }
}
