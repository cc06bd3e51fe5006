//! The future around an asynchronous body: at each poll the call's span is the current one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::active::{Active, Entered};
use super::outcome::Verdict;
use super::sync::Call;

pin_project! {
    /// A future that is followed to its end, or to its drop.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Followed<F, O> {
        // Nothing once it has been dropped within its span.
        #[pin]
        future: Option<F>,
        outcome: O,
        call: Call,
    }

    impl<F, O> PinnedDrop for Followed<F, O> {
        fn drop(this: Pin<&mut Self>) {
            // What the future's own destructors do belongs to its span. The call then ends as cancelled, unless it
            // has ended already.
            let mut this = this.project();
            if let Some(active) = this.call.0.as_mut().filter(|active| !active.has_ended()) {
                let entered = active.entered();
                this.future.set(None);
                entered.has_returned();
            }
        }
    }
}

/// Follows `future`, as the body of `call`.
pub fn follow<F, O>(call: Call, future: F, outcome: O) -> Followed<F, O>
where
    F: Future,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
{
    Followed { future: Some(future), outcome, call }
}

impl<F, O> Future for Followed<F, O>
where
    F: Future,
    O: for<'r> Fn(&'r F::Output) -> Verdict<'r>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else {
            panic!("an instrumented future was polled after it had been dropped");
        };
        let entered = this.call.0.as_mut().map(Active::entered);
        let polled = future.poll(context);
        // The end of an entered call without its end noted is a panic.
        let _ = entered.map(Entered::has_returned);
        if let (Poll::Ready(returned), Some(active)) = (&polled, &mut this.call.0) {
            active.enter();
            active.end(&(this.outcome)(returned));
        }
        polled
    }
}
