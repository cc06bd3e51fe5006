use super::{CHARGE, expansion, refused};
use crate::instrument::instrument;
use crate::testing::tokens;

#[test]
fn calls_are_reported_into_metrics_of_ones_own() {
    let put = "async fn put(&self, key: &str) -> Result<(), Error> { self.client.put(key).await }";
    expansion("reported_global", "metrics = crate::S3Metrics", put);
    let into = "metrics(into = self.metrics, labels = Labels { operation: Put, key })";
    expansion("reported_into", into, put);
    let recorded = "fn put(&mut self) { record!(size = 3); }";
    expansion(
        "reported_recorded",
        "fields(size = Empty), metrics(into = Arc::clone(&self.metrics), labels = Put)",
        recorded,
    );
}

#[test]
fn a_place_is_borrowed_and_a_value_is_kept() {
    for (into, target) in [
        ("METRICS", "report_at (& (METRICS) ,"),
        ("(self.metrics)", "report_at (& ((self . metrics)) ,"),
        ("all[0]", "report_at (& (all [0]) ,"),
        ("*metrics", "report_at (& (* metrics) ,"),
        ("&self.metrics", "report_at (& self . metrics ,"),
        ("S3::global()", "report_to (S3 :: global () ,"),
        ("Arc::clone(&self.metrics)", "report_to (Arc :: clone (& self . metrics) ,"),
    ] {
        let expansion =
            instrument(tokens(&format!("metrics(into = {into})")), tokens("fn f() {}")).to_string();
        assert!(expansion.contains(target), "{into}: {expansion}");
    }
}

#[test]
fn the_metrics_that_are_reported_into_have_their_own_names() {
    for (args, expected) in [
        (
            "metrics(into = m(), prefix = \"a\")",
            "prefix: `prefix` does not go with `into`; the struct has the names: write `#[metrics(prefix = …)]` there",
        ),
        (
            "metrics(into = m(), buckets = [1])",
            "buckets: `buckets` does not go with `into`; the struct has the buckets: write `#[metric(buckets = …)]` there",
        ),
        (
            "metrics(into = m(), in_flight)",
            "in_flight: `in_flight` does not go with `into`; the struct has the metrics: write `#[metric(role = in_flight)]` there",
        ),
        (
            "metrics(into = m(), labels(tier))",
            "labels: beside `into` the labels are a value of the struct's labels: write `labels = …`",
        ),
        (
            "metrics(labels = tier)",
            "labels: `labels = …` needs an `into`: write `metrics(into = …, labels = …)`, or `metrics(prefix = \"…\", labels(…))` for labels of the function's own metrics",
        ),
        ("metrics = m()", "m: this is no type: write `metrics = Type`, or `metrics(into = …)`"),
        ("metrics = 3", "3: this is no type: write `metrics = Type`, or `metrics(into = …)`"),
        ("metrics =", "metrics: `metrics` takes a list or a type: write `metrics(…)` or `metrics = Type`"),
    ] {
        refused(args, CHARGE, &[expected]);
    }
}

#[test]
fn metrics_have_valid_names() {
    refused(
        "metrics(prefx = \"shop\")",
        CHARGE,
        &["prefx: unknown argument `prefx`; did you mean `prefix`?"],
    );
    refused(
        "metrics(labels(tier))",
        CHARGE,
        &["labels: `labels` needs a `prefix`: write `metrics(prefix = \"…\", labels(…))`"],
    );
    refused(
        "metrics(prefix = \"my-shop\")",
        CHARGE,
        &["\"my-shop\": `my-shop` is no prefix: use letters, digits and `_`, and no digit in front"],
    );
    for (label, message) in [
        ("le", "the label `le` is reserved; choose another name"),
        ("outcome", "the label `outcome` is reserved; choose another name"),
        ("__x", "the label `__x` is reserved: Prometheus keeps names that begin with `__`"),
        ("größe", "`größe` is no label name: use letters, digits and `_`, and no digit in front"),
    ] {
        let args = format!("metrics(prefix = \"shop\", labels({label} = \"x\"))");
        refused(&args, CHARGE, &[&format!("{label}: {message}")]);
    }
}

#[test]
fn labels_have_types() {
    let labels = |labels: &str| format!("metrics(prefix = \"shop\", labels({labels}))");
    refused(
        &labels("a = tier.kind()"),
        CHARGE,
        &["tier.kind(): state the label's type: `a: Type = tier . kind ()`"],
    );
    refused(&labels("kind"), CHARGE, &["kind: state the label's type: `kind: Type = kind`"]);
    refused(&labels("tier: Tier"), CHARGE, &["tier: `tier` has no value: write `tier: Type = value`"]);
    refused(&labels("tier, tier = \"a\""), CHARGE, &["tier, tier: duplicate label `tier`; write it once"]);
    let generic = "fn f<'a, T: Label>(a: T, b: Kind<'a>, c: impl Label) {}";
    let fixed = "a label's series are fixed at compile time, so its type can't mention";
    refused(&labels("a"), generic, &[&format!("T: {fixed} `T`")]);
    refused(&labels("b"), generic, &[&format!("a: {fixed} `'a`")]);
    refused(&labels("c"), generic, &[&format!("impl: {fixed} `impl`")]);
    refused(&labels("d: Self = a"), generic, &[&format!("Self: {fixed} `Self`")]);
}

#[test]
fn buckets_increase() {
    let buckets = |list: &str| format!("metrics(buckets = {list})");
    refused(&buckets("[]"), CHARGE, &["[]: `buckets` is empty; write at least one bound"]);
    refused(&buckets("[1, 0.5]"), CHARGE, &["0.5: buckets must increase, and `0.5` follows `1`"]);
    refused(&buckets("[x]"), CHARGE, &["x: a bucket's bound is a finite number, such as `0.5`"]);
    refused(&buckets("[1e999]"), CHARGE, &["1e999: a bucket's bound is a finite number, such as `0.5`"]);
    refused(
        &buckets("3"),
        CHARGE,
        &[
            "3: `buckets` takes a list of numbers, `exponential(…)`, `linear(…)` or `native`: write `buckets = [0.1, 0.5, 1.0]`",
        ],
    );
}
