//! The stream around one that an annotated function returns: at each poll the call's span is the current one.
//!
//! The call ends with the stream, or with its drop. An item that is an error makes the call one, whatever comes after it:
//! the first says of what type. A stream that is dropped after an error ends in it, not as cancelled.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;
use spanwright_core::slots::Outcome;

use super::outcome::Verdict;
use super::report::Reporting;
use super::sync::Call;
use super::within::{conclude, within};

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
            if let Some(active) = this.call.underway() {
                active.count_items(*this.items);
            }
            conclude(this.call.underway(), &mut *this.report, || {
                this.stream.set(None);
                Verdict::of(if *this.failed { Outcome::Error } else { Outcome::Cancelled })
            });
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
        let polled = within(this.call.underway(), &mut *this.report, |entered| {
            let polled = stream.poll_next(context);
            if let Poll::Ready(Some(item)) = &polled {
                *this.items += 1;
                let verdict = (this.outcome)(item);
                let is_first = verdict.outcome == Outcome::Error && !*this.failed;
                *this.failed |= is_first;
                if let Some(entered) = entered {
                    entered.say(&verdict, is_first);
                }
            }
            polled
        });
        if let Poll::Ready(None) = &polled {
            if let Some(active) = this.call.underway() {
                active.count_items(*this.items);
            }
            let outcome = if *this.failed { Outcome::Error } else { Outcome::Ok };
            conclude(this.call.underway(), &mut *this.report, || Verdict::of(outcome));
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
