//! The same function, annotated by each contender. None is inlined into the loop.

pub mod autometric;
pub mod fastraces;
pub mod large;
pub mod ours;
pub mod plain;
pub mod sdk;
pub mod tracings;

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// How often a future of a `polled` function waits.
pub const POLLS: u64 = 100;
/// How many events a function of that name has.
pub const EVENTS: u64 = 100;

/// Waits this many polls.
pub struct Wait(pub u64);

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        Poll::Pending
    }
}

/// Polls a future until it is done.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}
