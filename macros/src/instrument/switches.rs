//! Whether and where a call's span begins: `enabled`, `parent`, `follows_from`, and what `component` switches of a report.

use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Type, UnOp};

use super::metrics::Metrics;
use super::model::Model;
use super::parse::Value;
use crate::args::{Arg, Eq};
use crate::errors::Errors;
use crate::hygiene::blaming;
use crate::signature::Function;

/// The arguments as they were written.
pub(super) struct Written {
    pub(super) parent: Arg<Eq<Value>>,
    pub(super) follows_from: Arg<Eq<Value>>,
    pub(super) enabled: Arg<Eq<Value>>,
}

/// Whether and where a call's span begins.
pub(super) struct Switches {
    parent: Option<Parent>,
    /// The spans that led to this one.
    follows_from: Option<Causes>,
    /// What switches each call.
    enabled: Option<Expr>,
    /// Whether a report into metrics of the user's own may be switched off.
    report: bool,
}

/// What the span is a child of.
enum Parent {
    /// `None`: nothing.
    Root(Expr),
    Of(Expr),
}

/// What led to the span.
enum Causes {
    /// What the body may want too.
    Lent(Expr),
    /// What is made for it, or can only be consumed.
    Taken(Expr),
}

impl Causes {
    fn of(expr: Expr, item: &Function) -> Self {
        if is_place(&expr) && !is_generic(&expr, item) { Self::Lent(expr) } else { Self::Taken(expr) }
    }
}

impl Switches {
    pub(super) fn decide(
        written: Written,
        has_component: bool,
        metrics: &Metrics,
        item: &Function,
        errors: &mut Errors,
    ) -> Self {
        let value = |written: Arg<Eq<Value>>| written.map(|written| written.value.0.0);
        let Written { parent, follows_from, enabled } = written;
        let (parent, follows_from, enabled) = (value(parent), value(follows_from), value(enabled));
        // An `.await` would suspend before there is a future to follow.
        for expr in [&parent, &follows_from, &enabled].into_iter().flatten() {
            if let Some(at) = awaited(expr.to_token_stream()) {
                let message = "this is evaluated before the call begins, where nothing can be awaited: await it in the caller, and \
                     hand it over as a parameter";
                errors.at(at, message);
            }
        }
        // Whatever stands between a call and its callsite decides about the report too.
        let is_adapted = has_component || enabled.is_some() || parent.is_some() || follows_from.is_some();
        Self {
            parent: parent
                .map(|parent| if is_none(&parent) { Parent::Root(parent) } else { Parent::Of(parent) }),
            follows_from: follows_from.map(|causes| Causes::of(causes, item)),
            enabled,
            report: is_adapted && matches!(metrics, Metrics::Into(_)),
        }
    }
}

/// Where something is awaited, macros' arguments included; what is `async` itself is a future of its own.
fn awaited(tokens: TokenStream) -> Option<Span> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match (&token, tokens.peek()) {
            (TokenTree::Punct(dot), Some(TokenTree::Ident(name)))
                if dot.as_char() == '.' && name == "await" =>
            {
                Some(name.span())
            }
            (TokenTree::Group(group), _) => awaited(group.stream()),
            (TokenTree::Ident(name), _) if name == "async" => {
                skip_future(&mut tokens);
                None
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Leaves out what stands behind `async`: a block, or a closure, whose body ends where the argument does.
fn skip_future(tokens: &mut Peekable<IntoIter>) {
    tokens.next_if(|token| matches!(token, TokenTree::Ident(name) if name == "move"));
    if tokens.next_if(|token| is(token, '|')).is_some() {
        while tokens.next().is_some_and(|token| !is(&token, '|')) {}
        while tokens.next_if(|token| !is(token, ',')).is_some() {}
    } else {
        tokens.next();
    }
}

fn is(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

/// Whether it is `None`, whose type nothing else says.
fn is_none(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => {
            path.path.segments.last().is_some_and(|last| last.ident == "None" && last.arguments.is_none())
        }
        _ => false,
    }
}

/// The calls on the callsite; nothing where it is what a call takes as it is.
///
/// Output, for `enabled = self, parent = &cx`: `.switched().when(|| enabled(&(self))).under(|| parent(&(&cx)))`.
pub(super) fn adapters(model: &Model) -> Option<TokenStream> {
    let Switches { parent, follows_from, enabled, report } = &model.switches;
    if parent.is_none() && follows_from.is_none() && enabled.is_none() && !report {
        return None;
    }
    let krate = &model.krate;
    let switched = if *report { quote!(.switched_with_report()) } else { quote!(.switched()) };
    let when = enabled.as_ref().map(|enabled| {
        let at = blaming(enabled.span());
        let krate = krate.at(at);
        quote_spanned!(at=> .when(|| #krate::__private::enabled(&(#enabled))))
    });
    let linked = follows_from.as_ref().map(|_| quote!(.linked()));
    let under = parent.as_ref().map(|parent| {
        let (Parent::Root(expr) | Parent::Of(expr)) = parent;
        let at = blaming(expr.span());
        let krate = krate.at(at);
        match parent {
            Parent::Root(none) => {
                quote_spanned!(at=> .under(|| #krate::__private::parent::<::core::option::Option<#krate::Context>>(&(#none))))
            }
            Parent::Of(expr) => quote_spanned!(at=> .under(|| #krate::__private::parent(&(#expr)))),
        }
    });
    Some(quote!(#switched #when #linked #under))
}

/// The statement that records what the span follows from.
pub(super) fn links(model: &Model, recorder: &Ident) -> Option<TokenStream> {
    let causes = model.switches.follows_from.as_ref()?;
    let (Causes::Lent(expr) | Causes::Taken(expr)) = causes;
    let at = blaming(expr.span());
    Some(match causes {
        Causes::Lent(place) => quote_spanned!(at=> #recorder.follows_from(&(#place));),
        Causes::Taken(value) => quote_spanned!(at=> #recorder.follows_from(#value);),
    })
}

/// Whether it is a parameter of a type that is the caller's choice: of such a one nothing says that a reference leads to spans too.
fn is_generic(expr: &Expr, item: &Function) -> bool {
    let Expr::Path(path) = expr else { return false };
    let ty = path.path.get_ident().and_then(|name| item.param(name)?.ty.as_ref());
    match ty {
        Some(Type::ImplTrait(_)) => true,
        Some(Type::Path(ty)) => item.sig.generics.type_params().any(|param| ty.path.is_ident(&param.ident)),
        _ => false,
    }
}

/// Whether it names something that stays where it is: a variable, what is in one, or what one leads to.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Index(index) => is_place(&index.expr),
        Expr::Unary(leads) => matches!(leads.op, UnOp::Deref(_)),
        Expr::Paren(inner) => is_place(&inner.expr),
        Expr::Group(inner) => is_place(&inner.expr),
        _ => false,
    }
}
