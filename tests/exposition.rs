//! `/metrics`, and whatever else we can expose, read by others.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use spanwright::export::exposition::{to_openmetrics, to_text};
use spanwright::registry::{Kind, Snapshot};

use crate::any_snapshot::{hostile, polite, some};
use crate::backends::{Promtool, StrictParser, or_skip};
use crate::shop::{DECLINED_CARD, GOOD_CARD, Shop};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

fn busy_shop() -> Shop {
    let shop = Shop::start().serve();
    let (_, order) = shop.order("teapot", 2, GOOD_CARD);
    shop.order("cup", 1, DECLINED_CARD);
    shop.get("/orders/999999");
    shop.wait_for_shipping(&order);
    shop
}

/// The value of the sample with these labels.
#[track_caller]
fn sample(family: &Json, name: &str, labels: &[(&str, &str)]) -> f64 {
    let samples = family["samples"].as_array().expect("samples");
    let matches = |sample: &&Json| {
        sample["name"] == name
            && sample["labels"].as_object().is_some_and(|its| {
                its.len() == labels.len()
                    && labels.iter().all(|(name, value)| its.get(*name).is_some_and(|its| its == value))
            })
    };
    let found = samples.iter().find(matches).unwrap_or_else(|| panic!("no {name}{labels:?} in {family}"));
    found["value"].as_str().and_then(|value| value.parse().ok()).expect("a number")
}

#[test]
fn the_format_is_negotiated() {
    let shop = Shop::start().serve();
    let (content_type, text) =
        shop.metrics("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");
    assert_eq!(content_type, OPENMETRICS);
    assert!(text.ends_with("# EOF\n"));
    for accept in ["*/*", "text/plain", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"] {
        let (content_type, text) = shop.metrics(accept);
        assert_eq!(content_type, TEXT, "{accept}");
        assert!(!text.contains("# EOF"));
    }
}

#[test]
fn the_strict_parser_reads_openmetrics() {
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let shop = busy_shop();
    let families = parser.parse("openmetrics", &shop.metrics(OPENMETRICS).1);

    let orders = &families["shop_orders"];
    assert_eq!(
        (&orders["type"], &orders["help"]),
        (&"counter".into(), &"Orders, by the status that they reached.".into())
    );
    assert_eq!(sample(orders, "shop_orders_total", &[("status", "placed")]), 2.0);
    assert_eq!(sample(orders, "shop_orders_total", &[("status", "declined")]), 1.0);

    let durations = &families["shop_db_duration_seconds"];
    assert_eq!((&durations["type"], &durations["unit"]), (&"histogram".into(), &"seconds".into()));
    assert_eq!(sample(durations, "shop_db_duration_seconds_count", &[("operation", "insert_order")]), 2.0);
    let infinite = [("operation", "insert_order"), ("le", "+Inf")];
    assert_eq!(sample(durations, "shop_db_duration_seconds_bucket", &infinite), 2.0);
    assert!(sample(durations, "shop_db_duration_seconds_sum", &[("operation", "insert_order")]) > 0.0);

    assert_eq!(sample(&families["shop_order_pieces"], "shop_order_pieces_sum", &[]), 3.0);
    assert_eq!(sample(&families["shop_revenue_cents"], "shop_revenue_cents_total", &[]), 2.0 * 1990.0);
    assert_eq!(families["shop_shipping_queue_orders"]["type"], "gauge");
    assert!(
        sample(
            &families["shop_last_shipment_timestamp_seconds"],
            "shop_last_shipment_timestamp_seconds",
            &[]
        ) > 1.7e9
    );
}

#[test]
fn the_classic_parser_and_promtool_read_the_text_format() {
    let shop = busy_shop();
    let (_, text) = shop.metrics(TEXT);
    if let Some(parser) = or_skip(StrictParser::find()) {
        let families = parser.parse("text", &text);
        let calls = [("route", "GET /orders/{id}"), ("outcome", "error")];
        assert_eq!(sample(&families["shop_http_calls"], "shop_http_calls_total", &calls), 1.0);
    }
    if let Some(promtool) = or_skip(Promtool::find()) {
        assert_eq!(promtool.check_metrics(&text), Ok(()), "{text}");
    }
}

/// A sample's name and labels.
type Series = (String, BTreeMap<String, String>);

/// All samples of an exposition: numbers by series, with the exemplar of each.
fn samples(families: &BTreeMap<String, Json>) -> HashMap<Series, (f64, Json)> {
    let mut all = HashMap::new();
    for family in families.values() {
        for sample in family["samples"].as_array().expect("samples") {
            let name = sample["name"].as_str().expect("text").to_owned();
            let labels = serde_json::from_value(sample["labels"].clone()).expect("labels are text");
            let value = sample["value"].as_str().and_then(|value| value.parse().ok()).expect("a number");
            let before = all.insert((name, labels), (value, sample["exemplar"].clone()));
            assert!(before.is_none(), "{sample} stands twice");
        }
    }
    all
}

