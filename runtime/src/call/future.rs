//! The future around an asynchronous body: at each poll the call's span is the current one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;
use spanwright_core::slots::Outcome;

use super::outcome::Verdict;
use super::polled::Polling;
use super::report::Reporting;
use super::sync::Call;
use super::within::{conclude, within};

pin_project! {
    /// A future that is followed to its end, or to its drop.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Followed<F, O, R>
    where
        R: Reporting,
    {
        // Nothing once it has been dropped within its span.
        #[pin]
        future: Option<F>,
        outcome: O,
        report: R,
        call: Call,
    }

    impl<F, O, R> PinnedDrop for Followed<F, O, R>
    where
        R: Reporting,
    {
        fn drop(this: Pin<&mut Self>) {
            // What the future's own destructors do belongs to its span. The call then ends as cancelled, unless it
            // has ended already.
            let mut this = this.project();
            conclude(this.call.underway(), &mut *this.report, || {
                this.future.set(None);
                Verdict::of(Outcome::Cancelled)
            });
        }
    }
}

/// Follows `future`, as the body of `call`.
pub(super) fn follow<F, O>(call: Call, future: F, outcome: O) -> Followed<F, O, ()>
where
    F: Future,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
{
    follow_reported(call, (), future, outcome)
}

/// Follows `future`, as the body of `call`, which has a report.
pub fn follow_reported<F, O, R>(call: Call, report: R, future: F, outcome: O) -> Followed<F, O, R>
where
    F: Future,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
    R: Reporting,
{
    Followed { future: Some(future), outcome, report, call }
}

impl<F, O, R> Future for Followed<F, O, R>
where
    F: Future,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
    R: Reporting,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else {
            panic!("an instrumented future was polled after it had been dropped");
        };
        let polling = Polling::begin(this.call.underway());
        let polled = within(this.call.underway(), &mut *this.report, |_| future.poll(context));
        polling.end(this.call.underway(), &polled);
        if let Poll::Ready(returned) = &polled {
            conclude(this.call.underway(), &mut *this.report, || (this.outcome)(returned));
        }
        polled
    }
}

impl<F, O, R> FusedFuture for Followed<F, O, R>
where
    F: FusedFuture,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
    R: Reporting,
{
    fn is_terminated(&self) -> bool {
        self.future.as_ref().is_none_or(FusedFuture::is_terminated)
    }
}
