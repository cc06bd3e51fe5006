//! Brings items to a receiver: in requests that it takes, and again where that can help.

use std::thread;
use std::time::{Duration, Instant};

use super::answer::PartialSuccess;
use super::attributes::resource;
use super::peer::Peer;
use super::request::{Item, by_target, request};
use super::{OtlpError, OtlpProtocol, OtlpSettings};
use crate::export::ExportError;
use crate::export::deadline::after;
use crate::export::http::backoff;

/// The greatest request, in bytes before compression. Receivers take several times that by default (the Collector
/// 20 MiB, others 4), and what is small is cheap to repeat.
pub(super) const MAX_REQUEST: usize = 1 << 20;
/// A request longer than this, in bytes as sent, may be why a connection breaks: a receiver that refuses it may close
/// before it has read all of it, and its answer is then lost on the way. Shorter ones are in the system's buffers by then.
const LONG: usize = 64 << 10;
/// How often a connection breaks under a long request until that is sent in halves.
const BREAKS: u32 = 2;

/// Brings a request to the receiver, once.
pub(super) trait Transport: Send {
    /// The receiver.
    fn peer(&self) -> &Peer;

    /// Makes what [`send`](Self::send) takes of a request.
    fn encode(&mut self, _request: &mut Vec<u8>) {}

    /// Sends a request, within `timeout`.
    fn send(&mut self, request: &[u8], timeout: Duration) -> Answer;
}

/// What came of sending a request once. All texts name the receiver.
pub(super) enum Answer {
    /// The receiver took it, with or without exceptions.
    Taken(PartialSuccess),
    /// It may be taken later.
    Busy {
        reason: String,
        /// The wait that the receiver asked for.
        not_before: Duration,
    },
    /// The connection broke; it may be taken later.
    Broken(String),
    /// It may be taken in parts.
    TooLarge(String),
    /// The receiver does not take such requests at all.
    Unsupported(String),
    /// It will never be taken.
    Refused(String),
}

/// Items that were given up.
#[derive(Debug, Default)]
pub(super) struct Failure {
    /// How many.
    pub(super) lost: usize,
    /// Why the first of them.
    pub(super) reason: String,
    /// Whether the receiver does not take such items at all.
    pub(super) unsupported: bool,
    /// Whether some of them will never be taken.
    lasting: bool,
}

impl From<Failure> for ExportError {
    fn from(failure: Failure) -> Self {
        if failure.lasting {
            Self::lost(failure.lost, failure.reason)
        } else {
            Self::later(failure.lost, failure.reason)
        }
    }
}

impl Failure {
    fn add(&mut self, lost: usize, reason: String) {
        if self.lost == 0 {
            self.reason = reason;
        }
        self.lost += lost;
    }
}

/// What became of items.
struct Report<'a, T> {
    failure: Failure,
    /// Is told of those that need not be sent again.
    settled: &'a mut dyn FnMut(&[T]),
}

impl<T> Report<'_, T> {
    /// Some of these were given up for good, and the others delivered.
    fn lose(&mut self, items: &[T], lost: usize, reason: String) {
        self.failure.lasting = true;
        self.failure.add(lost, reason);
        (self.settled)(items);
    }
}

/// A receiver, and what is the same in all requests to it.
pub(super) struct Delivery {
    transport: Box<dyn Transport>,
    timeout: Duration,
    /// The resource, encoded.
    resource: Vec<u8>,
    /// The request that is being sent; kept for its capacity.
    body: Vec<u8>,
}

impl Delivery {
    /// For a signal's items.
    pub(super) fn new<T: Item>(settings: &OtlpSettings) -> Result<Self, OtlpError> {
        let peer = Peer::new(settings)?;
        let transport: Box<dyn Transport> = match settings.protocol {
            OtlpProtocol::HttpProtobuf => Box::new(super::http::Http::new(peer, settings)?),
            #[cfg(feature = "grpc")]
            OtlpProtocol::Grpc => Box::new(super::grpc::Grpc::new(peer, settings, T::GRPC_METHOD)?),
            #[cfg(not(feature = "grpc"))]
            OtlpProtocol::Grpc => return Err(OtlpError::NoGrpc { endpoint: peer.shown }),
        };
        Ok(Self {
            transport,
            timeout: settings.timeout,
            resource: resource(&settings.resource),
            body: Vec::new(),
        })
    }

    pub(super) fn peer(&self) -> &Peer {
        self.transport.peer()
    }

    /// The longest that sending one request may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends items in one request or several. `timeout` bounds all of them, the settings' timeout each.
    pub(super) fn deliver<T: Item>(&mut self, items: &[T], timeout: Duration) -> Result<(), Failure> {
        self.deliver_and(items, timeout, |_| {})
    }

