//! The future around the body of an `async fn`, whose call stays in the function's own future: where nobody listens, nothing of
//! it is written or moved but that there is none.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::active::Active;
use super::outcome::Verdict;
use super::polled::Polling;
use super::sync::Call;
use super::within::{conclude, within};

pin_project! {
    /// A future that is followed to its end, or to its drop, by a call beside it.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct FollowedInPlace<'c, F, O> {
        // Dropped before the call, and so within its span.
        #[pin]
        future: F,
        outcome: O,
        call: Beside<'c>,
    }

    impl<F, O> PinnedDrop for FollowedInPlace<'_, F, O> {
        fn drop(this: Pin<&mut Self>) {
            // What the future's own destructors do belongs to its span.
            if let Some(active) = this.project().call.0.underway() {
                active.enter_to_drop();
            }
        }
    }
}

/// The call of a future. Dropped after it: unless the call has ended already, it was cancelled.
#[derive(Debug)]
struct Beside<'c>(&'c mut Call);

impl Drop for Beside<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(active) = self.0.underway() {
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
    FollowedInPlace { future, outcome, call: Beside(call) }
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
    let polling = Polling::begin(Some(active));
    let polled = within(Some(active), &mut (), |_| future.poll(context));
    polling.end(Some(active), &polled);
    if let Poll::Ready(returned) = &polled {
        conclude(Some(active), &mut (), || outcome(returned));
    }
    polled
}
