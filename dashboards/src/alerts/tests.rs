//! All rules together.

use std::io::Write;
use std::process::Command;

use proptest::prelude::*;
use spanwright_catalog::{
    Alert, Buckets, Calls, Comparison, Condition, Derived, Indicator, Kind as MetricKind, Label, Objective,
    Severity, Span, Threshold, Values,
};

use super::rule::{Trials, literal};
use super::trial::Expected;
use super::*;

/// Any text, with what is special to YAML, to templates and to PromQL more often than chance would have it.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{0,9}",
        r#"[ -~]{0,12}"#,
        r#"[\{\}"'\\#:|>%@&*!?\n\t ,\[\]-]{0,9}"#,
        any::<String>(),
        Just("{{ $labels.job }} {{ .Nobody }} {{- end }}".to_owned()),
        Just("yes".to_owned()),
        Just("sum".to_owned()),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-10.0..1e4_f64, Just(0.0), Just(1e-9), Just(1e300), Just(f64::MAX)]
}

fn labels() -> impl Strategy<Value = Vec<Label>> {
    let values = prop_oneof![
        proptest::collection::vec(text(), 0..3).prop_map(Values::Known),
        Just(Values::Text { max: 9 })
    ];
    let label = (text(), values).prop_map(|(name, values)| Label {
        name,
        attribute: String::new(),
        help: String::new(),
        values,
    });
    proptest::collection::vec(label, 0..3)
}

fn alert() -> impl Strategy<Value = Alert> {
    let comparison = prop_oneof![
        Just(Comparison::Above),
        Just(Comparison::AtMost),
        Just(Comparison::Equal),
        Just(Comparison::NotEqual)
    ];
    let when = (comparison, number(), proptest::option::of(0.0..=1.0_f64))
        .prop_map(|(comparison, value, quantile)| Condition::When { comparison, value, quantile });
    let condition = prop_oneof![when, Just(Condition::Expr("rate($metric[5m]) > 1".to_owned()))];
    (text(), condition, text(), text()).prop_map(|(name, condition, hold, summary)| Alert {
        name,
        condition,
        hold,
        severity: Severity::Info,
        summary,
    })
}

fn metric() -> impl Strategy<Value = Metric> {
    let kind = prop_oneof![
        Just(MetricKind::Counter),
        Just(MetricKind::Gauge),
        Just(MetricKind::Histogram),
        Just(MetricKind::UpDownCounter)
    ];
    let buckets = prop_oneof![
        Just(None),
        Just(Some(Buckets::Native)),
        proptest::collection::vec(number(), 0..4).prop_map(|bounds| Some(Buckets::Explicit(bounds)))
    ];
    let name = prop_oneof![
        text(),
        "(shop|spanwright)_[a-z]{1,5}_(dropped_total|conflicts_total|queue|throttled_total|used_bytes|limit_bytes)"
    ];
    let bound = || proptest::option::of(number());
    let threshold = proptest::option::of((bound(), bound()));
    let parts = (name, kind, buckets, text(), labels(), threshold, proptest::collection::vec(alert(), 0..2));
    parts.prop_map(|(name, kind, buckets, help, labels, threshold, alerts)| {
        let mut metric: Metric = bare_metric();
        metric.threshold = threshold.map(|(warning, critical)| Threshold { warning, critical });
        Metric { name, kind, buckets, help, labels, alerts, quantiles: vec![0.99], ..metric }
    })
}

/// One that says nothing.
fn bare_metric() -> Metric {
    let catalog = r#"{ "version": 1, "metrics": [{ "name": "", "kind": "gauge", "help": "" }] }"#;
    Catalog::from_json(catalog).unwrap().metrics.remove(0)
}

