use super::{CHARGE, expansion, refused};
use crate::instrument::instrument;
use crate::testing::tokens;

#[test]
fn objectives_of_a_functions_own_metrics() {
    expansion(
        "objectives",
        "err, slo(success = \"99.9%\", latency(\"99%\" < \"250ms\"), latency(\"99.9 %\" < \"2.5s\"))",
        CHARGE,
    );
    expansion(
        "objectives_merged",
        "metrics(prefix = \"shop\", labels(operation = \"charge\", {ATTR_KIND} = \"put\", tier)),
         slo(latency(\"50%\" < \"300ms\"), latency(\"90%\" < \"1.5m\"), window = \"4w\", name = \"charges\", description = \"Money.\", page = false)",
        CHARGE,
    );
}

#[test]
fn objectives_of_metrics_of_ones_own() {
    expansion(
        "objectives_of_a_struct",
        "metrics = crate::S3Metrics, slo(success = \"95%\", latency(\"99%\" < \"1us\"), page = false)",
        "fn put(&self) {}",
    );
}

#[test]
fn bounds_and_shares_are_exact() {
    for (written, seconds) in [
        ("300ms", "0.3f64"),
        ("0.7ms", "0.0007f64"),
        ("7us", "0.000007f64"),
        ("7µs", "0.000007f64"),
        ("1.5m", "90f64"),
        ("2h", "7200f64"),
    ] {
        let args = format!("metrics(prefix = \"a\"), slo(latency(\"99.95%\" < \"{written}\"))");
        let expansion = instrument(tokens(&args), tokens(CHARGE)).to_string();
        assert!(expansion.contains(&format!("Latency {{ bound : {seconds} }} , 0.9995f64 ,")), "{expansion}");
        assert!(expansion.contains(&format!(" {seconds}")), "{expansion}");
    }
}

#[test]
fn shares_are_percentages() {
    let success = |value: &str, expected: &str| {
        refused(&format!("slo(success = {value})"), CHARGE, &[&format!("{value}: {expected}")]);
    };
    success("99.9", "`success` takes a percentage: write `success = \"99.9%\"`");
    success("\"99.9\"", "`99.9` has no `%`: write `\"99.9%\"`");
    success("\"0.999\"", "`0.999` has no `%`: write `\"99.9%\"`");
    success(
        "\"100%\"",
        "100 % leaves no error budget, so that one bad call would be too many: write less, such as `\"99.9%\"`",
    );
    for outside in ["0%", "-1%", "101%"] {
        success(
            &format!("\"{outside}\""),
            &format!("`{outside}` is no share of calls: write a percentage above 0 and below 100"),
        );
    }
    success("\"most\"", "`most` is no percentage: write `\"99.9%\"`");
    success("\"99ms\"", "`99ms` is no percentage: write `\"99.9%\"`");
}

#[test]
fn bounds_are_durations() {
    let latency =
        |inside: &str, expected: &str| refused(&format!("slo(latency({inside}))"), CHARGE, &[expected]);
    latency("\"99%\" < \"250\"", "\"250\": `250` has no unit: write `\"250ms\"`");
    latency(
        "\"99%\" < \"250sec\"",
        "\"250sec\": unknown unit `sec`; the units are `ns`, `us`, `µs`, `ms`, `s`, `m` and `h`",
    );
    latency(
        "\"99%\" < \"soon\"",
        "\"soon\": `soon` is no duration: write a number and its unit, such as `\"30ms\"`",
    );
    latency("\"99%\" < \"0ms\"", "\"0ms\": `0ms` is no bound, since every call takes longer");
    let form = "expected a percentage and a bound: write `latency(\"99%\" < \"250ms\")`";
    latency("\"99%\" < 250ms", &format!("250ms: {form}"));
    latency("\"99%\" <", &format!("(\"99%\" <): {form}"));
    latency("\"99%\"", &format!("(\"99%\"): {form}"));
    latency("", &format!("(): {form}"));
    let below = "calls are good below the bound: write `latency(\"99%\" < \"250ms\")`";
    latency("\"99%\" > \"250ms\"", &format!(">: {below}"));
    latency("\"99%\" <= \"250ms\"", &format!("<: {below}"));
    latency("\"250ms\" < \"99%\"", "\"250ms\": `250ms` is no percentage: write `\"99.9%\"`");
    latency(
        "\"99%\" < \"250ms\", \"90%\" < \"100ms\"",
        ",: one bound is one objective: write `latency(…)` once more for another",
    );
    refused(
        "slo(latency = \"250ms\")",
        CHARGE,
        &["latency: `latency` takes a percentage and a bound: write `latency(\"99%\" < \"250ms\")`"],
    );
}

#[test]
fn bounds_do_not_contradict_each_other() {
    refused(
        "slo(latency(\"99%\" < \"250ms\"), latency(\"90%\" < \"0.25s\"))",
        CHARGE,
        &["\"250ms\"), latency(\"90%\" < \"0.25s\": two objectives have this bound; keep one"],
    );
    refused(
        "slo(latency(\"99%\" < \"250ms\"), latency(\"90%\" < \"1s\"))",
        CHARGE,
        &[
            "\"90%\": this is so wherever the objective with the shorter bound is met: remove it, or ask for more than `90%` within `1s`",
        ],
    );
}

#[test]
fn an_objective_says_something() {
    let empty = "`slo` has no objective: write `slo(success = \"99.9%\")`, `slo(latency(\"99%\" < \"250ms\"))`, or both";
    for args in ["slo()", "slo(window = \"7d\")"] {
        refused(args, CHARGE, &[&format!("slo: {empty}")]);
    }
    refused("slo", CHARGE, &["slo: `slo` takes a list: write `slo(…)`"]);
    refused("slo = \"99%\"", CHARGE, &["slo: `slo` takes a list: write `slo(…)`"]);
    refused("slo(succes = \"99%\")", CHARGE, &["succes: unknown argument `succes`; did you mean `success`?"]);
    let window = |value: &str, expected: &str| {
        refused(
            &format!("slo(success = \"99%\", window = {value})"),
            CHARGE,
            &[&format!("{value}: {expected}")],
        );
    };
    window("30", "`window` takes a duration: write `window = \"30d\"`");
    window("\"30\"", "`30` has no unit: write `\"30d\"`");
    window("\"30m\"", "unknown unit `m`; the units are `h`, `d` and `w`");
    for wrong in ["\"5h\"", "\"400d\"", "\"1.99d\""] {
        window(wrong, "a window is at least a day and at most a year, in whole hours: write `\"30d\"`");
    }
}

#[test]
fn a_bound_has_a_bucket() {
    refused(
        "slo(latency(\"99%\" < \"300ms\"))",
        CHARGE,
        &[
            "\"300ms\": no bucket that all functions have ends at `300ms`: write `\"0.25s\"` or `\"0.5s\"`, or give the function metrics of its own: `metrics(prefix = \"…\")`",
        ],
    );
    refused(
        "metrics(in_flight), slo(latency(\"99%\" < \"1h\"))",
        CHARGE,
        &[
            "\"1h\": no bucket that all functions have ends at `1h`: write `\"10s\"`, or give the function metrics of its own: `metrics(prefix = \"…\")`",
        ],
    );
    refused(
        "metrics(prefix = \"shop\", buckets = [0.1, 1]), slo(latency(\"99%\" < \"250ms\"), latency(\"99.9%\" < \"1s\"))",
        CHARGE,
        &["\"250ms\": no bucket ends at `250ms`: add `0.25` to `buckets`"],
    );
    refused(
        "metrics(prefix = \"shop\", buckets = native), slo(latency(\"99%\" < \"250ms\"))",
        CHARGE,
        &[
            "\"250ms\": no bucket of a native histogram ends at `250ms`, so that this would be an estimate: write `buckets = […]` with `0.25`, or leave `buckets` out",
        ],
    );
}

#[test]
fn the_metrics_of_an_objective_are_known() {
    refused(
        "metrics(into = self.metrics), slo(success = \"99%\")",
        "fn f(&self) {}",
        &[
            "slo: `slo` needs to know while compiling which metrics `into` leads to: write `metrics = Type`, or leave `into` out",
        ],
    );
    refused(
        "metrics = Self, slo(success = \"99%\")",
        "fn f(&self) {}",
        &["Self: an objective is fixed at compile time, so its metrics can't mention `Self`"],
    );
}
