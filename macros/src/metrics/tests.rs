use proc_macro2::TokenStream;

use super::derive;
use super::parse::{AlertArgs, DerivedArgs, FieldArgs, PanelArgs, StructArgs, ThresholdArgs};
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
fn names_of_others() {
    let item = r#"#[metrics(prefix = "shop")] struct Bus {
        #[metric(name_exact = "legacy_requests")] #[doc = "Requests."] requests: Counter,
        #[metric(name_exact = "kafka.eventbus.handler.duration", unit = "ms")] #[doc = "Time."] time: Histogram,
        #[metric(name_exact = "pool.use", unit = "1")] #[doc = "Use."] pool: Gauge,
        #[metric(otel_name = "shop.orders")] #[doc = "Orders."] orders_total: Counter }"#;
    snapshot("metrics", "names_of_others", derive(tokens(item)));
}

#[test]
fn flattened_and_skipped_fields() {
    let item = r#"#[metrics(global = false)] struct Shop<L: Labels> {
        #[doc = "Orders."] orders_total: Counter<L>,
        #[metric(flatten, prefix = "shop")] pool: Pool<L>, #[metric(flatten)] cache: Cache,
        #[metric(skip)] marker: PhantomData<L> }"#;
    snapshot("metrics", "flattened", derive(tokens(item)));
}

#[test]
fn roles() {
    let item = r#"struct Store {
        #[doc = "Requests."] #[metric(role = calls)] requests_total: Counter<Op<'static>>,
        #[doc = "Errors."] #[metric(role = errors)] errors_total: Counter<Op<'static>>,
        #[doc = "Time."] #[metric(role = duration)] latency_seconds: Histogram<Op<'static>>,
        #[doc = "Retries."] retries_total: Counter }"#;
    snapshot("metrics", "roles", derive(tokens(item)));
}

#[test]
fn roles_in_a_generic_struct() {
    let item = r#"#[metrics(global = false)] struct Store<L> where L: Labels {
        #[doc = "Requests."] #[metric(role = calls)] requests_total: Counter<L>,
        #[doc = "Open."] #[metric(role = in_flight)] open: UpDownCounter<L> }"#;
    snapshot("metrics", "generic_roles", derive(tokens(item)));
}

#[test]
fn annotations() {
    let item = r#"struct Shop {
        #[metric(threshold(warning = 0.8, critical = 0.95), panel(hidden))] #[doc = "Use."] use_ratio: Gauge,
        #[metric(panel(dashboard = "Times", title = "Latency", row = "Shop", kind = heatmap), threshold(critical = 2),
            alert(when = "> 1000", for = "5m", severity = "critical", name = "Slow", summary = "Slow.", quantile = 0.99),
            alert(expr = "rate($metric[5m]) > 0.1"))]
        #[doc = "Time."] latency_seconds: Histogram }"#;
    snapshot("metrics", "annotations", derive(tokens(item)));
}

#[test]
fn metrics_that_are_worked_out() {
    let item = r#"#[metrics(prefix = "shop",
            derived(name = "error_rate", help = "Failed.", unit = "ratio",
                expr = "rate($errors_total{a=~\"b$\"}[5m]) / rate($type[5m])"),
            derived(name = "lag", help = "Lag.", expr = "time() - $errors_total"),
            derived(name = "mean", help = "Mean.", expr = "$type_sum / $type_count"))]
        struct Shop {
            #[doc = "Errors."] errors_total: Counter,
            #[metric(quantiles(0.99, 0.5, 1))] #[doc = "Time."] r#type: Histogram }"#;
    snapshot("metrics", "derived", derive(tokens(item)));
}

