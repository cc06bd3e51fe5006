//! Errors that say what they are called, and whether they were to be expected.

use std::future::{Future, ready};
use std::panic::catch_unwind;
use std::task::Poll;

use futures_util::stream::{self, Stream, StreamExt};
use spanwright::registry::Value;
use spanwright::span::{Level, Outcome};
use spanwright::{Context, ErrorType, Outcome as Ended, instrument};

use super::{attribute, series, text};
use crate::collected::traced;

#[derive(Debug, thiserror::Error, ErrorType)]
enum Failed {
    #[error("it took too long")]
    TimedOut,
    #[error("there is none")]
    #[error_type(expected)]
    NotFound,
}

#[instrument(err, metrics)]
fn said(error: Option<Failed>) -> Result<(), Failed> {
    error.map_or(Ok(()), Err)
}

#[instrument]
async fn unsaid(error: Failed) -> Result<(), Failed> {
    Err(error)
}

#[test]
fn a_failure_has_the_name_that_it_gives_itself() {
    let (_, trace) = traced(|| (said(Some(Failed::TimedOut)), super::block_on(unsaid(Failed::TimedOut))));
    let [said, unsaid] = ["said", "unsaid"].map(|name| trace.one(name));
    for span in [said, unsaid] {
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(attribute(span, "error.type"), text("timed_out"));
    }
    assert_eq!(said.error.as_deref(), Some("it took too long"));
    assert_eq!(unsaid.error.as_deref(), Some(""));
}

#[test]
fn a_function_of_ones_own_says_how_a_call_ended() {
    struct Response(u16);
    impl Response {
        fn outcome(&self) -> Result<(), &'static str> {
            if self.0 < 500 { Ok(()) } else { Err("5xx") }
        }
    }
    fn rejected(result: &Result<u8, Failed>) -> Ended {
        if result.is_ok() { Ended::Ok } else { Ended::Cancelled }
    }
    #[instrument(outcome = Response::outcome)]
    async fn respond(status: u16) -> Response {
        Response(status)
    }
    #[instrument(outcome = rejected, err)]
    fn reject() -> Result<u8, Failed> {
        Err(Failed::TimedOut)
    }
    let (_, trace) = traced(|| {
        let _fine = super::block_on(respond(200));
        let _broken = super::block_on(respond(503));
        reject()
    });
    let ended =
        trace.spans.iter().map(|span| (span.name.as_ref(), span.outcome, attribute(span, "error.type")));
    assert_eq!(
        ended.collect::<Vec<_>>(),
        [
            ("respond", Outcome::Ok, None),
            ("respond", Outcome::Error, text("5xx")),
            ("reject", Outcome::Cancelled, text("cancelled")),
        ]
    );
    let [event] = &trace.one("reject").events[..] else { panic!("`err` says it all the same") };
    assert!(event.attributes.contains(&("exception.type".into(), text("timed_out").unwrap())), "{event:?}");
}

#[test]
fn an_outcome_of_ones_own_leaves_the_error_its_name_and_what_is_fine_unsaid() {
    fn is<T>(_: &T) -> Ended {
        Ended::Error
    }
    fn is_fine<T>(_: &T) -> Ended {
        Ended::Ok
    }
    fn has_no_name<T>(_: &T) -> Result<(), &'static str> {
        Err("")
    }
    #[instrument(outcome = is, err)]
    fn named() -> Result<u8, Failed> {
        Err(Failed::NotFound)
    }
    #[instrument(outcome = has_no_name, err)]
    fn nameless() -> Result<u8, Failed> {
        Err(Failed::TimedOut)
    }
    #[instrument(outcome = is_fine, err)]
    fn fine() -> Result<u8, Failed> {
        Err(Failed::TimedOut)
    }
    let (_, trace) = traced(|| (named(), nameless(), fine()));
    for (name, error_type) in [("named", "not_found"), ("nameless", "timed_out")] {
        let span = trace.one(name);
        assert_eq!((span.outcome, attribute(span, "error.type")), (Outcome::Error, text(error_type)));
        let [event] = &span.events[..] else { panic!("{name}: {:?}", span.events) };
        assert_eq!(event.level, Level::ERROR);
        let error_type = ("exception.type".into(), text(error_type).unwrap());
        assert!(event.attributes.contains(&error_type), "{event:?}");
    }
    let fine = trace.one("fine");
    assert_eq!((fine.outcome, attribute(fine, "error.type"), fine.events.len()), (Outcome::Ok, None, 0));
}

