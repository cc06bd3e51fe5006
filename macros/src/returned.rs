//! What a function's return type says about being a future or a stream.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, Token, Type, TypeParamBound, parse_quote};

/// What is returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Future,
    Stream,
}

/// What a type says about being a future or a stream: `impl Future`, `Pin<Box<dyn Future>>`, `BoxFuture`.
pub(crate) struct Returned {
    /// Where it says so.
    pub(crate) at: Span,
    /// What the future yields, or the stream's items are, where that is written.
    pub(crate) output: Option<Type>,
    /// The same of an alias, as such are usually defined: the first of its types.
    pub(crate) likely: Option<Type>,
}

impl Returned {
    /// Nothing where the type does not say that it is one of that kind.
    pub(crate) fn of(ty: &Type, kind: Kind) -> Option<Self> {
        match ty {
            Type::ImplTrait(ty) => Self::of_bounds(&ty.bounds, kind),
            Type::TraitObject(ty) => Self::of_bounds(&ty.bounds, kind),
            Type::Paren(inner) => Self::of(&inner.elem, kind),
            Type::Group(inner) => Self::of(&inner.elem, kind),
            Type::Path(ty) => {
                let last = ty.path.segments.last()?;
                let mut types = types(&last.arguments);
                match (last.ident.to_string().as_str(), kind) {
                    // An alias of anybody's: what it yields only the compiler knows.
                    ("BoxFuture" | "LocalBoxFuture", Kind::Future)
                    | ("BoxStream" | "LocalBoxStream", Kind::Stream) => {
                        Some(Self { at: last.ident.span(), output: None, likely: types.next().cloned() })
                    }
                    ("Pin" | "Box", _) => types.find_map(|ty| Self::of(ty, kind)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Of `impl Future<Output = T>`, or of `impl TryFuture<Ok = T, Error = E>`, which yields a `Result<T, E>`.
    fn of_bounds(bounds: &Punctuated<TypeParamBound, Token![+]>, kind: Kind) -> Option<Self> {
        let (name, fallible, yields) = match kind {
            Kind::Future => ("Future", "TryFuture", "Output"),
            Kind::Stream => ("Stream", "TryStream", "Item"),
        };
        bounds.iter().find_map(|bound| {
            let TypeParamBound::Trait(bound) = bound else { return None };
            let last = bound.path.segments.last()?;
            let output = if last.ident == name {
                associated(&last.arguments, yields).cloned()
            } else if last.ident == fallible {
                let [ok, error] = ["Ok", "Error"].map(|name| associated(&last.arguments, name));
                ok.zip(error).map(|(ok, error)| parse_quote!(::core::result::Result<#ok, #error>))
            } else {
                return None;
            };
            Some(Self { at: last.ident.span(), likely: output.clone(), output })
        })
    }
}

/// The type that a bound states for an associated one.
fn associated<'t>(list: &'t PathArguments, name: &str) -> Option<&'t Type> {
    arguments(list).find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == name => Some(&assoc.ty),
        _ => None,
    })
}

fn arguments(arguments: &PathArguments) -> impl Iterator<Item = &GenericArgument> {
    let list = match arguments {
        PathArguments::AngleBracketed(list) => Some(&list.args),
        _ => None,
    };
    list.into_iter().flatten()
}

pub(crate) fn types(list: &PathArguments) -> impl Iterator<Item = &Type> {
    arguments(list).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether it is `Pin<Box<dyn …>>` or `Pin<Box<impl …>>`, written out.
pub(crate) fn is_pinned(ty: &Type) -> bool {
    let within = |ty: &Type, name: &str| match ty {
        Type::Path(ty) => {
            let last = ty.path.segments.last().filter(|last| last.ident == name)?;
            types(&last.arguments).next().cloned()
        }
        _ => None,
    };
    let boxed = within(ty, "Pin").and_then(|boxed| within(&boxed, "Box"));
    matches!(boxed, Some(Type::TraitObject(_) | Type::ImplTrait(_)))
}

/// Whether it is `impl Stream`, `Pin<Box<dyn Stream>>` or `BoxStream`, and nothing that what follows it would not be.
pub(crate) fn is_stream(ty: &Type) -> bool {
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
            is_pinned(ty)
                || path.path.segments.last().is_some_and(|last| last.ident != "Pin" && last.ident != "Box")
        }
        _ => false,
    };
    bounds_are_plain && Returned::of(ty, Kind::Stream).is_some()
}

/// Whether it is a handle of a task that runs by itself, as runtimes call theirs.
pub(crate) fn is_task(ty: &Type) -> bool {
    match ty {
        Type::Paren(ty) => is_task(&ty.elem),
        Type::Group(ty) => is_task(&ty.elem),
        Type::Path(ty) => ty.path.segments.last().is_some_and(|last| {
            ["JoinHandle", "RemoteHandle", "Task"].iter().any(|known| last.ident == known)
        }),
        _ => false,
    }
}