fn span() -> impl Strategy<Value = Span> {
    let indicator = prop_oneof![
        Just(Indicator::Success),
        number().prop_map(|seconds| Indicator::Latency { seconds, bucket: seconds })
    ];
    let objective = (text(), text(), indicator, -0.1..1.1_f64, 0_u64..99_999_999).prop_map(
        |(name, description, indicator, ratio, window_seconds)| Objective {
            name,
            description,
            indicator,
            ratio,
            window_seconds,
            pages: true,
        },
    );
    let calls = (text(), any::<bool>(), text(), text(), proptest::collection::vec((text(), text()), 0..3))
        .prop_map(|(total, has_outcome, cancelled, family, constant)| Calls {
            total,
            has_outcome,
            errors: if has_outcome { String::new() } else { family.clone() },
            cancelled,
            duration: family.clone(),
            in_flight: family,
            constant,
            ..Calls::default()
        });
    let objectives = proptest::collection::vec(objective, 0..2);
    (text(), text(), text(), calls, objectives).prop_map(|(name, function, doc, calls, objectives)| Span {
        component: name.clone(),
        name,
        function,
        doc,
        calls: Some(calls),
        objectives,
        ..Span::default()
    })
}

/// Any catalogue.
pub(crate) fn catalog() -> impl Strategy<Value = Catalog> {
    let metrics = proptest::collection::vec(metric(), 0..5);
    let spans = proptest::collection::vec(span(), 0..3);
    let derived = text().prop_map(|name| Derived { name, expr: "a / b".to_owned(), ..Derived::default() });
    (text(), metrics, spans, derived).prop_map(|(service, metrics, spans, derived)| {
        let mut catalog = Catalog::new();
        catalog.service.name = service;
        catalog.metrics = metrics;
        catalog.spans = spans;
        catalog.derived = vec![derived];
        catalog
    })
}

/// What promtool says to some rules, or a reason why it can't be asked.
pub(crate) fn promtool(args: &[&str], files: &[(&str, &str)]) -> Result<Result<String, String>, String> {
    let program =
        expression::find().ok_or("`promtool` is not on the PATH (Debian: apt-get install prometheus)")?;
    let folder = expression::Folder::new().unwrap();
    files.iter().for_each(|(name, text)| folder.write(name, text).unwrap());
    let output = Command::new(program).current_dir(&folder.0).args(args).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Ok(if output.status.success() { Ok(said) } else { Err(said) })
}

/// What promtool says, or nothing where it is missing and need not be there.
#[track_caller]
pub(crate) fn or_skip<T>(found: Result<T, String>) -> Option<T> {
    let is_required = std::env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
    match found {
        Ok(found) => Some(found),
        Err(reason) if is_required => panic!("a backend is required, and missing: {reason}"),
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "skipped: {reason}");
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn promtool_takes_the_rules_of_any_catalogue(catalog in catalog()) {
        let rules = Rules::of(&catalog, &Bounds::default()).to_yaml();
        if let Some(said) = or_skip(promtool(&["check", "rules", "rules.yml"], &[("rules.yml", &rules)])) {
            prop_assert!(said.is_ok(), "{}\n{rules}", said.unwrap_err());
        }
    }

    #[test]
    fn a_text_is_what_somebody_is_told(texts in proptest::collection::vec(text(), 1..20)) {
        let mut told = Rule::alert("Told", "vector(1)".to_owned(), "info");
        told.annotations = Vec::new();
        let names: Vec<String> = (0..texts.len()).map(|at| format!("text{at}")).collect();
        for (name, text) in names.iter().zip(&texts) {
            told.labels.push((name.clone(), literal(&format!("x{text}"))));
        }
        let group = Group { name: "told".to_owned(), rules: vec![told] };
        // The expected ones are written in another way.
        let expected: String = names.iter().zip(&texts).map(|(name, text)| {
            format!("              {name}: {}\n", numbered(&format!("x{text}")))
        }).collect();
        let tests = format!(
            "rule_files: [rules.yml]\ntests:\n  - interval: 1m\n    alert_rule_test:\n      - eval_time: 1m\n        \
             alertname: Told\n        exp_alerts:\n          - exp_labels:\n              severity: info\n{expected}"
        );
        let files = [("rules.yml", rule::write(&[group])), ("tests.yml", tests)];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        if let Some(said) = or_skip(promtool(&["test", "rules", "tests.yml"], &files)) {
            prop_assert!(said.is_ok(), "{}\n{}", said.unwrap_err(), files[0].1);
        }
    }
}