#[test]
fn an_error_within_an_option_or_a_poll_is_one() {
    #[instrument(err)]
    fn option(error: Failed) -> Option<Result<u8, Failed>> {
        Some(Err(error))
    }
    #[instrument(err(Debug))]
    fn poll(error: &'static str) -> Poll<Result<u8, &'static str>> {
        Poll::Ready(Err(error))
    }
    #[instrument]
    async fn next(error: Failed) -> Poll<Option<Result<u8, Failed>>> {
        Poll::Ready(Some(Err(error)))
    }
    #[instrument(err)]
    fn pending() -> Poll<Option<Result<u8, Failed>>> {
        Poll::Pending
    }
    let (_, trace) = traced(|| {
        let _ended = (option(Failed::TimedOut), poll("no"), super::block_on(next(Failed::TimedOut)));
        pending()
    });
    let ended = |name| {
        (trace.one(name).outcome, attribute(trace.one(name), "error.type"), trace.one(name).events.len())
    };
    assert_eq!(ended("option"), (Outcome::Error, text("timed_out"), 1));
    assert_eq!(ended("poll"), (Outcome::Error, text("&str"), 1));
    assert_eq!(ended("next"), (Outcome::Error, text("timed_out"), 0));
    assert_eq!(ended("pending"), (Outcome::Ok, None, 0));
}

#[test]
fn an_outcome_of_ones_own_that_panics_is_a_panic_of_the_call() {
    fn panics<T>(_: &T) -> Ended {
        panic!("on purpose")
    }
    #[instrument(outcome = panics)]
    fn plain() -> u8 {
        1
    }
    #[instrument(outcome = panics)]
    async fn asynchronous() -> u8 {
        1
    }
    #[instrument(future, outcome = panics)]
    fn followed() -> impl Future<Output = u8> {
        ready(1)
    }
    #[instrument(outcome = panics)]
    fn streamed() -> impl Stream<Item = u8> {
        stream::iter([1])
    }
    let (_, trace) = traced(|| {
        let within = Context::current().span_id;
        let calls: [fn(); 4] = [
            || _ = plain(),
            || _ = super::block_on(asynchronous()),
            || _ = super::block_on(followed()),
            || drop(super::block_on(streamed().collect::<Vec<_>>())),
        ];
        for call in calls {
            assert!(catch_unwind(call).is_err());
            assert_eq!(Context::current().span_id, within);
        }
    });
    let outcomes: Vec<_> = trace.spans.iter().map(|span| (span.name.as_ref(), span.outcome)).collect();
    let names = ["plain", "asynchronous", "followed", "streamed"];
    assert_eq!(outcomes, names.map(|name| (name, Outcome::Panicked)));
}

#[test]
fn what_was_to_be_expected_is_no_failure() {
    let ended = |outcome| {
        let labels = [("module", module_path!()), ("function", "said"), ("outcome", outcome)];
        series("function_calls_total", &labels)
    };
    let before = ended("ok");
    let (_, trace) = traced(|| (said(Some(Failed::NotFound)), super::block_on(unsaid(Failed::NotFound))));
    for span in ["said", "unsaid"].map(|name| trace.one(name)) {
        assert_eq!(span.outcome, Outcome::Ok);
        assert_eq!(attribute(span, "error.type"), text("not_found"));
        assert_eq!(span.error, None);
    }
    assert_eq!(before.unwrap_or(Value::Counter(0)), Value::Counter(0), "nobody else ends it so");
    assert_eq!(ended("ok"), Some(Value::Counter(1)));
    let [event] = &trace.one("said").events[..] else { panic!("`err` says it all the same") };
    assert_eq!(event.level, Level::INFO);
}

#[test]
fn a_stated_level_is_that_of_every_error() {
    #[instrument(err(level = "warn"))]
    fn warned(error: Failed) -> Result<(), Failed> {
        Err(error)
    }
    let (_, trace) = traced(|| (warned(Failed::NotFound), warned(Failed::TimedOut)));
    let levels: Vec<_> = trace.spans.iter().map(|span| span.events[0].level).collect();
    assert_eq!(levels, [Level::WARN; 2]);
}
