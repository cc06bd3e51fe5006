use proc_macro2::TokenStream;

use super::derive;
use super::parse::{ItemArgs, VariantArgs};
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
fn an_enum_with_everything() {
    let item = r#"#[error_type(rename_all = "kebab-case", crate = telemetry)] enum Failed<E> where E: Clone {
        TimedOut, #[error_type(rename = "gone", expected)] NotFound { id: u64 },
        #[error_type(transparent)] Io(std::io::Error), #[error_type(transparent)] Other { source: E } }"#;
    snapshot("error_type", "everything", derive(tokens(item)));
}

#[test]
fn a_struct_is_one_case() {
    snapshot("error_type", "struct", derive(tokens("#[error_type(expected)] struct OutOfStock(u64);")));
}

#[test]
fn an_enum_that_is_expected_whole() {
    let item = "#[error_type(expected)] enum Refused { Closed, #[error_type(transparent)] By(Gateway) }";
    snapshot("error_type", "expected", derive(tokens(item)));
}

#[test]
fn an_enum_without_variants() {
    snapshot("error_type", "empty", derive(tokens("enum Never {}")));
}

#[test]
fn mistakes() {
    refused(
        "union U { a: u8 }",
        &["union: `ErrorType` goes on an enum or a struct, and this is a union: make it an enum"],
    );
    refused(
        "#[error_type(rename = \"x\")] enum E { A }",
        &["rename: an enum has a name for each variant: write `rename` on those, or `rename_all` here"],
    );
    refused(
        "enum E { #[error_type(transparent)] A(u8, u8) }",
        &[
            "transparent: `A` is `transparent`, so it has one field, with the error that it is: remove `transparent`, or the other fields",
        ],
    );
    refused(
        "enum E { #[error_type(transparent, rename = \"a\", expected)] A(Io) }",
        &[
            "transparent, rename: `transparent` and `rename` exclude each other; keep one",
            "transparent, rename = \"a\", expected: `transparent` and `expected` exclude each other; keep one",
        ],
    );
    refused(
        "enum E { A(#[error_type(transparent)] Io) }",
        &["error_type: `#[error_type(…)]` has no meaning here; it goes on the variant, or on the item"],
    );
    refused(
        "enum E { #[error_type(expcted)] A }",
        &["expcted: unknown argument `expcted`; did you mean `expected`?"],
    );
}

#[test]
fn nothing_panics() {
    survives_damage(
        on_item,
        "",
        "#[error_type(rename_all = \"lowercase\", crate = a)] pub enum E<T: X> { A = 1, #[error_type(transparent)] B(T) }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("error_type", ItemArgs::NAMES);
    assert_documented("error_type", VariantArgs::NAMES);
}
