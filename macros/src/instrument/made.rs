//! Functions whose value is followed: a future with `future`, a stream by its type or with `stream`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Token, Type, TypeParamBound};

use super::model::Model;
use crate::args::{Arg, Flag, Written};
use crate::errors::Errors;
use crate::hygiene::{blaming, repeated};
use crate::returned::{Kind, Returned, is_pinned, is_stream};
use crate::signature::Function;
use crate::types;

/// The field with the number of a stream's items.
pub(super) const ITEMS: &str = "stream.items";

/// How what a function makes is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Made {
    pub(super) kind: Kind,
    pub(super) boxed: Boxed,
}

/// What it is returned as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Boxed {
    /// As it is: `impl Future`.
    No,
    /// `Pin<Box<dyn Future>>` or `Pin<Box<impl Future>>`, by its name.
    Yes,
    /// What the compiler finds behind a name.
    Named,
}

impl Made {
    /// A future is followed where that is asked for; a stream also where the type says that it is one and nothing else.
    pub(super) fn of(
        item: &Function,
        future: Arg<Flag>,
        stream: Arg<Flag>,
        errors: &mut Errors,
    ) -> Option<Self> {
        if let (Some(one), Some(other)) = (&future, &stream) {
            let message = "`future` and `stream` exclude each other; keep one";
            errors.between(one.key.span(), other.key.span(), message);
        }
        let asked = match (&future, &stream) {
            (Some(Written { key, .. }), _) => Some((key, Kind::Future)),
            (None, Some(Written { key, .. })) => Some((key, Kind::Stream)),
            (None, None) => None,
        };
        let returns = item.returns();
        if let Some(problem) = asked.and_then(|(key, kind)| problem(key, kind, item)) {
            errors.add(problem);
            return None;
        }
        let kind = match asked {
            Some((_, kind)) => kind,
            None if in_closure(item) && returns.is_some_and(is_stream) => Kind::Stream,
            None => return None,
        };
        returns.map(|ty| Self { kind, boxed: Boxed::of(ty) })
    }

    /// What the future yields, or the stream's items are, where that is written.
    pub(super) fn output(self, ty: &Type) -> Option<Type> {
        Returned::of(ty, self.kind).and_then(|returned| returned.output)
    }

    /// The mode, with the function that runs the body and follows what it returns.
    ///
    /// Output: `(made { followed_future_in_box::<Result<u8, Error>, _, _, _> })`.
    pub(super) fn mode(self, model: &Model) -> TokenStream {
        let (krate, at) = (model.krate.at(model.returns_at), blaming(model.returns_at));
        let name = match (self.kind, self.boxed) {
            (Kind::Future, Boxed::No) => "followed_future",
            (Kind::Future, Boxed::Yes) => "followed_future_in_box",
            (Kind::Future, Boxed::Named) => "followed_future_as",
            (Kind::Stream, Boxed::No) => "followed_stream",
            (Kind::Stream, Boxed::Yes) => "followed_stream_in_box",
            (Kind::Stream, Boxed::Named) => "followed_stream_as",
        };
        let known = match self.boxed {
            Boxed::No | Boxed::Yes => model.output.clone(),
            // A type that can't be followed is one error, however often it is asked.
            Boxed::Named => repeated(model.ret.clone(), model.returns_at),
        };
        let name = Ident::new(name, at);
        let follow = quote_spanned!(at=> #krate::__private::#name::<#known, _, _, _>);
        quote!((made { #follow }))
    }
}

impl Boxed {
    fn of(ty: &Type) -> Self {
        match ty {
            Type::ImplTrait(_) => Self::No,
            Type::Paren(ty) => Self::of(&ty.elem),
            Type::Group(ty) => Self::of(&ty.elem),
            ty if is_pinned(ty) => Self::Yes,
            _ => Self::Named,
        }
    }
}

/// The error for an `impl` type that promises something else.
fn unsaid(key: &Ident, kind: Kind, ty: &Type) -> syn::Error {
    let (what, like) = match kind {
        Kind::Future => ("future", "Future<Output = …>"),
        Kind::Stream => ("stream", "Stream<Item = …>"),
    };
    let message = format!(
        "`{key}` follows a {what}, and this type does not say that it is one: remove it, or write `impl {like}`"
    );
    syn::Error::new_spanned(ty, message)
}

/// Whether a type can be one of that kind; of an `impl` type its bounds say so: `impl TryFuture`.
fn may_be(ty: &Type, kind: Kind) -> bool {
    let name = if kind == Kind::Future { "Future" } else { "Stream" };
    match ty {
        Type::ImplTrait(ty) => ty.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                bound.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with(name))
            }
            _ => false,
        }),
        Type::Paren(ty) => may_be(&ty.elem, kind),
        Type::Group(ty) => may_be(&ty.elem, kind),
        _ => true,
    }
}

/// Whether the body can be a closure.
fn in_closure(item: &Function) -> bool {
    item.sig.asyncness.is_none() && item.sig.variadic.is_none() && item.attribute("track_caller").is_none()
}

/// Why a function's value can't be followed.
fn problem(key: &Ident, kind: Kind, item: &Function) -> Option<syn::Error> {
    let problem = if item.sig.asyncness.is_some() {
        match kind {
            Kind::Future => "an `async fn` is followed as it is: remove `future`",
            Kind::Stream => {
                "`stream` follows what a function returns, and an `async fn` returns a future: remove `stream` or `async`"
            }
        }
    } else if item.diverges() || item.returns().is_none() {
        match kind {
            Kind::Future => {
                "`future` follows the future that a function returns, and this one returns nothing: remove it"
            }
            Kind::Stream => {
                "`stream` follows the stream that a function returns, and this one returns nothing: remove it"
            }
        }
    } else if !in_closure(item) {
        let message = match item.sig.variadic {
            Some(_) => {
                format!(
                    "`{key}` needs the body in a closure, which C-variadic arguments can't enter: remove `{key}`"
                )
            }
            None => format!(
                "`{key}` needs the body in a closure, and `#[track_caller]` needs it in place: remove one of them"
            ),
        };
        return Some(syn::Error::new(key.span(), message));
    } else {
        return item.returns().filter(|ty| !may_be(ty, kind)).map(|ty| unsaid(key, kind, ty));
    };
    Some(syn::Error::new(key.span(), problem))
}

/// The type of what is yielded, as an argument: inferred where it is not written.
pub(super) fn output(returns: Option<&Type>) -> TokenStream {
    match returns {
        Some(ty) => types::ascription(Some(ty)),
        None => Token![_](proc_macro2::Span::call_site()).to_token_stream(),
    }
}

/// Where a return type is written.
pub(super) fn place(item: &Function) -> proc_macro2::Span {
    item.returns().map_or_else(proc_macro2::Span::call_site, Spanned::span)
}
