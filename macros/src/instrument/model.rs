//! What `#[instrument(…)]` decided: defaults applied, conflicts rejected.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Token, Type, parse_quote};

use super::callsite::{self, Callsite};
use super::fields::{self, Field};
use super::future::Tail;
use super::made::{self, Made};
use super::metrics::{self, Metrics};
use super::objectives::Slo;
use super::outcome::{self, Outcome};
use super::parse::{self, Args, Input, SloArgs};
use super::recording;
use super::switches::{self, Switches};
use crate::args::{Arg, Flag, Within};
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::returned::{self, Returned};
use crate::signature::Function;
use crate::types;

/// A function and what is to be observed of it.
pub(super) struct Model {
    pub(super) krate: Runtime,
    /// All before the body, as written.
    pub(super) head: TokenStream,
    pub(super) body: Body,
    pub(super) mode: Mode,
    pub(super) callsite: Callsite,
    /// Whether and where the span begins.
    pub(super) switches: Switches,
    pub(super) fields: Vec<Field>,
    /// Whether they are compared with OpenTelemetry's conventions.
    pub(super) conventions: bool,
    /// The names that look like secrets and are none.
    pub(super) allowed: Vec<String>,
    /// Whether the body fills fields in, by `record!`.
    pub(super) recording: bool,
    pub(super) metrics: Metrics,
    pub(super) slo: Option<Slo>,
    pub(super) outcome: Outcome,
    /// What the observed code returns, as an ascription.
    pub(super) ret: TokenStream,
    /// What that yields, where it is followed.
    pub(super) output: TokenStream,
    /// Where the return type is written.
    pub(super) returns_at: Span,
    /// Whether it returns the handle of a task.
    pub(super) returns_task: bool,
}

/// What is observed.
pub(super) enum Body {
    /// All of it.
    Whole(Group),
    /// The `async` block at the end of a body, and so the future that is returned.
    Tail(Group, Tail),
}

impl Body {
    /// A function that returns a future makes it of the block at its end. What is `async` itself is a future whole.
    fn of(item: &Function) -> Self {
        match Tail::of(&item.body) {
            Some(tail) if item.sig.asyncness.is_none() => Self::Tail(item.body.clone(), tail),
            _ => Self::Whole(item.body.clone()),
        }
    }

    /// The block that is observed.
    pub(super) fn observed(&self) -> &Group {
        match self {
            Self::Whole(body) => body,
            Self::Tail(_, tail) => &tail.block,
        }
    }
}

/// How the body runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    /// In a closure.
    Sync,
    /// In place, beside a guard.
    Guard,
    /// In an `async` block.
    Async(Captures),
    /// In a closure, and what it returns is followed.
    Made(Made),
}

/// What an `async` block does with the variables that it uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Captures {
    /// They are moved into it: `async move`.
    ByMove,
    /// They are moved or borrowed, as they are used.
    AsUsed,
}

impl Mode {
    /// `async` wins; what cannot move into a closure stays in place, and so does what returns an `impl Trait`: the
    /// bounds give a returned closure its signature, which a closure around it would hide. All else is a closure.
    /// With somebody to look at what is returned, that does without such a signature.
    fn of(item: &Function, body: &Body, made: Option<Made>, is_looked_at: bool) -> Self {
        if let Some(made) = made {
            return Self::Made(made);
        }
        if let Body::Tail(_, tail) = body {
            return Self::Async(if tail.by_move.is_some() { Captures::ByMove } else { Captures::AsUsed });
        }
        match item {
            item if item.sig.asyncness.is_some() => Self::Async(Captures::ByMove),
            item if item.diverges() || item.sig.variadic.is_some() => Self::Guard,
            item if item.attribute("track_caller").is_some() => Self::Guard,
            item if !is_looked_at && item.returns().is_some_and(returns_impl) => Self::Guard,
            _ => Self::Sync,
        }
    }
}

/// Whether a type is an `impl Trait`, or a tuple or an array with one. In an `Option<impl Fn(…)>` and the like a closure
/// does not get its signature from there anyway.
pub(super) fn returns_impl(ty: &Type) -> bool {
    match ty {
        Type::ImplTrait(_) => true,
        Type::Tuple(ty) => ty.elems.iter().any(returns_impl),
        Type::Array(ty) => returns_impl(&ty.elem),
        Type::Paren(ty) => returns_impl(&ty.elem),
        Type::Group(ty) => returns_impl(&ty.elem),
        _ => false,
    }
}

/// The arguments, by what they have to do with.
struct Written {
    callsite: callsite::Written,
    switches: switches::Written,
    fields: fields::Written,
    outcome: outcome::Written,
    metrics: Arg<parse::Metrics>,
    slo: Arg<Within<SloArgs>>,
    future: Arg<Flag>,
    stream: Arg<Flag>,
    krate: Runtime,
}

