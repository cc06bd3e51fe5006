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
        "metrics",
        "plain",
        derive(tokens("struct Shop {\n/// Orders\n///\n/// placed.\norders_total: Counter }")),
    );
}

#[test]
fn a_struct_with_everything() {
    let item = r#"#[metrics(prefix = "shop", crate = telemetry)] pub struct Shop {
        #[metric(name = "sent_bytes_total", unit = "bytes", help = "Sent.")] pub sent: Counter<Tier>,
        #[doc = "Time."] #[metric(buckets = [0.1, 1])] latency_seconds: Histogram,
        #[doc = "Size."] #[metric(buckets = native)] size_bytes: Histogram<Tier, Shared>,
        #[doc = "Wait."] #[metric(buckets = exponential(0.1, 2, 4))] wait_seconds: Histogram,
        #[doc = "Items."] #[metric(buckets = linear(-0.3, 0.1, 7))] items: Histogram }"#;
    snapshot("metrics", "everything", derive(tokens(item)));
}

#[test]
fn a_generic_struct() {
    snapshot(
        "metrics",
        "generic",
        derive(tokens("struct Pool<L> where L: Labels {\n/// Size.\nsize: Gauge<L> }")),
    );
}

#[test]
fn mistakes() {
    refused(
        "enum E { A }",
        &["enum: `Metrics` goes on a struct with a field for each metric, and this is an enum"],
    );
    refused(
        "struct S(Counter);",
        &["S: a metric is named after its field: give the struct fields with names"],
    );
    refused("struct S;", &["S: a metric is named after its field: give the struct fields with names"]);
    refused("struct S {}", &["S: this struct has no metrics: add a field"]);
    refused(
        "struct S { a_total: Counter }",
        &["a_total: `a_total` has no help: write a doc comment, or `#[metric(help = \"…\")]`"],
    );
    refused(
        "struct S { #[metric(name = \"a-b\")] #[doc = \"A.\"] a: Gauge }",
        &["\"a-b\": `a-b` is no metric name: use letters, digits and `_`, and no digit in front"],
    );
    refused(
        "#[metrics(prefix = \"1\")] struct S { #[doc = \"A.\"] a: Gauge }",
        &["\"1\": `1` is no prefix: use letters, digits and `_`, and no digit in front"],
    );
    refused(
        "#[metrics(prefix = \"p\")] struct S { #[doc = \"A.\"] #[metric(unit = \"bytes\")] sent_total: Counter }",
        &["\"bytes\": the name `p_sent_total` does not end in its unit: name the field `sent_bytes_total`"],
    );
    refused(
        "struct S { #[doc = \"A.\"] #[metric(unit = \"m/s\")] a: Gauge }",
        &["\"m/s\": `m/s` is no unit: write a word, such as `seconds`"],
    );
    refused(
        "struct S { #[doc = \"A.\"] a: Gauge, #[doc = \"B.\"] #[metric(name = \"a\")] b: Gauge }",
        &["a: Gauge, #[doc = \"B.\"] #[metric(name = \"a\": two metrics are called `a`: rename one of them"],
    );
    refused(
        "struct S { #[doc = \"A.\"] #[metric(buckets = [2, 1])] a: Histogram }",
        &["1: buckets must increase, and `1` follows `2`"],
    );
    refused(
        "struct S { #[doc = \"A.\"] #[metric(buckets = nativ)] a: Histogram }",
        &[
            "nativ: `buckets` takes a list of numbers, `exponential(…)`, `linear(…)` or `native`: write `buckets = [0.1, 0.5, 1.0]`",
        ],
    );
    for (buckets, error) in [
        (
            "exponential(0.1, 2)",
            "(0.1, 2): expected three numbers, and these are 2: write `exponential(0.001, 2, 10)`",
        ),
        (
            "linear(1, 2, 3, 4)",
            "(1, 2, 3, 4): expected three numbers, and these are 4: write `linear(0, 10, 10)`",
        ),
        ("exponential(0, 2, 3)", "0: exponential buckets begin above zero"),
        ("exponential(1, 1.0, 3)", "1.0: the factor of exponential buckets is greater than one"),
        ("linear(1, -1, 3)", "-: the width of linear buckets is greater than zero"),
        ("linear(1, 1, 0)", "0: there are from 1 to 250 bounds, and `0` is no such number"),
        ("linear(1, 1, 2.5)", "2.5: there are from 1 to 250 bounds, and `2.5` is no such number"),
        ("exponential(1, 1e300, 3)", "1e300: these bounds leave the range of numbers, or do not increase"),
        ("linear(1e20, 1, 3)", "1: these bounds leave the range of numbers, or do not increase"),
        ("linear(a, 1, 3)", "a: a bucket's bound is a finite number, such as `0.5`"),
    ] {
        refused(
            &format!("struct S {{ #[doc = \"A.\"] #[metric(buckets = {buckets})] a: Histogram }}"),
            &[error],
        );
    }
    refused(
        "struct S { #[doc = \"A.\"] #[metric(buckts = [1])] a: Histogram }",
        &["buckts: unknown argument `buckts`; did you mean `buckets`?"],
    );
    refused("struct S { #[metric(help = 3)] a: Gauge }", &["3: `help` takes a string: write `help = \"…\"`"]);
    refused(
        "#[metric(unit = \"s\")] struct S { #[doc = \"A.\"] a: Gauge }",
        &["metric: `#[metric(…)]` has no meaning here; it goes on a field"],
    );
}

#[test]
fn every_mistake_is_an_error_of_its_own() {
    refused(
        "#[metrics(prefix = 1)] struct S { a: Gauge, #[metric(help = \"B.\", help = \"C.\")] b: Gauge }",
        &[
            "1: `prefix` takes a string: write `prefix = \"…\"`",
            "help = \"B.\", help: duplicate argument `help`; write it once",
            "a: `a` has no help: write a doc comment, or `#[metric(help = \"…\")]`",
        ],
    );
}

#[test]
fn nothing_panics() {
    survives_damage(
        on_item,
        "",
        "#[metrics(prefix = \"p\", crate = a)] pub struct S<'a, T: X> where T: 'a {
            #[doc = \"x\"] #[metric(name = \"x\", unit = \"s\", buckets = [1, 2])] pub(crate) a: Histogram<T> }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("derive_metrics", StructArgs::NAMES);
    assert_documented("derive_metrics", FieldArgs::NAMES);
}
