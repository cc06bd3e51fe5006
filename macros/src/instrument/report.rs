//! The part of the model that decides where a function's calls are reported to: `metrics = Type`, `metrics(into = …)`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, GenericArgument, Path, PathArguments, ReceiverKind, Type, UnOp};

use super::parse;
use crate::args::{Arg, Eq, Flag, Text};
use crate::buckets::Buckets;
use crate::errors::Errors;
use crate::signature::Function;

/// What a function's calls report into.
pub(super) struct Report {
    pub(super) target: Target,
    /// The labels; nothing where none are given.
    pub(super) labels: Option<Expr>,
}

/// Where a report goes.
pub(super) enum Target {
    /// To a type's global instance.
    Global(Path),
    /// To an expression's place, by reference.
    Place(Expr),
    /// To what an expression refers to: `&self.metrics`.
    Reference(Expr),
    /// To an expression's value.
    Value(Expr),
}

impl Target {
    /// What can stand on the left of an assignment is a place.
    fn of(into: Expr) -> Self {
        match innermost(&into) {
            Expr::Reference(_) => Self::Reference(into),
            Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => Self::Place(into),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => Self::Place(into),
            _ => Self::Value(into),
        }
    }

    /// Where it is written.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Global(ty) => ty.span(),
            Self::Place(into) | Self::Reference(into) | Self::Value(into) => into.span(),
        }
    }
}

/// An expression without the parentheses around it.
fn innermost(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => innermost(&inner.expr),
        Expr::Group(inner) => innermost(&inner.expr),
        _ => expr,
    }
}

/// Arguments that are for a function's own metrics.
pub(super) struct Others {
    pub(super) prefix: Arg<Eq<Text>>,
    pub(super) buckets: Arg<Eq<Buckets>>,
    pub(super) in_flight: Arg<Flag>,
}

impl Report {
    /// Into what an expression leads to.
    pub(super) fn decide(
        into: Expr,
        labels: Arg<parse::Labels>,
        others: Others,
        item: &Function,
        errors: &mut Errors,
    ) -> Self {
        others.refuse(errors);
        let target = Target::of(into);
        if let Target::Place(place) | Target::Reference(place) = &target {
            check_place(place, item, errors);
        }
        Self { target, labels: value_of(labels, errors) }
    }
}

impl Others {
    /// Names and buckets are the struct's.
    fn refuse(self, errors: &mut Errors) {
        let Self { prefix, buckets, in_flight } = self;
        let others = [
            (
                prefix.map(|written| written.key),
                "the struct has the names: write `#[metrics(prefix = …)]` there",
            ),
            (
                buckets.map(|written| written.key),
                "the struct has the buckets: write `#[metric(buckets = …)]` there",
            ),
            (
                in_flight.map(|written| written.key),
                "the struct has the metrics: write `#[metric(role = in_flight)]` there",
            ),
        ];
        for (key, remedy) in others {
            if let Some(key) = key {
                errors.at(key.span(), format_args!("`{key}` does not go with `into`; {remedy}"));
            }
        }
    }
}

/// A report holds on to its place while the body runs, so that the body can't own what it is a part of. The compiler would
/// say so of the whole attribute, and without telemetry not at all.
fn check_place(place: &Expr, item: &Function, errors: &mut Errors) {
    let place = place_of(place);
    let Some(root) = root(place).filter(|root| is_owned(root, item)) else { return };
    if !mentions(item.body.stream(), root) {
        return;
    }
    let place = place.to_token_stream().to_string().replace(' ', "");
    let message = format!(
        "the body has `{root}` to itself, so these metrics can't be borrowed from it: write `into = Arc::clone(&{place})`, with the \
         metrics in an `Arc`, or take `{root}` by `&`"
    );
    errors.at(root.span(), message);
}

/// What a reference refers to and a `*` dereferences.
fn place_of(expr: &Expr) -> &Expr {
    match innermost(expr) {
        Expr::Reference(reference) => place_of(&reference.expr),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => place_of(&unary.expr),
        place => place,
    }
}

/// The variable that a place is in.
fn root(place: &Expr) -> Option<&Ident> {
    match place_of(place) {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        _ => None,
    }
}

/// Whether a variable is the body's own: a parameter taken by value or by `&mut`.
fn is_owned(root: &Ident, item: &Function) -> bool {
    if root == "self" {
        return item.sig.receiver().is_some_and(|receiver| match &receiver.kind {
            ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
            ReceiverKind::Typed(_, ty) => !is_shared(ty),
            _ => true,
        });
    }
    item.param(root).and_then(|param| param.ty.as_ref()).is_some_and(|ty| !is_shared(ty))
}

/// Whether it is `&T`, or `Pin<&T>`, so that it is there for all.
fn is_shared(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| match &last.arguments {
            PathArguments::AngleBracketed(list) if last.ident == "Pin" => {
                matches!(list.args.first(), Some(GenericArgument::Type(ty)) if is_shared(ty))
            }
            _ => false,
        }),
        Type::Reference(reference) => reference.mutability.is_none(),
        Type::Paren(inner) => is_shared(&inner.elem),
        Type::Group(inner) => is_shared(&inner.elem),
        _ => false,
    }
}

/// Whether a body names a variable, in a format string too.
fn mentions(body: TokenStream, variable: &Ident) -> bool {
    let name = variable.to_string();
    body.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), variable),
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
        TokenTree::Punct(_) => false,
    })
}

/// The labels beside `into` are one expression.
fn value_of(labels: Arg<parse::Labels>, errors: &mut Errors) -> Option<Expr> {
    let labels = labels?;
    match labels.value {
        parse::Labels::Value(value) => Some(*value),
        parse::Labels::List(_) => {
            let message = "beside `into` the labels are a value of the struct's labels: write `labels = …`";
            errors.at(labels.key.span(), message);
            None
        }
    }
}
