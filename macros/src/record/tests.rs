use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::record;
use crate::testing::{assert_errors, snapshot, survives_damage, tokens};

/// The macro as the function around it calls it, for helpers that know attributes: the arguments are what stands between
/// the parentheses of `record!`. Errors are taken out of their block.
fn called(fields: TokenStream, _: TokenStream) -> TokenStream {
    let expanded =
        record(quote!(__span (::spanwright) ["id", "http.route", "odd-name", "result"] ("token") #fields));
    match expanded.clone().into_iter().next() {
        Some(TokenTree::Group(block)) => block.stream(),
        _ => expanded,
    }
}

#[track_caller]
fn refused(fields: &str, expected: &[&str]) {
    assert_errors(called, fields, "", expected);
}

fn expansion(name: &str, fields: &str) {
    let expanded = called(tokens(fields), TokenStream::new());
    snapshot("record", name, quote!(fn f() { #expanded }));
}

#[test]
fn one_field() {
    expansion("one", "result = order.total()");
}

/// The same, of a function with constants and sets among its fields.
fn called_with_sets(fields: TokenStream, _: TokenStream) -> TokenStream {
    let expanded = record(quote!(__span (::spanwright) ["id", "size"; __ALL] () #fields));
    match expanded.clone().into_iter().next() {
        Some(TokenTree::Group(block)) => block.stream(),
        _ => expanded,
    }
}

#[test]
fn fields_by_constants() {
    let fields = tokens("{ATTR_A} = 1, {shop::ATTR_B} = %two, {ATTR_C} = ?3, id = 4");
    let expanded = called_with_sets(fields, TokenStream::new());
    snapshot("record", "constants", quote!(fn f() { #expanded }));
}

#[test]
fn mistakes_with_constants() {
    let declare = "declare it: `#[instrument(fields({ATTR_A} = Empty))]`";
    refused("{ATTR_A} = 1", &[&format!("ATTR_A: `{{ATTR_A}}` is not declared; {declare}")]);
    let refused = |fields: &str, expected: &[&str]| assert_errors(called_with_sets, fields, "", expected);
    refused("{ATTR_A} = 1, {ATTR_A} = 2", &["ATTR_A} = 1, {ATTR_A: `{ATTR_A}` is recorded twice; keep one"]);
    refused("{ATTR_C} = 1, {ATTR_C} = 2", &["ATTR_C} = 1, {ATTR_C: `{ATTR_C}` is recorded twice; keep one"]);
    refused(
        "..Order = order",
        &["Order: `record!` fills in one attribute after the other: write `{ATTR_NAME} = value`"],
    );
    refused(
        "siez = 1, total = 1",
        &[
            "siez: `siez` is not declared; did you mean `size`? if not, declare it: `#[instrument(fields(siez = Empty))]`",
            "total: `total` is not declared; write its constant, `{ATTR_NAME}`, if it has one; if not, declare it: `#[instrument(fields(total = Empty))]`",
        ],
    );
    refused("{ATTR_A}", &["ATTR_A: `{ATTR_A}` has no value: write `{ATTR_A} = value`"]);
}

#[test]
fn fields_of_every_form() {
    expansion(
        "everything",
        r#"id = 7, http.route = %route, "odd-name" = ?Some(1), "result" = a::<B, C>(|x| x),"#,
    );
}

#[test]
fn the_users_tokens_keep_their_places() {
    let fields = tokens("result = compute(order)");
    let expanded = called(fields, TokenStream::new());
    fn source(tokens: TokenStream, wanted: &str) -> Option<String> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Group(group) => source(group.stream(), wanted),
            token if token.to_string() == wanted => token.span().source_text(),
            _ => None,
        })
    }
    assert_eq!(source(expanded.clone(), "compute").as_deref(), Some("compute"));
    assert_eq!(source(expanded, "__value0").as_deref(), Some("compute(order)"));
}

#[test]
fn fields_are_declared() {
    refused(
        "total = 1",
        &["total: `total` is not declared; declare it: `#[instrument(fields(total = Empty))]`"],
    );
    refused(
        "reslt = 1, http.rout = 2",
        &[
            "reslt: `reslt` is not declared; did you mean `result`? if not, declare it: `#[instrument(fields(reslt = Empty))]`",
            "http.rout: `http.rout` is not declared; did you mean `http.route`? if not, declare it: `#[instrument(fields(http.rout = Empty))]`",
        ],
    );
    refused(
        r#""no-such" = 1"#,
        &[r#""no-such": `no-such` is not declared; declare it: `#[instrument(fields("no-such" = Empty))]`"#],
    );
}

#[test]
fn fields_have_values() {
    refused("result", &["result: `result` has no value: write `result = value`"]);
    refused("%result", &["result: `result` has no value: write `result = %value`"]);
    refused("result =", &["result: `result` has no value: write `result = value`"]);
    refused("result: 3", &[":: expected `=`: write `result = value`"]);
    refused("?result = 3", &["result: the sign goes in front of the value: write `result = ?…`"]);
    refused(
        "result = Empty",
        &["result: `result` stays empty until it is recorded; write `result = value`, or leave it out"],
    );
    refused("3", &["3: expected a name"]);
    refused("result = 1 id = 2", &["id: expected `,`"]);
}

#[test]
fn a_field_has_one_value() {
    refused(
        r#"result = 1, id = 2, "result" = 3"#,
        &[r#"result = 1, id = 2, "result": `result` is recorded twice; keep one"#],
    );
}

#[test]
fn nothing_panics() {
    survives_damage(called, r#"id = 7, http.route = %route, "odd-name" = ?Some(1), r#result = {}"#, "");
    for call in ["", "__span", "__span [", "[a]", "__span [1]", "3 [] a = 1"] {
        if let Ok(call) = call.parse() {
            record(call);
        }
    }
}

#[test]
fn what_the_function_allows_is_no_secret_here() {
    refused("id = token, result = self.token.as_str()", &[]);
    refused(
        "id = password",
        &[
            "password: `password` looks like a secret: leave it out, or, if it is none, add `allow_secret(password)` to \
           `#[instrument(…)]`",
        ],
    );
}
