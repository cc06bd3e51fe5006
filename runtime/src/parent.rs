//! What a span can be told to be the child of.

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use crate::Context;

/// What `#[instrument(parent = …)]` takes, and each element of `follows_from`: leads to a span.
///
/// | Type | Parent |
/// | --- | --- |
/// | [`Context`] | its span, in this process or, as a propagator has extracted it, in another one; a new trace where it has none |
/// | `tracing::Span`, `tracing::Id`, with the feature `telemetry` or `tracing` | that span; a new trace for a disabled one |
/// | `opentelemetry::Context`, with the feature `opentelemetry` | its span, remote where it is |
/// | `Option` of these | a new trace for `None`, as in `tracing` |
///
/// References, boxes, `Rc`s and `Arc`s of these do as well. A type of one's own, such as a request, implements it by one of these:
///
/// ```
/// use spanwright::{AsParent, Context, Parent, instrument};
///
/// struct Message {
///     sent_in: Context,
/// }
///
/// impl AsParent for Message {
///     fn as_parent(&self) -> Parent {
///         self.sent_in.as_parent()
///     }
/// }
///
/// #[instrument(parent = message)]
/// fn handle(message: &Message) {}
/// # handle(&Message { sent_in: Context::NONE });
/// ```
///
/// Anything else is an error, without telemetry too. A library that has spans of `tracing` as parents, and no telemetry itself,
/// asks for the feature `tracing`.
///
/// ```compile_fail
/// #[spanwright::instrument(parent = order)]
/// fn charge(order: u64) {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` leads to no span",
    label = "not a parent",
    note = "`parent` and `follows_from` take a `spanwright::Context`, a `tracing::Span` or its `Id`, or an `Option` of these; with the \
            feature `opentelemetry` also an `opentelemetry::Context`"
)]
#[cfg_attr(
    not(feature = "tracing"),
    diagnostic::on_unimplemented(
        note = "spans of `tracing` are known with the feature `telemetry`, or `tracing`"
    )
)]
pub trait AsParent {
    /// The span.
    fn as_parent(&self) -> Parent;
}

/// A span that another one begins in, or follows from; or none. Made by [`AsParent`].
#[derive(Clone, Debug)]
pub struct Parent {
    #[cfg(feature = "telemetry")]
    pub(crate) of: Of,
}

/// Where it leads.
#[cfg(feature = "telemetry")]
#[derive(Clone, Debug)]
pub(crate) enum Of {
    /// To no span.
    Root,
    /// To a span of ours.
    Ours(Context),
    /// To a span of `tracing`'s, whose context we may know.
    Theirs(Option<Context>, Their),
}

/// A span of `tracing`'s.
#[cfg(feature = "telemetry")]
#[derive(Clone, Debug)]
pub(crate) enum Their {
    /// Kept open.
    Span(tracing::Span),
    /// Somebody else keeps it open.
    Id(tracing_core::span::Id),
}

impl Parent {
    /// No span: a new trace begins.
    #[must_use]
    pub const fn root() -> Self {
        Self {
            #[cfg(feature = "telemetry")]
            of: Of::Root,
        }
    }
}

#[diagnostic::do_not_recommend]
impl AsParent for Parent {
    fn as_parent(&self) -> Parent {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl AsParent for Context {
    #[cfg(feature = "telemetry")]
    fn as_parent(&self) -> Parent {
        // A new trace may begin with the baggage of one.
        let leads = self.trace_id.is_some() || self.baggage != 0;
        Parent { of: if leads { Of::Ours(*self) } else { Of::Root } }
    }

    #[cfg(not(feature = "telemetry"))]
    fn as_parent(&self) -> Parent {
        Parent::root()
    }
}

#[diagnostic::do_not_recommend]
impl<T: AsParent> AsParent for Option<T> {
    fn as_parent(&self) -> Parent {
        self.as_ref().map_or(Parent::root(), AsParent::as_parent)
    }
}

macro_rules! behind {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: AsParent + ?Sized> AsParent for $pointer {
            fn as_parent(&self) -> Parent {
                T::as_parent(self)
            }
        }
    )*};
}

behind!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// What `follows_from` takes: something to iterate over whose items lead to spans, or one such item. `How` tells them apart, and
/// the compiler finds it. Without telemetry it is asked for all the same:
///
/// ```compile_fail
/// #[spanwright::instrument(follows_from = orders)]
/// fn charge(orders: &[u64]) {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` leads to no spans",
    label = "neither a span nor an iterable of spans",
    note = "`follows_from` takes a `spanwright::Context`, a `tracing::Span` or its `Id`, or anything to iterate over with such items; \
            variables and fields are borrowed: in braces, an iterator is taken over"
)]
#[cfg_attr(
    not(feature = "tracing"),
    diagnostic::on_unimplemented(
        note = "spans of `tracing` are known with the feature `telemetry`, or `tracing`"
    )
)]
pub trait Causes<How> {
    /// Hands on each of them.
    fn each(self, then: impl FnMut(Parent));
}

/// One.
#[derive(Debug)]
pub enum One {}

/// Any number.
#[derive(Debug)]
pub enum Any {}

/// What a reference leads to.
#[derive(Debug)]
pub struct Through<How>(PhantomData<How>);

