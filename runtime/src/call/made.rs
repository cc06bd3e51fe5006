//! What a function makes and hands back, to be followed from then on: a future or a stream.
//!
//! The call begins when the function is called. What makes the future runs within its span; the call then goes with the
//! future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedFuture, FusedStream, Stream};
use pin_project_lite::pin_project;

use super::future::{Followed, follow_reported};
use super::outcome::Verdict;
use super::record::Inside;
use super::report::Reporting;
use super::stream::{FollowedStream, follow_stream};
use super::sync::Call;
use super::within::within;

/// What `future` needs of the value that a function returns.
#[diagnostic::on_unimplemented(
    message = "`future` follows the future that a function returns, and this one returns `{Self}`",
    label = "no future"
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

/// What `future` needs of a return type that only the compiler knows: a boxed future.
#[diagnostic::on_unimplemented(
    message = "`future` can't follow what is returned as `{Self}`",
    label = "neither an `impl Future` nor a boxed future",
    note = "return `impl Future<Output = …>` or `Pin<Box<dyn Future<Output = …> + Send>>`, or make the function an `async fn`"
)]
pub trait NamedFuture<F, O, R>: Sized {
    /// What it yields.
    type Yields;

    /// Follows it, in a box again.
    fn follow(call: Call, report: R, made: F, outcome: O) -> Self;
}

/// What `stream` needs of a return type that only the compiler knows: a boxed stream.
#[diagnostic::on_unimplemented(
    message = "`stream` can't follow what is returned as `{Self}`",
    label = "neither an `impl Stream` nor a boxed stream",
    note = "return `impl Stream<Item = …>` or `Pin<Box<dyn Stream<Item = …> + Send>>`"
)]
pub trait NamedStream<F, O, R>: Sized {
    /// Its items.
    type Yields;

    /// Follows it, in a box again.
    fn follow(call: Call, report: R, made: F, outcome: O) -> Self;
}

macro_rules! named {
    ($($Named:ident $follow:ident $kind:ident $yields:ident [$($auto:tt)*])*) => {$(
        #[diagnostic::do_not_recommend]
        impl<'a, T, F, O, R> $Named<F, O, R> for Pin<Box<dyn $kind<$yields = T> $($auto)* + 'a>>
        where
            F: $kind<$yields = T> $($auto)* + 'a,
            O: for<'r> Fn(&'r T) -> Verdict<'r> $($auto)* + 'a,
            R: Reporting $($auto)* + 'a,
        {
            type Yields = T;

            #[inline]
            fn follow(call: Call, report: R, made: F, outcome: O) -> Self {
                Box::pin($follow(call, report, made, outcome))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<'a, T, F, O, R> $Named<F, O, R> for Box<dyn $kind<$yields = T> + Unpin $($auto)* + 'a>
        where
            F: $kind<$yields = T> + Unpin $($auto)* + 'a,
            O: for<'r> Fn(&'r T) -> Verdict<'r> + Unpin $($auto)* + 'a,
            R: Reporting + Unpin $($auto)* + 'a,
        {
            type Yields = T;

            #[inline]
            fn follow(call: Call, report: R, made: F, outcome: O) -> Self {
                Box::new($follow(call, report, made, outcome))
            }
        }
    )*};
}

named! {
    NamedFuture follow_reported Future Output []
    NamedFuture follow_reported Future Output [+ Send]
    NamedFuture follow_reported Future Output [+ Sync]
    NamedFuture follow_reported Future Output [+ Send + Sync]
    NamedStream follow_stream Stream Item []
    NamedStream follow_stream Stream Item [+ Send]
    NamedStream follow_stream Stream Item [+ Sync]
    NamedStream follow_stream Stream Item [+ Send + Sync]
}

/// For `-> impl Future`: makes the future within the call's span, and follows it. `T` is what it yields, where that is
/// written.
#[inline]
pub fn followed_future<T, F, O, R>(
    mut call: Call,
    mut report: R,
    make: impl FnOnce() -> F,
    outcome: O,
) -> Followed<F, O, R>
where
    F: IsFuture<Output = T>,
    O: for<'r> Fn(&'r T) -> Verdict<'r>,
    R: Reporting,
{
    let future = within(call.underway(), &mut report, |_| make());
    follow_reported(call, report, future, outcome)
}

/// For `-> Pin<Box<dyn Future>>`: in a box again.
#[inline]
pub fn followed_future_in_box<T, F, O, R>(
    call: Call,
    report: R,
    make: impl FnOnce() -> F,
    outcome: O,
) -> Pin<Box<Followed<F, O, R>>>
where
    F: IsFuture<Output = T>,
    O: for<'r> Fn(&'r T) -> Verdict<'r>,
    R: Reporting,
{
    Box::pin(followed_future(call, report, make, outcome))
}

/// For a return type `B` behind a name, which the compiler knows to be a boxed future.
#[inline]
pub fn followed_future_as<B, F, O, R>(
    mut call: Call,
    mut report: R,
    make: impl FnOnce() -> F,
    outcome: O,
) -> B
where
    B: NamedFuture<F, O, R>,
    O: for<'r> Fn(&'r <B as NamedFuture<F, O, R>>::Yields) -> Verdict<'r>,
    R: Reporting,
{
    let made = within(call.underway(), &mut report, |_| make());
    B::follow(call, report, made, outcome)
}

/// For `-> impl Stream`: makes the stream within the call's span, and follows it. `T` are its items, where that is written.
#[inline]
pub fn followed_stream<T, S, O, R>(
    mut call: Call,
    mut report: R,
    make: impl FnOnce() -> S,
    outcome: O,
) -> FollowedStream<S, O, R>
where
    S: IsStream<Item = T>,
    O: for<'r> Fn(&'r T) -> Verdict<'r>,
    R: Reporting,
{
    let stream = within(call.underway(), &mut report, |_| make());
    follow_stream(call, report, stream, outcome)
}

/// For `-> Pin<Box<dyn Stream>>`: in a box again.
#[inline]
pub fn followed_stream_in_box<T, S, O, R>(
    call: Call,
    report: R,
    make: impl FnOnce() -> S,
    outcome: O,
) -> Pin<Box<FollowedStream<S, O, R>>>
where
    S: IsStream<Item = T>,
    O: for<'r> Fn(&'r T) -> Verdict<'r>,
    R: Reporting,
{
    Box::pin(followed_stream(call, report, make, outcome))
}

/// For a return type `B` behind a name, which the compiler knows to be a boxed stream.
#[inline]
pub fn followed_stream_as<B, F, O, R>(
    mut call: Call,
    mut report: R,
    make: impl FnOnce() -> F,
    outcome: O,
) -> B
where
    B: NamedStream<F, O, R>,
    O: for<'r> Fn(&'r <B as NamedStream<F, O, R>>::Yields) -> Verdict<'r>,
    R: Reporting,
{
    let made = within(call.underway(), &mut report, |_| make());
    B::follow(call, report, made, outcome)
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
        let this = self.project();
        let polled = this.made.poll(context);
        if polled.is_ready() {
            this.inside.close();
        }
        polled
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
        let this = self.project();
        let polled = this.made.poll_next(context);
        if let Poll::Ready(None) = polled {
            this.inside.close();
        }
        polled
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