/// All numbers of a snapshot by series, but those whose labels have a name twice. A family whose name is that of a
/// histogram's sample comes behind it.
fn numbers(snapshot: &Snapshot) -> HashMap<Series, f64> {
    let mut all = HashMap::new();
    snapshot.for_each(|sample| {
        let labels = sample.labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let labels: BTreeMap<_, _> = labels.collect();
        if labels.len() == sample.labels.len() {
            all.entry((sample.name.to_owned(), labels)).or_insert(sample.value);
        }
    });
    all
}

fn are_equal(one: f64, other: f64) -> bool {
    one == other || (one.is_nan() && other.is_nan())
}

#[test]
fn the_strict_parser_reads_whatever_can_be_exposed() {
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let snapshots = some(1000, hostile());
    let expositions: Vec<_> = snapshots.iter().map(to_openmetrics).collect();
    let mut exemplars = 0;
    for (snapshot, families) in snapshots.iter().zip(parser.parse_all("openmetrics", &expositions)) {
        let numbers = numbers(snapshot);
        for (series, (value, exemplar)) in samples(&families) {
            let expected =
                numbers.get(&series).unwrap_or_else(|| panic!("{series:?} is not in {snapshot:#?}"));
            assert!(are_equal(value, *expected), "{series:?} is {value} instead of {expected}");
            let (name, labels) = &series;
            if let Some(exemplar) = exemplar.as_object() {
                exemplars += 1;
                if name.ends_with("_total") {
                    continue;
                }
                let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok());
                let value = number(exemplar["value"].as_str()).expect("a number");
                let bound = number(labels.get("le").map(String::as_str)).expect("a bucket has a bound");
                assert!(value <= bound || bound == f64::INFINITY, "{exemplar:?} in {series:?}");
            }
        }
    }
    assert!(exemplars > 50, "{exemplars} exemplars");
}

#[test]
fn nothing_is_missing_where_names_are_good() {
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let snapshots = some(200, polite());
    let expositions: Vec<_> = snapshots.iter().map(to_openmetrics).collect();
    let of_openmetrics = parser.parse_all("openmetrics", &expositions);
    let expositions: Vec<_> = snapshots.iter().map(to_text).collect();
    let of_text = parser.parse_all("text", &expositions);
    for (snapshot, (open, text)) in snapshots.iter().zip(of_openmetrics.iter().zip(&of_text)) {
        let numbers = numbers(snapshot);
        let read = samples(open);
        for (series, expected) in &numbers {
            let Some((value, _)) = read.get(series) else {
                // What OpenMetrics forbids.
                let (name, _) = series;
                let is_sum = name.ends_with("_sum") || name.ends_with("_count");
                let is_counter = name.ends_with("_total") && (expected.is_nan() || *expected < 0.0);
                assert!(is_sum || is_counter, "{series:?} is missing in {snapshot:#?}");
                continue;
            };
            assert!(are_equal(*value, *expected), "{series:?} is {value} instead of {expected}");
        }
        for family in &snapshot.families {
            let is_whole = family.name.strip_suffix("_total").filter(|_| family.kind == Kind::Counter);
            let name = is_whole.filter(|stem| open.contains_key(*stem)).unwrap_or(&family.name);
            // The parser takes all spaces for one separator.
            let help = open[name]["help"].as_str().expect("text").trim_start_matches(' ');
            assert_eq!(help, family.help.trim_start_matches(' '));
        }
        assert_eq!(samples(text).len(), numbers.len(), "the older text has all of them");
    }
}

#[test]
fn every_series_of_enums_is_there_before_its_first_use() {
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let shop = Shop::start().serve();
    let families = parser.parse("openmetrics", &shop.metrics(OPENMETRICS).1);
    for status in ["placed", "paid", "declined", "shipped"] {
        assert_eq!(sample(&families["shop_orders"], "shop_orders_total", &[("status", status)]), 0.0);
    }
    for brand in ["visa", "mastercard", "other"] {
        for result in ["accepted", "declined", "timed_out"] {
            let labels = [("brand", brand), ("result", result)];
            assert_eq!(sample(&families["shop_charges"], "shop_charges_total", &labels), 0.0);
        }
        for outcome in ["ok", "error", "cancelled", "panicked"] {
            let labels = [("brand", brand), ("outcome", outcome)];
            assert_eq!(sample(&families["shop_payment_calls"], "shop_payment_calls_total", &labels), 0.0);
        }
    }
    let authorize = [("module", "shop::payment"), ("function", "authorize"), ("outcome", "cancelled")];
    assert_eq!(sample(&families["function_calls"], "function_calls_total", &authorize), 0.0);
}
