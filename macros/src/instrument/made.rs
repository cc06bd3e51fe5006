//! Functions whose value is followed: a future with `future`, a stream by its type or with `stream`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Token, Type, TypeParamBound};

use super::future::Returned;
use super::model::Model;
use crate::args::{Arg, Flag, Written};
use crate::errors::Errors;
use crate::hygiene::blaming;
use crate::signature::{self, Function};

/// The field with the number of a stream's items.
pub(super) const ITEMS: &str = "stream.items";

/// How what a function makes is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Made {
    pub(super) kind: Kind,
    pub(super) boxed: Boxed,
}

/// What is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Future,
    Stream,
}

/// What it is returned as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Boxed {
    /// As it is: `impl Future`.
    No,
    /// `Pin<Box<dyn Future>>`, by its name.
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
    pub(super) fn output(self, ty: &Type) -> Option<&Type> {
        Returned::of(ty, self.kind).and_then(|returned| returned.output)
    }

    /// The mode: what runs the body, what follows, what it is returned as.
    ///
    /// Output: `(made { making_future::<Result<u8, Error>, _> } { follow_reported } { in_box })`.
    pub(super) fn mode(self, model: &Model) -> TokenStream {
        let at = model.returns_at;
        let krate = model.krate.at(at);
        let output = &model.output;
        let path = |name| {
            let name = Ident::new(name, blaming(at));
            quote_spanned!(blaming(at)=> #krate::__private::#name)
        };
        let (making, follow) = match self.kind {
            Kind::Future => (path("making_future"), path("follow_reported")),
            Kind::Stream => (path("making_stream"), path("follow_stream")),
        };
        let boxed = match self.boxed {
            Boxed::No => path("as_it_is"),
            Boxed::Yes => path("in_box"),
            Boxed::Named => {
                let (path, ret) = (path("in_box_of"), &model.ret);
                quote_spanned!(blaming(at)=> #path::<#ret, _>)
            }
        };
        let making = quote_spanned!(blaming(at)=> #making::<#output, _>);
        quote!((made { #making } { #follow } { #boxed }))
    }
}

impl Boxed {
    fn of(ty: &Type) -> Self {
        match ty {
            Type::ImplTrait(_) => Self::No,
            Type::Paren(ty) => Self::of(&ty.elem),
            Type::Group(ty) => Self::of(&ty.elem),
            ty if is_pinned_object(ty) => Self::Yes,
            _ => Self::Named,
        }
    }
}

/// Whether it is `Pin<Box<dyn …>>`, written out.
fn is_pinned_object(ty: &Type) -> bool {
    let within = |ty: &Type, name: &str| match ty {
        Type::Path(ty) => {
            let last = ty.path.segments.last().filter(|last| last.ident == name)?;
            super::future::types(&last.arguments).next().cloned()
        }
        _ => None,
    };
    let object = within(ty, "Pin").and_then(|boxed| within(&boxed, "Box"));
    matches!(object, Some(Type::TraitObject(_)))
}

/// Whether it is `impl Stream`, `Pin<Box<dyn Stream>>` or `BoxStream`, and nothing that what follows it would not be.
fn is_stream(ty: &Type) -> bool {
    let plain = |bounds: &Punctuated<TypeParamBound, Token![+]>| {
        bounds.iter().all(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| {
                ["Stream", "FusedStream", "Send", "Sync", "Unpin"].iter().any(|known| last.ident == known)
            }),
            _ => true,
        })
    };
    let bounds_are_plain = match ty {
        Type::ImplTrait(ty) => plain(&ty.bounds),
        Type::Paren(ty) => return is_stream(&ty.elem),
        Type::Group(ty) => return is_stream(&ty.elem),
        Type::Path(path) => {
            is_pinned_object(ty)
                || path.path.segments.last().is_some_and(|last| last.ident != "Pin" && last.ident != "Box")
        }
        _ => false,
    };
    bounds_are_plain && Returned::of(ty, Kind::Stream).is_some()
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
        let message = format!(
            "`{key}` needs the body in a closure, and `#[track_caller]` needs it in place: remove one of them"
        );
        return Some(syn::Error::new(key.span(), message));
    } else {
        return None;
    };
    Some(syn::Error::new(key.span(), problem))
}

/// The type of what is yielded, as an argument: inferred where it is not written.
pub(super) fn output(returns: Option<&Type>) -> TokenStream {
    match returns {
        Some(ty) => signature::ascription(Some(ty)),
        None => Token![_](proc_macro2::Span::call_site()).to_token_stream(),
    }
}

/// Where a return type is written.
pub(super) fn place(item: &Function) -> proc_macro2::Span {
    item.returns().map_or_else(proc_macro2::Span::call_site, Spanned::span)
}