impl Written {
    fn of(args: Args) -> Self {
        let Args {
            name,
            level,
            target,
            kind,
            component,
            parent,
            follows_from,
            enabled,
            record,
            record_all,
            skip,
            skip_all,
            fields,
            err,
            outcome,
            ret,
            metrics,
            slo,
            allow_secret,
            semconv,
            future,
            stream,
            krate,
        } = args;
        Self {
            callsite: callsite::Written { name, level, target, kind, component },
            switches: switches::Written { parent, follows_from, enabled },
            fields: fields::Written { record, record_all, skip, skip_all, fields, allow_secret, semconv },
            outcome: outcome::Written { err, outcome, ret },
            metrics,
            slo,
            future,
            stream,
            krate: Runtime::new(&krate),
        }
    }
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, mut errors } = input;
        let Written { callsite, switches, fields, outcome, metrics, slo, future, stream, krate } =
            Written::of(args);
        let run = Run::decide(future, stream, outcome.looks(), &item, &mut errors);
        let (conventions, allowed) = (fields.conventions(), fields.allowed());
        let labels = metrics.as_ref().map(|written| metrics::names_of_labels(&written.value));
        let is_switched = callsite.component.is_some();
        let (callsite, own_name) = Callsite::decide(callsite, &item, &mut errors);
        let beside = fields::Beside {
            labels: labels.unwrap_or_default(),
            own_name,
            has_items: run.made.is_some_and(|made| made.kind == returned::Kind::Stream),
        };
        let fields = fields::decide(fields, beside, &item, &mut errors);
        let (metrics, slo) = counted(metrics, slo, &item, &mut errors);
        let outcome = Outcome::decide(outcome, run.mode, &item, run.returns.as_ref(), &mut errors);
        let switches = Switches::decide(switches, is_switched, &metrics, &item, &mut errors);
        let Run { body, mode, made, returns } = run;
        let model = Self {
            krate,
            mode,
            callsite,
            switches,
            ret: types::ascription(made.map_or(returns.as_ref(), |_| item.returns())),
            output: made::output(returns.as_ref()),
            returns_at: made::place(&item),
            returns_task: item.returns().is_some_and(returned::is_task),
            head: item.head,
            recording: recording::is_in(body.observed().stream()),
            body,
            fields,
            conventions,
            allowed,
            metrics,
            slo,
            outcome,
        };
        errors.finish(model)
    }
}

/// How the body runs, and what that comes to.
struct Run {
    body: Body,
    mode: Mode,
    /// What is followed.
    made: Option<Made>,
    /// What the observed code returns, where that is written.
    returns: Option<Type>,
}

impl Run {
    fn decide(
        future: Arg<Flag>,
        stream: Arg<Flag>,
        is_looked_at: bool,
        item: &Function,
        errors: &mut Errors,
    ) -> Self {
        let asked = future.is_some() || stream.is_some();
        let made = Made::of(item, future, stream, errors);
        let body = if asked { Body::Whole(item.body.clone()) } else { Body::of(item) };
        check_function(item, &body, asked, errors);
        let mode = Mode::of(item, &body, made, is_looked_at);
        let returns = returns(item, &body, made);
        Self { body, mode, made, returns }
    }
}

/// The metrics, which have what the objectives are about.
fn counted(
    metrics: Arg<parse::Metrics>,
    slo: Arg<Within<SloArgs>>,
    item: &Function,
    errors: &mut Errors,
) -> (Metrics, Option<Slo>) {
    let slo = Slo::decide(slo, errors);
    let metrics = metrics.or_else(|| slo.as_ref().map(Slo::metrics));
    let mut metrics = metrics::decide(metrics, item, errors);
    if let Some(slo) = &slo {
        slo.fit(&mut metrics, item, errors);
    }
    (metrics, slo)
}

/// Functions that nothing can be observed of.
fn check_function(item: &Function, body: &Body, is_followed: bool, errors: &mut Errors) {
    if let Some(token) = &item.sig.constness {
        errors.on(token, "`#[instrument]` can't observe a `const fn`: remove `const`, or the attribute");
    }
    let naked = item.attrs.iter().find(|attr| match &attr.meta {
        syn::Meta::List(list) => list.path.is_ident("unsafe") && list.tokens.to_string() == "naked",
        meta => meta.path().is_ident("naked"),
    });
    if let Some(naked) = naked {
        errors.on(naked, "`#[instrument]` can't observe a naked function: remove one of the attributes");
    }
    // A future that is only handed on would run after its span has ended.
    let looks = item.sig.asyncness.is_none() && !is_followed;
    let future = item.returns().filter(|_| looks).and_then(|ty| Returned::of(ty, returned::Kind::Future));
    // After a slip among the arguments, `future` may have been meant.
    if let (Some(future), Body::Whole(_), 0) = (future, body, errors.count()) {
        errors.at(future.at, HANDED_ON);
    }
}

const HANDED_ON: &str = "`#[instrument]` would end the span before this future runs: write `#[instrument(future)]`, which \
     follows it, or make the function an `async fn`";

/// What the observed code returns, where that is written. A future's output that is not, behind an alias or an associated
/// type, is the compiler's to find.
fn returns(item: &Function, body: &Body, made: Option<Made>) -> Option<Type> {
    let written = item.returns();
    if let Some(made) = made {
        return written.and_then(|ty| made.output(ty)).or_else(|| Some(inferred(written)));
    }
    let Body::Tail(_, tail) = body else { return written.cloned() };
    let future = written.and_then(|ty| Returned::of(ty, returned::Kind::Future));
    let output = future.and_then(|future| future.output);
    let nameable = written.filter(|written| tail.is_boxed() && !mentions_impl(written.to_token_stream()));
    let projected = nameable.map(|written| parse_quote!(<#written as ::core::future::Future>::Output));
    output.or(projected).or_else(|| Some(inferred(written)))
}

fn inferred(written: Option<&Type>) -> Type {
    let span = written.map_or_else(Span::call_site, Spanned::span);
    Type::Infer(syn::TypeInfer { attrs: Vec::new(), underscore_token: Token![_](span) })
}

fn mentions_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "impl",
        TokenTree::Group(group) => mentions_impl(group.stream()),
        _ => false,
    })
}
