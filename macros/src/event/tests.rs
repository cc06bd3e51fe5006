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
fn a_struct_with_everything() {
    let item = r#"#[event(name = "sent", crate = telemetry)] struct Sent<'a, T> where T: Debug {
        to: &'a str, #[event(rename = "size", display)] bytes: Bytes, #[event(debug)] what: T,
        #[event(skip)] own: u8, #[event(allow_secret)] token: u64 }"#;
    snapshot("event", "everything", derive(tokens(item)));
}

#[test]
fn a_struct_without_fields() {
    snapshot("event", "unit", derive(tokens("struct CacheCleared;")));
}

#[test]
fn mistakes() {
    refused("enum E { A }", &["enum: `Event` goes on a struct, and this is an enum: make it a struct"]);
    refused("union U { a: u8 }", &["union: `Event` goes on a struct, and this is a union: make it a struct"]);
    refused(
        "struct Sent(u8);",
        &["Sent: a value is named after its field: give the struct fields with names"],
    );
    refused(
        "struct Sent { #[event(display, debug)] a: u8 }",
        &["display, debug: `display` and `debug` exclude each other; keep one"],
    );
    refused(
        "struct Sent { #[event(skip, debug)] a: u8 }",
        &["skip, debug: `skip` and `debug` exclude each other; keep one"],
    );
    refused(
        "struct Sent { password: u8 }",
        &["password: `password` looks like a secret: add `skip`, or, if it is none, `allow_secret`"],
    );
    refused(
        "struct Sent { a: u8, #[event(rename = \"a\")] b: u8 }",
        &["b: another value is called `a` too: give one of them another name"],
    );
    refused(
        "struct Sent { #[event(renam = \"a\")] a: u8 }",
        &["renam: unknown argument `renam`; did you mean `rename`?"],
    );
    let many: String = (0..65).map(|at| format!("a{at}: u8, ")).collect();
    refused(
        &format!("struct Sent {{ {many} }}"),
        &["a64: an event has at most 64 values: skip some, or make it two events"],
    );
}

#[test]
fn nothing_panics() {
    survives_damage(
        on_item,
        "",
        "#[event(name = \"a\", crate = b)] pub struct E<'a, T: X> { #[event(rename = \"c\", debug)] a: &'a T }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("event", StructArgs::NAMES);
    assert_documented("event", FieldArgs::NAMES);
}
