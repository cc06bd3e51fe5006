//! Errors that say what they are called, and whether they were to be expected.

use std::future::{Future, ready};
use std::panic::catch_unwind;

use futures_util::stream::{self, Stream, StreamExt};
use spanwright::registry::Value;
use spanwright::span::Outcome;
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
    assert_eq!(trace.one("reject").events.len(), 1, "`err` says it all the same");
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
            || drop(plain()),
            || drop(super::block_on(asynchronous())),
            || drop(super::block_on(followed())),
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
    assert_eq!(trace.one("said").events.len(), 1, "`err` says it all the same");
}
