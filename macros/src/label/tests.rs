use proc_macro2::TokenStream;

use super::derive;
use super::parse::{EnumArgs, VariantArgs};
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
fn a_plain_enum() {
    snapshot("label", "plain", derive(tokens("enum HttpStatus { Ok, NotFound, r#True }")));
}

#[test]
fn an_enum_with_everything() {
    let item = r#"#[label(name = "kind", rename_all = "SCREAMING_SNAKE_CASE")] #[label(crate = telemetry)]
        pub(crate) enum Status { AllGood = 3, #[label(rename = "nope")] NotFound }"#;
    snapshot("label", "everything", derive(tokens(item)));
}

#[test]
fn an_enum_that_is_an_attribute() {
    let item = "/// How it is\n/// paid.\n#[label(attribute = attributes::ATTR_TIER)] enum Tier { Paid }";
    snapshot("label", "attribute", derive(tokens(item)));
}

#[test]
fn a_stub_for_what_is_wrong() {
    snapshot("label", "stub", derive(tokens("enum Tier<T> { Gold(T) }")));
}

#[test]
fn mistakes() {
    refused(
        "struct S;",
        &[
            "struct: `Label` goes on an enum without data, and this is a struct: derive `Labels`, or make it an enum",
        ],
    );
    refused(
        "union U { a: u8 }",
        &["union: `Label` goes on an enum without data, and this is a union: make it an enum"],
    );
    refused("enum E { A(u8), B }", &["(u8): a label's variants hold no data: remove the fields"]);
    refused("enum E {}", &["E: a label needs at least one value: add a variant"]);
    refused("enum E<T> { A }", &["T: a label can't be generic: remove the parameters"]);
    refused(
        "enum E { A, #[label(rename = \"a\")] B }",
        &["A, #[label(rename = \"a\": `A` and `B` have the same value `a`: rename one of them"],
    );
    refused("enum Le { A }", &["Le: the label `le` is reserved; choose another name"]);
    refused(
        "#[label(name = \"a-b\")] enum E { A }",
        &["\"a-b\": `a-b` is no label name: use letters, digits and `_`, and no digit in front"],
    );
    refused("#[label(nam = \"x\")] enum E { A }", &["nam: unknown argument `nam`; did you mean `name`?"]);
    refused(
        "#[label(rename_all = \"snake\")] enum E { A }",
        &[
            "\"snake\": unknown case `snake`; the cases are `snake_case`, `kebab-case`, `SCREAMING_SNAKE_CASE`, `lowercase`, `UPPERCASE`, `camelCase` and `PascalCase`",
        ],
    );
    refused(
        "#[label(rename_all = 3)] enum E { A }",
        &["3: `rename_all` takes a case: write `rename_all = \"snake_case\"`"],
    );
    refused("#[label] enum E { A }", &["label: `label` takes arguments: write `#[label(…)]`"]);
    refused("enum E { #[label(rename)] A }", &["rename: `rename` needs a value: write `rename = \"…\"`"]);
}

#[test]
fn every_mistake_is_an_error_of_its_own() {
    refused(
        "#[label(name = 1)] enum E<T> { A, #[label(rename = \"a\", rename = \"b\")] B }",
        &[
            "1: `name` takes a string: write `name = \"…\"`",
            "rename = \"a\", rename: duplicate argument `rename`; write it once",
            "T: a label can't be generic: remove the parameters",
            "A, #[label(rename = \"a\": `A` and `B` have the same value `a`: rename one of them",
        ],
    );
}

#[test]
fn nothing_panics() {
    survives_damage(
        on_item,
        "",
        "#[label(name = \"a\", rename_all = \"lowercase\")] pub enum E<'a> { A = 1, #[label(rename = \"x\")] B(C) }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("label", EnumArgs::NAMES);
    assert_documented("label", VariantArgs::NAMES);
}
