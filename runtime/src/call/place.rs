//! The future around the body of an `async fn`, whose call stays in the function's own future: where nobody listens, nothing of
//! it is written or moved but that there is none.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::active::Active;
use super::outcome::Verdict;
use super::sync::Call;

pin_project! {
    /// A future that is followed to its end, or to its drop, by a call beside it.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct FollowedInPlace<'c, F, O> {
        // Dropped before the call, and so within its span.
        #[pin]
        future: F,
        outcome: O,
        call: Followed<'c>,
    }

    impl<F, O> PinnedDrop for FollowedInPlace<'_, F, O> {
        fn drop(this: Pin<&mut Self>) {
            // What the future's own destructors do belongs to its span.
            if let Some(active) = this.project().call.active() {
                active.enter_to_drop();
            }
        }
    }
}

/// The call of a future. Dropped after it: unless the call has ended already, it was cancelled.
#[derive(Debug)]
struct Followed<'c>(&'c mut Call);

impl Followed<'_> {
    /// The call, while it is observed and has not ended.
    #[inline(always)]
    fn active(&mut self) -> Option<&mut Active> {
        self.0.0.as_mut().filter(|active| !active.has_ended())
    }
}

impl Drop for Followed<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(active) = self.active() {
            active.leave_dropped();
        }
    }
}

/// Follows `future`, as the body of `call`.
#[inline(always)]
pub fn follow_in_place<F, O>(call: &mut Call, future: F, outcome: O) -> FollowedInPlace<'_, F, O>
where
    F: Future,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
{
    FollowedInPlace { future, outcome, call: Followed(call) }
}

impl<F, O> Future for FollowedInPlace<'_, F, O>
where
    F: Future,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match &mut this.call.0.0 {
            None => this.future.poll(context),
            Some(active) => poll_observed(active, this.future, context, &*this.outcome),
        }
    }
}

/// A poll within the call's span.
#[inline(never)]
fn poll_observed<F, O>(
    active: &mut Active,
    future: Pin<&mut F>,
    context: &mut Context<'_>,
    outcome: &O,
) -> Poll<F::Output>
where
    F: Future,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
{
    let entered = active.entered();
    let polled = future.poll(context);
    // The end of an entered call without its end noted is a panic.
    entered.has_returned();
    if let Poll::Ready(returned) = &polled {
        active.enter();
        active.end(&outcome(returned));
    }
    polled
}
