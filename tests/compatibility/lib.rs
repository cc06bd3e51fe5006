//! Stands in for the `tracing-test` of `tracing`'s own repository, which is not published.

use std::future::Future;
use std::pin::{pin, Pin};
use std::task::{Context, Poll, Waker};

/// Polls a future until it is ready. Those of the tests wake themselves.
pub fn block_on_future<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// A future that is ready when it is polled for the nth time.
pub struct PollN {
    left: usize,
}

impl PollN {
    /// Yields `Ok`.
    pub fn new_ok(polls: usize) -> Self {
        Self { left: polls }
    }
}

impl Future for PollN {
    type Output = Result<(), ()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.left -= 1;
        if self.left == 0 {
            return Poll::Ready(Ok(()));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
