//! The future around an asynchronous body: at each poll the call's span is the current one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::active::Active;
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
            if let Some(active) = &mut this.call.0 {
                let _entered = Entered::new(active);
                this.future.set(None);
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
        let entered = this.call.0.as_mut().map(Entered::new);
        let polled = future.poll(context);
        drop(entered);
        if let Poll::Ready(returned) = &polled {
            if let Some(active) = &mut this.call.0 {
                active.enter();
                active.end(&(this.outcome)(returned));
            }
        }
        polled
    }
}

/// The call's span is current until this is dropped; unwinding marks the call as panicked.
struct Entered<'a>(&'a mut Active);

impl<'a> Entered<'a> {
    #[inline]
    fn new(active: &'a mut Active) -> Self {
        active.enter();
        Self(active)
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.note_panic();
        }
        self.0.exit();
    }
}
