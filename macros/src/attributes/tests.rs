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
    snapshot(
        "attributes",
        "plain",
        derive(tokens("struct Order { id: String, r#type: u8, ok: Option<bool> }")),
    );
}

const EVERYTHING: &str = r##"#[attributes(prefix = "shop", semconv = true, crate = telemetry)]
    pub(crate) struct Order<'a> where 'a: 'static {
        /// Which order
        /// it is.
        #[attribute(key = "order.id", example = "o-1", redact = mask, allow_secret)] order_id: &'a str,
        #[attribute(key_exact = "db.system", constant = ATTR_DATABASE, example = ["postgresql", "sqlite"])] db: Cow<'a, str>,
        #[attribute(flatten)] event: Event<'a>,
        #[attribute(display, redact = hash)] by: Option<Uuid>,
        #[attribute(debug, skip_if_none)] items: Option<Vec<u8>>,
        #[attribute(semconv = false, example = -3)] count: Wrapped<'a, i32>,
        #[attribute(skip)] rest: Rest,
        #[attribute(redact = drop, example = 1.5)] ratio: f32,
    }"##;

#[test]
fn a_struct_with_everything() {
    snapshot("attributes", "everything", derive(tokens(EVERYTHING)));
}

#[test]
fn a_stub_for_what_is_wrong() {
    snapshot(
        "attributes",
        "stub",
        derive(tokens("pub struct S<T> { a: T, #[attribute(debug)] b: u8, c: f64 }")),
    );
}

#[test]
fn mistakes_of_the_item() {
    refused("enum E { A }", &["enum: `Attributes` goes on a struct, and this is an enum: make it a struct"]);
    refused(
        "union U { a: u8 }",
        &["union: `Attributes` goes on a struct, and this is a union: make it a struct"],
    );
    refused(
        "struct S(u8);",
        &["S: an attribute is named after its field: give the struct fields with names"],
    );
    refused("struct S {}", &["S: a set of attributes needs at least one field"]);
    refused(
        "struct S { #[attribute(skip)] a: u8 }",
        &["S: a set of attributes needs at least one that is not skipped"],
    );
    refused(
        "struct S<const N: u8> { a: u8 }",
        &["const N: u8: a set of attributes can be generic over lifetimes only: remove the parameter"],
    );
    refused(
        "#[attributes(prefix = \"a b\")] struct S { a: u8 }",
        &["\"a b\": `a b` is no prefix: use letters, digits, `_`, `-`, and dots between them"],
    );
    refused(
        "#[attribute(skip)] struct S { a: u8 }",
        &["attribute: `#[attribute(…)]` has no meaning here; it goes on a field"],
    );
    refused(
        "struct S { #[attributes(prefix = \"a\")] a: u8 }",
        &["attributes: `#[attributes(…)]` has no meaning here; it goes on the struct"],
    );
}

#[test]
fn mistakes_of_keys_and_names() {
    refused(
        "struct S { #[attribute(key = \"a..b\")] a: u8 }",
        &["\"a..b\": `a..b` is no key: write a name before and after each dot"],
    );
    refused(
        "struct S { #[attribute(key_exact = \"1\")] a: u8 }",
        &["\"1\": `1` is no key: begin with a letter"],
    );
    refused(
        "struct S { ä: u8 }",
        &["ä: `ä` is no key: use letters, digits, `_`, `-`, and dots between them; write `key = \"…\"`"],
    );
    refused(
        "struct S { #[attribute(key = \"a\", key_exact = \"b\")] a: u8 }",
        &["key = \"a\", key_exact: `key` and `key_exact` exclude each other; keep one"],
    );
    refused(
        "struct S { a: u8, #[attribute(key = \"a\")] b: u8 }",
        &["a: u8, #[attribute(key = \"a\": two attributes have the key `a`: rename one of them"],
    );
    refused(
        "struct S { a: u8, #[attribute(constant = ATTR_A)] b: u8 }",
        &[
            "a: u8, #[attribute(constant = ATTR_A: two constants are called `ATTR_A`: write `constant = …` at one of them",
        ],
    );
    refused(
        "struct S { #[attribute(constant = \"A\")] a: u8 }",
        &["\"A\": `constant` takes a name: write `constant = ATTR_NAME`"],
    );
    refused(
        "struct S { user_password: String }",
        &[
            "user_password: `user_password` looks like a secret: add `redact = hash`, `mask` or `drop`, or, if it is none, `allow_secret`",
        ],
    );
    refused(
        "struct S { #[attribute(key = \"api.key\")] a: String }",
        &[
            "a: `a` looks like a secret: add `redact = hash`, `mask` or `drop`, or, if it is none, `allow_secret`",
        ],
    );
}

#[test]
fn mistakes_of_values() {
    refused(
        "struct S { #[attribute(example = 3)] a: &str }",
        &["3: `3` is no example: the attribute is text"],
    );
    refused(
        "struct S { #[attribute(example = [1, true])] a: Option<u8> }",
        &["true: `true` is no example: the attribute is an integer"],
    );
    refused(
        "struct S { #[attribute(example = 3, debug)] a: u8 }",
        &["3: `3` is no example: the attribute is text"],
    );
    refused(
        "struct S { #[attribute(example = x)] a: u8 }",
        &["x: `example` takes a value that is written out: write `example = \"…\"`"],
    );
    refused(
        "struct S { #[attribute(example = [])] a: u8 }",
        &["[]: `example` has no value; write one, or leave it out"],
    );
    refused(
        "struct S { #[attribute(redact = hsh)] a: String }",
        &["hsh: unknown redaction `hsh`; did you mean `hash`?"],
    );
    refused(
        "struct S { #[attribute(redact = \"hash\")] a: String }",
        &["\"hash\": `redact` takes one of `hash`, `mask` and `drop`: write `redact = hash`"],
    );
    refused(
        "struct S { #[attribute(redact = mask)] a: u8 }",
        &["redact: `redact = mask` is for text, and `a` is none: add `display`, or write `drop`"],
    );
    refused(
        "struct S { #[attribute(skip_if_none)] a: u8 }",
        &["skip_if_none: `skip_if_none` needs an `Option`; remove it, or make `a` one"],
    );
    refused(
        "struct S { #[attribute(display, debug)] a: u8 }",
        &["display, debug: `display` and `debug` exclude each other; keep one"],
    );
    refused(
        "struct S { b: u8, #[attribute(flatten, key = \"x\")] a: A }",
        &["flatten, key: `flatten` and `key` exclude each other; keep one"],
    );
    refused(
        "struct S { b: u8, #[attribute(skip, flatten)] a: A }",
        &["skip, flatten: `skip` and `flatten` exclude each other; keep one"],
    );
}

#[test]
fn every_mistake_is_an_error_of_its_own() {
    refused(
        "#[attributes(prefx = \"a\")] struct S<T> { #[attribute(key = 3)] a: u8, #[attribute(example = 1)] b: T, c: String, #[attribute(key = \"b\", example = 1)] d: String }",
        &[
            "prefx: unknown argument `prefx`; did you mean `prefix`?",
            "3: `key` takes a string: write `key = \"…\"`",
            "T: a set of attributes can be generic over lifetimes only: remove the parameter",
            "1: `1` is no example: the attribute is text",
            "b: T, c: String, #[attribute(key = \"b\": two attributes have the key `b`: rename one of them",
        ],
    );
}

#[test]
fn nothing_panics() {
    survives_damage(on_item, "", EVERYTHING);
}

#[test]
fn every_argument_is_documented() {
    assert_documented("attributes", StructArgs::NAMES);
    assert_documented("attributes", FieldArgs::NAMES);
}