    /// The same, and calls `settled` with the items that were delivered, or refused for what they are.
    pub(super) fn deliver_and<T: Item>(
        &mut self,
        items: &[T],
        timeout: Duration,
        mut settled: impl FnMut(&[T]),
    ) -> Result<(), Failure> {
        let mut report = Report { failure: Failure::default(), settled: &mut settled };
        self.send_all(&by_target(items), after(timeout), &mut report);
        let failure = report.failure;
        if failure.lost == 0 { Ok(()) } else { Err(failure) }
    }

    /// Sends items; those of a request that is too large for the receiver in halves, down to single ones.
    fn send_all<T: Item>(&mut self, items: &[T], deadline: Instant, report: &mut Report<'_, T>) {
        let mut rest = items;
        while !rest.is_empty() && !report.failure.unsupported {
            let taken = request(&mut self.body, &self.resource, rest, MAX_REQUEST);
            let (sent, unsent) = rest.split_at(taken);
            rest = unsent;
            self.transport.encode(&mut self.body);
            let its = deadline.min(after(self.timeout));
            match self.send(T::PLURAL, taken, its) {
                Outcome::Delivered => (report.settled)(sent),
                Outcome::Late(reason) => report.failure.add(taken, reason),
                Outcome::Lost { lost, reason } => report.lose(sent, lost, reason),
                Outcome::TooLarge(reason) if taken == 1 => report.lose(sent, taken, reason),
                Outcome::TooLarge(_) => self.send_halves(sent, deadline, report),
                // Should it break for another reason, it must not take longer than any other.
                Outcome::Broken => self.send_halves(sent, its, report),
                Outcome::Unsupported(reason) => {
                    report.failure.add(taken, reason);
                    (report.failure.unsupported, report.failure.lasting) = (true, true);
                }
            }
        }
        // Nothing, but where sending more is of no use.
        report.failure.lost += rest.len();
    }

    fn send_halves<T: Item>(&mut self, items: &[T], deadline: Instant, report: &mut Report<'_, T>) {
        let (first, second) = items.split_at(items.len() / 2);
        self.send_all(first, deadline, report);
        self.send_all(second, deadline, report);
    }

    /// Sends the request that `self.body` holds, again and again until the deadline where that can help.
    fn send(&mut self, plural: &str, items: usize, deadline: Instant) -> Outcome {
        let (mut attempts, mut breaks) = (0_u32, 0);
        let mut before = None;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // Sleeping may take longer than asked for.
                let unsent = || format!("{}: no time was left to send to it", self.peer().shown);
                let reason = before.map_or_else(unsent, |reason| format!("{reason} (tried {attempts}×)"));
                return Outcome::Late(reason);
            }
            attempts += 1;
            let (reason, not_before) = match self.transport.send(&self.body, left) {
                Answer::Taken(partial) => return self.taken(plural, items, &partial),
                Answer::TooLarge(reason) => return Outcome::TooLarge(reason),
                Answer::Unsupported(reason) => return Outcome::Unsupported(reason),
                Answer::Refused(reason) => return Outcome::Lost { lost: items, reason },
                Answer::Busy { reason, not_before } => (reason, not_before),
                Answer::Broken(reason) => {
                    breaks += 1;
                    if breaks == BREAKS && items > 1 && self.body.len() > LONG {
                        return Outcome::Broken;
                    }
                    (reason, Duration::ZERO)
                }
            };
            let wait = backoff(attempts).max(not_before);
            if wait >= deadline.saturating_duration_since(Instant::now()) {
                return Outcome::Late(format!("{reason} (tried {attempts}×)"));
            }
            before = Some(reason);
            thread::sleep(wait);
        }
    }

    fn taken(&self, plural: &str, items: usize, partial: &PartialSuccess) -> Outcome {
        if partial.rejected == 0 {
            return Outcome::Delivered;
        }
        let lost = usize::try_from(partial.rejected).unwrap_or(items).min(items);
        let (shown, message) = (&self.peer().shown, self.peer().quote(partial.message.as_bytes()));
        Outcome::Lost { lost, reason: format!("{shown} rejected {lost} of {items} {plural}: {message}") }
    }
}

/// What came of a request at last.
enum Outcome {
    Delivered,
    /// Its time was over; it may be taken later.
    Late(String),
    Lost {
        lost: usize,
        reason: String,
    },
    TooLarge(String),
    /// The connection broke, maybe since the request was too large.
    Broken,
    Unsupported(String),
}
