use proc_macro2::TokenStream;

use super::derive;
use super::parse::{FieldArgs, StructArgs};
use crate::args::Arguments;
use crate::testing::{assert_documented, assert_errors, snapshot, survives_damage, tokens};

fn on_item(_: TokenStream, item: TokenStream) -> TokenStream {
    derive(item)
}

#[track_caller]
fn refused(item: &str, expected: &[&str]) {
    assert_errors(on_item, "", item, expected);
}

#[test]
fn a_plain_struct() {
    snapshot("labels", "plain", derive(tokens("struct Request { method: Method, ok: bool }")));
}

#[test]
fn a_struct_with_everything() {
    let item = r#"#[labels(budget = 5000, crate = telemetry)] pub struct Request<'a> where 'a: 'static {
        method: &'a Method, #[label(name = "who", max = 100)] tenant: Cow<'a, str>, r#type: Kind }"#;
    snapshot("labels", "everything", derive(tokens(item)));
}

#[test]
fn fields_that_are_attributes() {
    let item = r#"struct Request<'a> { #[label(attribute = ATTR_TIER)] tier: &'a Tier,
        /// Who it is.
        #[label(name = "who", attribute = ATTR_TENANT, max = 3)] tenant: &'a str,
        #[label(skip)] path: &'a str, #[label(allow_secret)] token: bool }"#;
    snapshot("labels", "attributes", derive(tokens(item)));
}

#[test]
fn secrets_and_what_is_skipped() {
    refused(
        "struct S { user_token: bool }",
        &[
            "user_token: the label `user_token` looks like a secret: `skip` it, or, if it is none, add `#[label(allow_secret)]`",
        ],
    );
    refused(
        "struct S { a: bool, #[label(max = 3, skip)] b: String }",
        &["max = 3, skip: `skip` and `max` exclude each other; keep one"],
    );
    refused(
        "struct S { #[label(skip)] a: bool }",
        &["S: a label set needs at least one field; for no labels use `()`"],
    );
}

#[test]
fn mistakes() {
    refused(
        "enum E { A }",
        &["enum: `Labels` goes on a struct, and this is an enum: derive `Label`, or make it a struct"],
    );
    refused("struct S(bool);", &["S: a label is named after its field: give the struct fields with names"]);
    refused("struct S {}", &["S: a label set needs at least one field; for no labels use `()`"]);
    refused(
        "struct S<T> { a: bool }",
        &["T: a label set can be generic over lifetimes only: remove the parameter"],
    );
    for ty in ["String", "&'static str", "std::borrow::Cow<'static, str>", "Arc<str>"] {
        let message = "`a` is free text: say how many values it may have, `#[label(max = 100)]`";
        refused(&format!("struct S {{ a: {ty} }}"), &[&format!("{ty}: {message}")]);
    }
    refused(
        "struct S { quantile: bool }",
        &["quantile: the label `quantile` is reserved; choose another name"],
    );
    refused(
        "struct S { a: bool, #[label(name = \"a\")] b: bool }",
        &["a: bool, #[label(name = \"a\": duplicate label `a`: rename one of them"],
    );
    refused(
        "struct S { #[label(max = \"x\")] a: String }",
        &["\"x\": `max` takes a whole number above zero: write `max = 4`"],
    );
    refused(
        "struct S { #[label(max = 99999999999)] a: String }",
        &["max: `max` is too large; a label of that many values is not a label"],
    );
    refused(
        "#[labels(budgt = 3)] struct S { a: bool }",
        &["budgt: unknown argument `budgt`; did you mean `budget`?"],
    );
    refused(
        "#[label(max = 3)] struct S { a: bool }",
        &["label: `#[label(…)]` has no meaning here; it goes on a field"],
    );
}

#[test]
fn nothing_panics() {
    survives_damage(
        on_item,
        "",
        "#[labels(budget = 3)] pub struct S<'a, T: X> where T: 'a { #[label(name = \"x\", max = 3)] a: &'a str, b: Vec<T> }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("labels", StructArgs::NAMES);
    assert_documented("labels", FieldArgs::NAMES);
}
