//! The stream around one that an annotated function returns: at each poll the call's span is the current one.
//!
//! The call ends with the stream, or with its drop. An item that is an error makes the call one, whatever comes after it:
//! the first says of what type. A stream that is dropped after an error ends in it, not as cancelled.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;
use spanwright_core::slots::Outcome;

use super::active::{Active, Entered};
use super::outcome::Verdict;
use super::report::{MayPanic, Reporting};
use super::sync::Call;

pin_project! {
    /// A stream that is followed to its end, or to its drop.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct FollowedStream<S, O, R>
    where
        R: Reporting,
    {
        // Nothing once it has been dropped within its span.
        #[pin]
        stream: Option<S>,
        outcome: O,
        report: R,
        // How many there were.
        items: u64,
        // Whether one of them was an error.
        failed: bool,
        call: Call,
    }

    impl<S, O, R> PinnedDrop for FollowedStream<S, O, R>
    where
        R: Reporting,
    {
        fn drop(this: Pin<&mut Self>) {
            // What the stream's own destructors do belongs to its span.
            let mut this = this.project();
            let open = this.call.0.as_mut().filter(|active| !active.has_ended());
            if open.is_some() || this.report.is_open() {
                let entered = open.map(Active::entered);
                let may_panic = MayPanic(&mut *this.report);
                this.stream.set(None);
                may_panic.has_returned();
                let outcome = if *this.failed { Outcome::Error } else { Outcome::Cancelled };
                this.report.end(outcome);
                let _ = entered.map(Entered::has_returned);
                if let Some(active) = &mut this.call.0 {
                    active.count_items(*this.items);
                    active.abandon_as(outcome);
                }
            }
        }
    }
}

/// Follows `stream`, which a call has made. `outcome` says what an item means.
pub(super) fn follow_stream<S, O, R>(call: Call, report: R, stream: S, outcome: O) -> FollowedStream<S, O, R>
where
    S: Stream,
    O: for<'r> Fn(&'r S::Item) -> Verdict<'r>,
    R: Reporting,
{
    FollowedStream { stream: Some(stream), outcome, report, items: 0, failed: false, call }
}

impl<S, O, R> Stream for FollowedStream<S, O, R>
where
    S: Stream,
    O: for<'r> Fn(&'r S::Item) -> Verdict<'r>,
    R: Reporting,
{
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(stream) = this.stream.as_pin_mut() else { return Poll::Ready(None) };
        // A stream may be polled after its end.
        let mut open = this.call.0.as_mut().filter(|active| !active.has_ended());
        let mut entered = open.as_deref_mut().map(Active::entered);
        let may_panic = MayPanic(&mut *this.report);
        let polled = stream.poll_next(context);
        if let Poll::Ready(Some(item)) = &polled {
            *this.items += 1;
            let verdict = (this.outcome)(item);
            let is_first = verdict.outcome == Outcome::Error && !*this.failed;
            *this.failed |= is_first;
            if let Some(entered) = &mut entered {
                entered.say(&verdict, is_first);
            }
        }
        may_panic.has_returned();
        // The end of an entered call without its end noted is a panic.
        let _ = entered.map(Entered::has_returned);
        if let Poll::Ready(None) = &polled {
            let outcome = if *this.failed { Outcome::Error } else { Outcome::Ok };
            if let Some(active) = open {
                active.enter();
                this.report.end(outcome);
                active.count_items(*this.items);
                active.end(&Verdict::of(outcome));
            } else {
                this.report.end(outcome);
            }
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

impl<S, O, R> FusedStream for FollowedStream<S, O, R>
where
    S: FusedStream,
    O: for<'r> Fn(&'r S::Item) -> Verdict<'r>,
    R: Reporting,
{
    fn is_terminated(&self) -> bool {
        self.stream.as_ref().is_none_or(FusedStream::is_terminated)
    }
}
