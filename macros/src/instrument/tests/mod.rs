use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

use super::instrument;
use super::parse::{Args, ErrArgs, MetricsArgs, RetArgs, SloArgs};
use crate::args::Arguments;
use crate::testing::{assert_documented, assert_errors, snapshot, tokens};

mod fields;
mod followed;
mod futures;
mod metrics;
mod mistakes;
mod names;
mod objectives;
mod outcomes;
mod switches;

fn expansion(name: &str, args: &str, item: &str) {
    snapshot("instrument", name, spread(instrument(tokens(args), tokens(item))));
}

/// The formatter leaves a macro call's tokens alone, so the groups of `body!` are shown as statements.
///
/// Input: `body! { sync { name: "f" } … }`; output: `body! { "sync" }; let site = Spec { name: "f" }; …`.
fn spread(expansion: TokenStream) -> TokenStream {
    let mut output: Vec<TokenTree> = Vec::new();
    for token in expansion {
        let TokenTree::Group(group) = token else {
            output.push(token);
            continue;
        };
        let is_call = match output.as_slice() {
            [.., TokenTree::Ident(name), TokenTree::Punct(bang)] => name == "body" && bang.as_char() == '!',
            _ => false,
        };
        let content = if is_call { statements(group.stream()) } else { spread(group.stream()) };
        match is_call {
            true => output.extend(content),
            false => output.push(Group::new(group.delimiter(), content).into()),
        }
    }
    output.into_iter().collect()
}

fn statements(call: TokenStream) -> TokenStream {
    let content: Vec<TokenTree> = call.into_iter().collect();
    let [mode, groups @ ..] = content.as_slice() else { panic!("no mode") };
    let groups: Vec<TokenStream> = groups
        .iter()
        // The body's label.
        .filter(|token| !matches!(token, TokenTree::Punct(_) | TokenTree::Ident(_)))
        .map(|group| match group {
            TokenTree::Group(group) => group.stream(),
            other => panic!("a token between the groups: {other}"),
        })
        .collect();
    let [span, decided, report, site, labels, record, outcome, ret, body] = groups.as_slice() else {
        panic!("{} groups", groups.len())
    };
    let mode = mode.to_string();
    // The record stands in brackets in front.
    let mut site = site.clone().into_iter().peekable();
    let described = site.next_if(|first| matches!(first, TokenTree::Group(_))).map(|record| {
        let TokenTree::Group(record) = record else { panic!("no group") };
        let parts = record.stream();
        quote!(let described = [#parts];)
    });
    let site: TokenStream = site.collect();
    let span = (!span.is_empty()).then(|| quote!(let span = #span;));
    let decided = (!decided.is_empty()).then(|| quote!(let site = site #decided;));
    let report = (!report.is_empty()).then(|| quote!(let report = { #report };));
    quote! {
        { #mode };
        #described
        let site = Spec { #site };
        #decided
        #report
        #span
        let labels = { #labels };
        let record = { #record };
        let outcome = { #outcome };
        let body = || -> #ret { #body };
    }
}

#[track_caller]
fn refused(args: &str, item: &str, expected: &[&str]) {
    assert_errors(instrument, args, item, expected);
}

const CHARGE: &str = "fn charge(order: u64, tier: Tier, user: &User) -> Result<(), Error> { Ok(()) }";

#[test]
fn a_plain_function() {
    expansion(
        "plain",
        "",
        "/// Adds\n/// up.\n///\n/// More.\n#[inline] pub fn add(a: u8, b: u8) -> u8 { a + b }",
    );
}

#[test]
fn an_async_method_with_everything() {
    let args = r#"name = "shop.charge", level = "debug", target = "shop", kind = client, component = "billing", record(order, ?tier, %user.name),
        fields(http.route = "/charge", "odd-name" = ?order + 1, result = Empty), err(Debug, level = WARN),
        metrics(prefix = "shop", labels(operation = "charge", tier, big: bool = order > 9), buckets = [0.1, 2], in_flight)"#;
    let item = "async fn charge(&mut self, order: u64, tier: &Tier, user: User) -> Result<&mut Self, Error> { body(self) }";
    expansion("everything", args, item);
}

#[test]
fn every_argument_is_documented() {
    assert_documented("instrument", Args::NAMES);
    let nested =
        |of: &str, names: &[&str]| names.iter().map(|name| format!("{of}({name}")).collect::<Vec<_>>();
    let rows = [
        nested("err", ErrArgs::NAMES),
        nested("ret", RetArgs::NAMES),
        nested("metrics", MetricsArgs::NAMES),
        nested("slo", SloArgs::NAMES),
    ];
    for row in rows.concat() {
        assert_documented("instrument", &[row.as_str()]);
    }
}
