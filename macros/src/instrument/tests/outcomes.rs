use super::{expansion, refused};
use crate::instrument::instrument;
use crate::testing::assert_errors;

#[test]
fn err_needs_a_result() {
    refused("err", "fn f() {}", &["err: `err` needs a `Result`, and this function returns nothing"]);
    refused(
        "err",
        "fn f() -> ! { loop {} }",
        &["err: `err` needs a `Result`, and this function never returns"],
    );
    refused(
        "err",
        "#[track_caller] fn f() -> R { g() }",
        &[
            "err: `err` needs the body in a closure, and `#[track_caller]` needs it in place: remove one of them",
        ],
    );
}

#[test]
fn an_outcome_by_a_function_of_ones_own() {
    expansion(
        "classified",
        "outcome = response::outcome, err(Debug)",
        "fn get() -> Result<Response, Error> { get() }",
    );
    let refused = |item: &str, expected: &str| assert_errors(instrument, "outcome = a", item, &[expected]);
    refused(
        "fn f() -> ! { loop {} }",
        "outcome: `outcome` looks at what the function returns, and this one never does: remove it",
    );
    refused(
        "#[track_caller] fn f() {}",
        "outcome: `outcome` needs the body in a closure, which neither `#[track_caller]` nor C-variadic arguments allow: remove it",
    );
}

#[test]
fn what_is_returned_is_looked_at_behind_an_impl() {
    expansion("returned_impl_trait", "ret", "fn f() -> impl Copy { 1 }");
}

#[test]
fn what_is_returned_is_reported() {
    expansion("returned", "ret(level = \"debug\")", "fn get() -> u8 { 1 }");
    expansion("returned_beside_err", "ret(Display), err", "async fn get() -> Result<u8, Error> { Ok(1) }");
    let refused = |args: &str, item: &str, expected: &str| assert_errors(instrument, args, item, &[expected]);
    refused(
        "ret",
        "fn f() -> ! { loop {} }",
        "ret: `ret` looks at what the function returns, and this one never does: remove it",
    );
    refused(
        "ret(Debug, Display)",
        "fn f() -> u8 { 1 }",
        "Debug, Display: `Display` and `Debug` exclude each other; keep one",
    );
}
