use super::parse::Args;
use super::test;
use crate::args::Arguments;
use crate::testing::{assert_documented, assert_errors, snapshot, survives_damage, tokens};

#[test]
fn a_test_that_is_a_function() {
    snapshot("test", "plain", test(tokens(""), tokens("#[should_panic] fn f() { panic!() }")));
}

#[test]
fn a_test_that_is_a_future() {
    let item = "async fn f(mut telemetry: Captured) -> Result<(), E> { g()?.await }";
    snapshot("test", "async", test(tokens("worker_threads = 2, crate = telemetry"), tokens(item)));
}

#[test]
fn mistakes() {
    let refused = |args: &str, item: &str, expected: &[&str]| assert_errors(test, args, item, expected);
    refused(
        "worker_threads = 2",
        "fn f() {}",
        &["worker_threads: `worker_threads` needs an `async fn`: make it one, or remove `worker_threads`"],
    );
    refused(
        "",
        "#[tokio::test] async fn f() {}",
        &["#[tokio::test]: `#[spanwright::test]` makes the function a test: remove this attribute"],
    );
    refused(
        "",
        "fn f(a: Captured, b: u8) {}",
        &[
            "b: u8: a test takes one parameter at most, `telemetry: spanwright::testing::Captured`: remove this one",
        ],
    );
    refused("", "fn f(&self) {}", &["&self: a test is no method: remove `self`"]);
    refused("", "fn f<T>() {}", &["T: a test can't be generic: remove the parameters"]);
    refused(
        "threads = 2",
        "fn f() {}",
        &["threads: unknown argument `threads`; the arguments are `worker_threads` and `crate`"],
    );
    refused("", "struct S;", &["struct: `#[test]` goes on a function, and this is a `struct`"]);
}

#[test]
fn nothing_panics() {
    survives_damage(
        test,
        "worker_threads = 2, crate = a",
        "#[ignore] pub async fn f(a: Captured) -> R { a.b().await }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("test", Args::NAMES);
}