/// A text in quotes, each of its characters by its number.
fn numbered(text: &str) -> String {
    let escaped: String = text.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect();
    format!("\"{escaped}\"")
}

#[test]
fn every_alert_says_what_is_wrong_and_what_to_do_and_is_tried() {
    let catalog = Catalog::from_json(include_str!("../../tests/shop.json")).unwrap();
    let rules = Rules::of(&catalog, &Bounds::default());
    assert!(rules.alerts() >= 10);
    for rule in rules.groups.iter().flat_map(|group| &group.rules).filter(|rule| rule.kind == Kind::Alert) {
        let said: Vec<_> = rule.annotations.iter().map(|(name, _)| *name).collect();
        assert_eq!(said, ["summary", "description", "runbook"], "{}", rule.name);
        assert!(rule.labels.iter().any(|(name, _)| name == "severity"), "{}", rule.name);
        if let Trials::Known(trials) = &rule.trials {
            for wanted in [Expected::Fires, Expected::Quiet] {
                assert!(
                    trials.iter().any(|trial| trial.expected == wanted),
                    "{} is never {wanted:?}",
                    rule.name
                );
            }
        }
    }
}

#[test]
fn each_kind_of_rule_is_there() {
    let catalog = Catalog::from_json(include_str!("../../tests/shop.json")).unwrap();
    let groups: Vec<String> =
        Rules::of(&catalog, &Bounds::default()).groups.into_iter().map(|group| group.name).collect();
    assert_eq!(groups, KINDS.map(|(kind, _)| format!("shop: {kind}")));
}

#[test]
fn an_objective_takes_the_place_of_a_bound_and_impossible_alarms_are_left_out() {
    let mut catalog = Catalog::from_json(include_str!("../../tests/shop.json")).unwrap();
    let names = |catalog: &Catalog| -> Vec<String> {
        let groups = Rules::of(catalog, &Bounds::default()).groups;
        let rules = groups.into_iter().flat_map(|group| group.rules);
        rules
            .map(|rule| rule.name)
            .filter(|name| name.starts_with("PlaceOrder") || name.starts_with("Orders"))
            .collect()
    };
    let burning = |count: usize, names: &[String]| {
        assert_eq!(names.iter().filter(|name| name.ends_with("BudgetBurn")).count(), count, "{names:?}");
    };
    let with = names(&catalog);
    assert!(
        !with.contains(&"PlaceOrderErrors".to_owned()) && !with.contains(&"PlaceOrderSlow".to_owned()),
        "{with:?}"
    );
    burning(8, &with);
    // Of ten calls one may fail: if all of them do, that is ten times too many, and never 14.4 times.
    catalog.spans[0].objectives[0].ratio = 0.9;
    burning(7, &names(&catalog));
    catalog.spans[0].objectives.clear();
    let without = names(&catalog);
    assert!(
        without.contains(&"PlaceOrderErrors".to_owned()) && without.contains(&"PlaceOrderSlow".to_owned())
    );
}

#[test]
fn functions_of_one_name_have_alerts_of_their_own() {
    let mut catalog = Catalog::from_json(include_str!("../../tests/shop.json")).unwrap();
    let mut other = catalog.spans[1].clone();
    other.place.module = "shop::other".to_owned();
    other.calls.as_mut().unwrap().constant[0].1 = "other".to_owned();
    catalog.spans.push(other);
    let rules = Rules::of(&catalog, &Bounds::default()).to_yaml();
    for name in ["ShopStoreInsertOrderErrors", "ShopOtherInsertOrderErrors"] {
        assert_eq!(rules.matches(&format!("alert: {name}\n")).count(), 1, "{name} in {rules}");
    }
    // And what both ask for is recorded once.
    assert_eq!(rules.matches("record: 'job_operation:shop_db_calls:error_ratio_rate5m'").count(), 1);
}

#[test]
fn without_a_name_of_the_job_nothing_is_asked_of_it() {
    let mut catalog = Catalog::from_json(include_str!("../../tests/shop.json")).unwrap();
    catalog.service.name.clear();
    let rules = Rules::of(&catalog, &Bounds::default()).to_yaml();
    assert!(!rules.contains("job=\"") && !rules.contains("absent("), "{rules}");
}