#[test]
fn mistakes_in_what_is_worked_out() {
    let about = |derived: &str, expected: &[&str]| {
        let item = format!("#[metrics({derived})] struct S {{ #[doc = \"A.\"] requests_total: Counter }}");
        refused(&item, expected);
    };
    let whole =
        |name: &str, expr: &str| format!("derived(name = \"{name}\", help = \"H\", expr = \"{expr}\")");
    about("derived", &["derived: `derived` takes a list: write `derived(…)`"]);
    about(
        "derived()",
        &[
            "derived: this derived metric has no `name`: add `name = \"…\"`",
            "derived: this derived metric has no `help`: add `help = \"…\"`",
            "derived: this derived metric has no `expr`: add `expr = \"…\"`",
        ],
    );
    about("derived(nam = \"a\")", &["nam: unknown argument `nam`; did you mean `name`?"]);
    about(
        &whole("a b", "$requests_total"),
        &["\"a b\": `a b` is no metric name: use letters, digits and `_`, and no digit in front"],
    );
    about(
        &whole("a", "$request_total"),
        &["\"$request_total\": `$request_total` is no metric of this struct; did you mean `requests_total`?"],
    );
    about(
        &whole("a", "$requests_sum"),
        &[
            "\"$requests_sum\": `$requests_sum` is no metric of this struct; the metrics of this struct are `requests_total`",
        ],
    );
    about(
        &whole("a", "rate($requests_total[5m]"),
        &["\"rate($requests_total[5m]\": Prometheus can't read this expression: `(` has no counterpart"],
    );
    about(
        &whole("a", "up$ + $1"),
        &[
            "\"up$ + $1\": the expression is about no metric of this struct: write `$` and a field for its name",
        ],
    );
    about(
        &whole("requests_total", "$requests_total"),
        &["\"requests_total\": `requests_total` is called `requests_total` already: choose another name"],
    );
    let twice = format!("{0}, {0}", whole("a", "$requests_total"));
    about(
        &twice,
        &[
            "\"a\", help = \"H\", expr = \"$requests_total\"), derived(name = \"a\": two derived metrics are called `a`: rename one of them",
        ],
    );
    for (quantiles, error) in [
        ("quantiles", "quantiles: `quantiles` takes a list: write `quantiles(…)`"),
        ("quantiles()", "quantiles: `quantiles` is empty: write `quantiles(0.5, 0.99)`, or leave it out"),
        ("quantiles(1.5)", "1.5: a quantile is a number from 0 to 1, such as `0.99`"),
        ("quantiles(-1)", "-: a quantile is a number from 0 to 1, such as `0.99`"),
        ("quantiles(0.5, 0.50)", "0.5, 0.50: the quantile 0.5 is there twice: remove one"),
    ] {
        field_refused(quantiles, &[error]);
    }
}

