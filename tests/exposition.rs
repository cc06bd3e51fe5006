//! `/metrics`, read by others.

use serde_json::Value as Json;

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
    assert_eq!(families["shop_orders_to_ship"]["type"], "gauge");
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
