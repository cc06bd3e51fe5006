//! Names that OpenMetrics lets only one family have, and names that no format takes.

use super::super::declared::Declaration;
use super::super::*;
use super::*;

/// How each family is declared, by the names of all: counters with a `c`, histograms with an `h`, gauges with a `g`.
fn declared(families: &[(char, &str)]) -> Vec<String> {
    let kind = |kind| match kind {
        'c' => Kind::Counter,
        'h' => Kind::Histogram,
        _ => Kind::Gauge,
    };
    let all = snapshot(families.iter().map(|(of, name)| family(name, kind(*of), "", vec![])).collect());
    let one = |family| match Declaration::in_openmetrics(family, &all) {
        Some(declared) => format!("{} {}", declared.name, declared.kind),
        None => format!("no {}", family.name),
    };
    all.families.iter().map(one).collect()
}

#[test]
fn a_counter_is_declared_unknown_rather_than_under_a_name_that_is_taken() {
    assert_eq!(declared(&[('c', "visits_total")]), ["visits counter"]);
    assert_eq!(declared(&[('c', "visits")]), ["visits unknown"]);
    assert_eq!(declared(&[('c', "_total")]), ["_total unknown"]);
    assert_eq!(declared(&[('g', "visits"), ('c', "visits_total")]), ["visits gauge", "visits_total unknown"]);
    let created = declared(&[('g', "orders_created"), ('c', "orders_total")]);
    assert_eq!(created, ["orders_created gauge", "orders_total unknown"]);
    let both = declared(&[('c', "orders_created_total"), ('c', "orders_total")]);
    assert_eq!(both, ["orders_created_total unknown", "orders counter"]);
    let twice = declared(&[('c', "a_total"), ('c', "a_total_total")]);
    assert_eq!(twice, ["a counter", "a_total_total unknown"]);
    let of_histogram = declared(&[('h', "wait"), ('c', "wait_count_total")]);
    assert_eq!(of_histogram, ["wait histogram", "wait_count_total unknown"]);
}

#[test]
fn a_family_with_the_name_of_a_histograms_sample_is_left_out_of_openmetrics() {
    for name in ["wait_bucket", "wait_sum", "wait_count", "wait_created"] {
        for kind in ['c', 'g', 'h'] {
            assert_eq!(declared(&[('h', "wait"), (kind, name)]), ["wait histogram", &format!("no {name}")]);
        }
        assert_eq!(declared(&[('g', "wait"), ('g', name)]), ["wait gauge", &format!("{name} gauge")]);
    }
}

#[test]
fn what_has_no_valid_name_costs_no_more_than_itself() {
    let good = || series(&[("l", "x")], Value::Gauge(1.0));
    let text = |families| to_text(&snapshot(families));
    let alone = text(vec![family("good", Kind::Gauge, "", vec![good()])]);
    for name in ["", "1a", "a-b", "a b", "a\nb", "é", "a{x=\"y\"} 1\nb", "http.requests"] {
        let bad = family(name, Kind::Gauge, "", vec![good()]);
        let both = text(vec![bad, family("good", Kind::Gauge, "", vec![good()])]);
        assert_eq!(both, alone, "{name}");
    }
    for label in ["", "1a", "a:b", "a-b", "a=\"\"} 1\n", "é", "__name__"] {
        let bad = series(&[(label, "y")], Value::Gauge(2.0));
        assert_eq!(text(vec![family("good", Kind::Gauge, "", vec![good(), bad])]), alone, "{label}");
        let second = series(&[("a", "x"), (label, "y")], Value::Gauge(2.0));
        assert_eq!(text(vec![family("good", Kind::Gauge, "", vec![second, good()])]), alone, "{label}");
    }
    let twice = series(&[("l", "x"), ("l", "y")], Value::Gauge(2.0));
    assert_eq!(text(vec![family("good", Kind::Gauge, "", vec![good(), twice])]), alone);
}

#[test]
fn a_bound_is_a_label_of_histograms_alone() {
    let le = |value| series(&[("le", "1")], value);
    let of_gauge = to_text(&snapshot(vec![family("a", Kind::Gauge, "", vec![le(Value::Gauge(1.0))])]));
    assert!(of_gauge.contains("a{le=\"1\"} 1.0\n"), "{of_gauge}");
    let value = histogram(&[], &[1], 1.0);
    let of_histogram = to_text(&snapshot(vec![family("a", Kind::Histogram, "", vec![le(value)])]));
    assert!(of_histogram.ends_with("# TYPE a histogram\n"), "{of_histogram}");
}

#[test]
fn a_value_of_another_kind_is_left_out() {
    let value = || vec![series(&[], histogram(&[], &[1], 1.0))];
    assert!(to_text(&snapshot(vec![family("a", Kind::Gauge, "", value())])).ends_with("gauge\n"));
    let number = vec![series(&[], Value::Gauge(1.0))];
    let snapshot = snapshot(vec![family("a", Kind::Histogram, "", number)]);
    assert!(to_text(&snapshot).ends_with("histogram\n"));
    assert!(encode(Format::PrometheusProtobuf, &snapshot).is_empty());
}