#[test]
fn documentation_that_a_macro_makes() {
    let item =
        r#"struct Shop { #[doc = "Orders"] #[doc = include_str!("orders.md")] orders_total: Counter }"#;
    snapshot("metrics", "documentation", derive(tokens(item)));
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

#[track_caller]
fn field_refused(attribute: &str, expected: &[&str]) {
    refused(&format!("struct S {{ #[doc = \"A.\"] #[metric({attribute})] a: Gauge }}"), expected);
}

#[test]
fn mistakes_in_names_of_others() {
    field_refused(
        "name = \"a\", name_exact = \"b\"",
        &[
            "name = \"a\", name_exact: `name` goes behind the prefix and `name_exact` does not: write one of them",
        ],
    );
    field_refused(
        "name_exact = \"ä.b\"",
        &[
            "\"ä.b\": `ä.b` is no name of OpenTelemetry's: use letters, digits, `.`, `_`, `-` and `/`, a letter in front, and no more than 255",
        ],
    );
    field_refused(
        "name = \"a.b\"",
        &[
            "\"a.b\": `a.b` is no metric name: use letters, digits and `_`, and no digit in front; a name of OpenTelemetry's goes into `name_exact`",
        ],
    );
    field_refused(
        "name_exact = \"a.b\", otel_name = \"c.d\"",
        &["\"c.d\": `a.b` is OpenTelemetry's name already: leave `otel_name` out"],
    );
    field_refused(
        "name_exact = \"a\", unit = \"ms\"",
        &["\"ms\": `ms` is no unit in a name of Prometheus': write `milliseconds`"],
    );
    for unit in ["a b", "{a", "a}", "{{a}}"] {
        field_refused(
            &format!("name_exact = \"a.b\", unit = \"{unit}\""),
            &[&format!("\"{unit}\": `{unit}` is no unit: write UCUM's, such as `ms`, `By` or `{{event}}`")],
        );
    }
    refused(
        "struct S { #[doc = \"A.\"] #[metric(otel_name = \"a.b\")] a: Gauge, #[doc = \"B.\"] #[metric(otel_name = \"a.b\")] b: Gauge }",
        &[
            "a: Gauge, #[doc = \"B.\"] #[metric(otel_name = \"a.b\")] b: OpenTelemetry calls two metrics `a.b`: rename one of them",
        ],
    );
}

#[test]
fn mistakes_in_fields_that_are_no_metrics() {
    field_refused(
        "flatten, skip",
        &["flatten, skip: a field is either flattened or skipped: write one of them"],
    );
    field_refused(
        "prefix = \"p\"",
        &["prefix: `prefix` goes with `flatten`, or on the struct: write `name` here"],
    );
    field_refused(
        "flatten, prefix = \"1\"",
        &["\"1\": `1` is no prefix: use letters, digits and `_`, and no digit in front"],
    );
    for argument in
        ["name = \"a\"", "role = calls", "buckets = native", "panel(hidden)", "alert(when = \"> 1\")"]
    {
        let name = argument.split([' ', '(']).next().unwrap();
        field_refused(
            &format!("flatten, {argument}"),
            &[&format!(
                "{name}: `{name}` has no meaning here: a flattened field has its metrics' own: write it there"
            )],
        );
        field_refused(
            &format!("skip, {argument}"),
            &[&format!("{name}: `{name}` has no meaning here: a skipped field is no metric: leave it out")],
        );
    }
    refused("struct S { #[metric(skip)] a: u8 }", &["S: this struct has no metrics: add a field"]);
    refused(
        "#[metrics(global = true)] struct S<L> { #[doc = \"A.\"] a: Gauge<L> }",
        &["global: a generic struct is many types, none of which has a global instance: leave `global` out"],
    );
}

#[test]
fn mistakes_in_annotations() {
    for (attribute, error) in [
        ("panel()", "panel: this panel says nothing: write `panel(title = \"…\")`, or leave it out"),
        ("panel", "panel: `panel` takes a list: write `panel(…)`"),
        (
            "panel(kind = pie)",
            "pie: unknown kind `pie`; the kinds are `timeseries`, `stat`, `gauge`, `heatmap`, `table` and `timeline`",
        ),
        ("panel(kind = guage)", "guage: unknown kind `guage`; did you mean `gauge`?"),
        ("panel(titel = \"A\")", "titel: unknown argument `titel`; did you mean `title`?"),
        ("threshold()", "threshold: a threshold has at least one number: write `threshold(warning = 0.8)`"),
        ("threshold(warning = \"1\")", "\"1\": `warning` takes a finite number: write `warning = 0.95`"),
        ("threshold(warning = 1e999)", "1e999: `warning` takes a finite number: write `warning = 0.95`"),
        (
            "threshold(warning = 1, critical = 1.0)",
            "1, critical = 1.0: warning and critical are the same number: leave one of them out",
        ),
        ("alert()", "alert: this alert waits for nothing: write `alert(when = \"> 100\")`, or `expr`"),
        (
            "alert(when = \"> 1\", expr = \"$metric\")",
            "when = \"> 1\", expr: `when` compares the metric and `expr` is PromQL of your own: write one of them",
        ),
        (
            "alert(when = \"1000\")",
            "\"1000\": `1000` is no comparison: write `>`, `>=`, `<`, `<=`, `==` or `!=`, and a number",
        ),
        (
            "alert(expr = \"up == 0\")",
            "\"up == 0\": the expression is not about this metric: write `$metric` for its name",
        ),
        (
            "alert(expr = \"$metric > 1\", quantile = 0.5)",
            "quantile: `quantile` belongs to `when`: write it into the expression",
        ),
        ("alert(when = \"> 1\", quantile = 95)", "95: a quantile is from 0 to 1, and `95` is not"),
        (
            "alert(when = \"> 1\", for = \"5 minutes\")",
            "\"5 minutes\": `5 minutes` is no duration of Prometheus': write `5m` or `1h30m`",
        ),
        (
            "alert(when = \"> 1\", severity = \"page\")",
            "\"page\": unknown severity `page`; the severities are `info`, `warning` and `critical`",
        ),
        (
            "alert(when = \"> 1\", name = \"a b\")",
            "\"a b\": `a b` is no name of an alert: use letters, digits and `_`, and no digit in front",
        ),
        (
            "alert(when = \"> 1\"), alert(when = \"> 2\")",
            "alert(when = \"> 1\"), alert: two alerts are called `A`: give one of them a `name`",
        ),
    ] {
        field_refused(attribute, &[error]);
    }
}

#[test]
fn mistakes_in_roles() {
    field_refused("role = call", &["call: unknown role `call`; did you mean `calls`?"]);
    field_refused(
        "role = \"calls\"",
        &[
            "\"calls\": `role` takes a word: one of `calls`, `successes`, `errors`, `cancelled`, `duration` and `in_flight`",
        ],
    );
    field_refused(
        "role = duration",
        &["role: `a` is no time: a duration's name ends in `_seconds`, or its unit is one of time"],
    );
    refused(
        "struct S { #[doc = \"A.\"] #[metric(role = calls)] a: Counter, #[doc = \"B.\"] #[metric(role = calls)] b: Counter }",
        &["role: `a` has this role already: a role is one metric's"],
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
            #[doc = \"x\"] #[metric(name = \"x\", unit = \"s\", buckets = [1, 2])] pub(crate) a: Histogram<T>,
            #[metric(name_exact = \"a.b\", unit = \"By/{x}\", role = calls, panel(title = \"x\", kind = stat, hidden),
                threshold(warning = -1.0, critical = 2), alert(when = \"> 1\", for = \"5m\", quantile = 0.5),
                alert(expr = \"$metric\", severity = \"info\"))] #[doc = include_str!(\"x\")] b: Histogram,
            #[metric(flatten, prefix = \"y\")] c: Inner, #[metric(skip)] d: u8 }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("metrics", StructArgs::NAMES);
    assert_documented("metrics", FieldArgs::NAMES);
    assert_documented("metrics", PanelArgs::NAMES);
    assert_documented("metrics", ThresholdArgs::NAMES);
    assert_documented("metrics", AlertArgs::NAMES);
    assert_documented("metrics", DerivedArgs::NAMES);
}