#[diagnostic::do_not_recommend]
impl<I: IntoIterator<Item: AsParent>> Causes<Any> for I {
    fn each(self, mut then: impl FnMut(Parent)) {
        self.into_iter().for_each(|cause| then(cause.as_parent()));
    }
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<'a, How, T: ?Sized> Causes<Through<How>> for &'a $pointer
        where
            &'a T: Causes<How>,
        {
            fn each(self, then: impl FnMut(Parent)) {
                Causes::each(&**self, then);
            }
        }
    )*};
}

// Not `&Box<T>`: that of a list is to be iterated over itself.
through!(&T, &mut T, Rc<T>, Arc<T>);

macro_rules! one {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Causes<One> for $type {
            fn each(self, mut then: impl FnMut(Parent)) {
                then(self.as_parent());
            }
        }
    )*};
}

one!(Context, &Context, Parent, &Parent);
#[cfg(feature = "tracing")]
one!(tracing::Span, &tracing::Span, tracing::Id, &tracing::Id);
#[cfg(feature = "opentelemetry")]
one!(opentelemetry::Context, &opentelemetry::Context);

#[cfg(feature = "telemetry")]
mod theirs {
    use tracing_core::dispatcher;
    use tracing_core::span::Id;

    use super::{AsParent, Of, Parent, Their};
    use crate::Context;
    use crate::span::context_of;

    #[diagnostic::do_not_recommend]
    impl AsParent for tracing::Span {
        fn as_parent(&self) -> Parent {
            let context = self.with_subscriber(|(id, dispatch)| context_of(id, dispatch));
            let of = context.map_or(Of::Root, |context| Of::Theirs(context, Their::Span(self.clone())));
            Parent { of }
        }
    }

    #[diagnostic::do_not_recommend]
    impl AsParent for Id {
        fn as_parent(&self) -> Parent {
            let context = dispatcher::get_default(|dispatch| context_of(self, dispatch));
            Parent { of: Of::Theirs(context, Their::Id(self.clone())) }
        }
    }

    #[cfg(feature = "opentelemetry")]
    #[diagnostic::do_not_recommend]
    impl AsParent for opentelemetry::Context {
        fn as_parent(&self) -> Parent {
            crate::opentelemetry::context_within(self).as_parent()
        }
    }

    impl Parent {
        /// The context that a span of this thread begins in, whose own is `here`. A span that we don't know changes nothing.
        pub(crate) fn around(&self, here: Context, current: impl FnOnce() -> Context) -> Context {
            let stated = match &self.of {
                Of::Root => Some(Context::NONE),
                Of::Ours(context) | Of::Theirs(Some(context), _) => Some(*context),
                Of::Theirs(None, _) => None,
            };
            // What is counted is this thread's business.
            stated.map_or_else(current, |stated| Context { store: here.store, ..stated })
        }

        /// The span's context, where we know it.
        pub(crate) fn context(&self) -> Option<Context> {
            match &self.of {
                Of::Root => None,
                Of::Ours(context) => Some(*context),
                Of::Theirs(context, _) => *context,
            }
        }
    }

    impl Their {
        pub(crate) fn id(&self) -> Option<Id> {
            match self {
                Self::Span(span) => span.id(),
                Self::Id(id) => Some(id.clone()),
            }
        }
    }
}

/// Where nothing is recorded, none leads anywhere.
#[cfg(all(feature = "tracing", not(feature = "telemetry")))]
mod theirs {
    use super::{AsParent, Parent};

    #[diagnostic::do_not_recommend]
    impl AsParent for tracing::Span {
        fn as_parent(&self) -> Parent {
            Parent::root()
        }
    }

    #[diagnostic::do_not_recommend]
    impl AsParent for tracing::Id {
        fn as_parent(&self) -> Parent {
            Parent::root()
        }
    }
}

/// What generated code asks.
#[doc(hidden)]
pub fn parent<P: AsParent + ?Sized>(of: &P) -> Parent {
    of.as_parent()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes<How>(of: impl Causes<How>) -> usize {
        let mut count = 0;
        of.each(|_| count += 1);
        count
    }

    #[test]
    fn causes_are_one_or_many() {
        let context = Context::NONE;
        assert_eq!(causes(context), 1);
        let reference: &Context = &context;
        assert_eq!(causes(reference), 1);
        assert_eq!(causes([context, context]), 2);
        assert_eq!(causes(vec![Some(&context), None]), 2);
        assert_eq!(causes(Some(context)), 1);
        assert_eq!(causes(None::<Context>), 0);
    }

    #[cfg(feature = "tracing")]
    #[test]
    fn a_span_of_tracing_is_one() {
        let span = tracing::Span::none();
        assert_eq!(causes(&span), 1);
        assert_eq!(causes(Some(&span)), 1);
        assert_eq!(causes(None::<tracing::Id>), 0);
    }

    #[test]
    fn causes_may_be_borrowed() {
        let context = Context::NONE;
        let two = [context, context];
        assert_eq!(causes(&&context), 1);
        assert_eq!(causes(&Rc::new(context)), 1);
        assert_eq!(causes(&&two[..]), 2);
        assert_eq!(causes(&&&two), 2);
        assert_eq!(causes(&&mut two.to_vec()), 2);
        assert_eq!(causes(&Arc::<[Context]>::from(two)), 2);
        let (boxed, maybe) = (&Box::<[Context]>::from(two), &Some(context));
        assert_eq!(causes(boxed) + causes(maybe), 3);
        assert_eq!(causes(&&None::<Context>), 0);
    }
}
