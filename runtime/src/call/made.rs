//! What a function makes and hands back, to be followed from then on: a future or a stream.
//!
//! The call begins when the function is called. What makes the future runs within its span; the call then goes with the
//! future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedFuture, FusedStream, Stream};
use pin_project_lite::pin_project;

use super::active::{Active, Entered};
use super::record::Inside;
use super::sync::Call;

/// What `future` needs of the value that a function returns.
#[diagnostic::on_unimplemented(
    message = "`future` follows the future that a function returns, and this one returns `{Self}`",
    label = "no future",
    note = "remove `future`"
)]
pub trait IsFuture: Future {}

#[diagnostic::do_not_recommend]
impl<F: Future + ?Sized> IsFuture for F {}

/// What `stream` needs of the value that a function returns.
#[diagnostic::on_unimplemented(
    message = "`stream` follows the stream that a function returns, and this one returns `{Self}`",
    label = "no `Stream`",
    note = "the trait is that of `futures-core`, which `futures`, `tokio-stream` and `async-stream` share"
)]
pub trait IsStream: Stream {}

#[diagnostic::do_not_recommend]
impl<S: Stream + ?Sized> IsStream for S {}

/// Runs what makes a future, within the call's span. `T` is what the future yields, where that is written.
#[inline(always)]
pub fn making_future<T, F>(call: &mut Call, make: impl FnOnce() -> F) -> F
where
    F: IsFuture + Future<Output = T>,
{
    call.making(make)
}

/// The same of a stream.
#[inline(always)]
pub fn making_stream<T, S>(call: &mut Call, make: impl FnOnce() -> S) -> S
where
    S: IsStream + Stream<Item = T>,
{
    call.making(make)
}

impl Call {
    /// Enters the call while `make` runs.
    #[inline]
    fn making<M>(&mut self, make: impl FnOnce() -> M) -> M {
        let entered = self.0.as_mut().map(Active::entered);
        let made = make();
        // The end of an entered call without its end noted is a panic.
        let _ = entered.map(Entered::has_returned);
        made
    }
}

/// For `-> impl Future`: what follows is what is returned.
#[inline(always)]
pub fn as_it_is<F>(followed: F) -> F {
    followed
}

/// For `-> Pin<Box<dyn …>>`: in a box again.
#[inline(always)]
pub fn in_box<F>(followed: F) -> Pin<Box<F>> {
    Box::pin(followed)
}

/// For a return type behind a name, which the compiler knows to be a boxed future or stream.
#[inline(always)]
pub fn in_box_of<R: BoxOf<F>, F>(followed: F) -> R {
    R::of(followed)
}

/// A box that what follows goes into.
#[diagnostic::on_unimplemented(
    message = "what follows the returned value can't be returned as `{Self}`",
    label = "neither an `impl` type nor a boxed one",
    note = "return `impl Future<Output = …>` or `Pin<Box<dyn Future<Output = …> + Send>>`, of streams likewise, or make the function an `async fn`"
)]
pub trait BoxOf<F>: Sized {
    /// In the box.
    fn of(followed: F) -> Self;
}

macro_rules! boxes {
    ($($kind:ident $yields:ident [$($auto:tt)*])*) => {$(
        #[diagnostic::do_not_recommend]
        impl<'a, T, F> BoxOf<F> for Pin<Box<dyn $kind<$yields = T> $($auto)* + 'a>>
        where
            F: $kind<$yields = T> $($auto)* + 'a,
        {
            #[inline]
            fn of(followed: F) -> Self {
                Box::pin(followed)
            }
        }
    )*};
}

boxes! {
    Future Output []
    Future Output [+ Send]
    Future Output [+ Sync]
    Future Output [+ Send + Sync]
    Stream Item []
    Stream Item [+ Send]
    Stream Item [+ Sync]
    Stream Item [+ Send + Sync]
}

/// Makes a future for a function with `record!` in it: the way to the call's span stays open as long as the future.
#[inline]
pub fn keeping<M>(inside: Inside, make: impl FnOnce() -> M) -> Keeping<M> {
    Keeping { made: make(), inside }
}

pin_project! {
    /// What was made, with the way to the call's span.
    #[derive(Debug)]
    #[must_use = "futures and streams do nothing unless polled"]
    pub struct Keeping<M> {
        #[pin]
        made: M,
        inside: Inside,
    }
}

impl<F: Future> Future for Keeping<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().made.poll(context)
    }
}

impl<F: FusedFuture> FusedFuture for Keeping<F> {
    fn is_terminated(&self) -> bool {
        self.made.is_terminated()
    }
}

impl<S: Stream> Stream for Keeping<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.project().made.poll_next(context)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.made.size_hint()
    }
}

impl<S: FusedStream> FusedStream for Keeping<S> {
    fn is_terminated(&self) -> bool {
        self.made.is_terminated()
    }
}
