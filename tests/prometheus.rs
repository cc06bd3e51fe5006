//! A real Prometheus scrapes the shop.

use std::time::{Duration, Instant};

use crate::backends::{Prometheus, or_skip};
use crate::process::until;
use crate::shop::{DECLINED_CARD, GOOD_CARD, SILENT_CARD, Shop};

#[test]
fn prometheus_sees_what_the_shop_did() {
    let shop = Shop::start().serve();
    let Some(prometheus) = or_skip(Prometheus::start(shop.admin_address(), &[])) else { return };
    until("the first scrape", || prometheus.value("up").filter(|up| *up == 1.0));

    let (mut accepted, mut silent) = (0, 0);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        for _ in 0..5 {
            assert_eq!(shop.order("teapot", 1, GOOD_CARD).0, 201);
            accepted += 1;
        }
        assert_eq!(shop.order("teapot", 1, DECLINED_CARD).0, 402);
        assert_eq!(shop.order("teapot", 1, SILENT_CARD).0, 504);
        silent += 1;
    }
    let (accepted, silent) = (f64::from(accepted), f64::from(silent));
    until("a scrape after the last order", || {
        let calls = prometheus.value("sum(shop_http_calls_total)") == Some(accepted + 2.0 * silent);
        let shipped = prometheus.value("shop_orders_total{status='shipped'}") == Some(accepted);
        (calls && shipped).then_some(())
    });

    let rate = "sum by (route) (rate(shop_http_calls_total{outcome='ok'}[30s])) > 0";
    let rates = prometheus.query(rate);
    assert_eq!(
        rates.iter().map(|(labels, _)| labels["route"].as_str()).collect::<Vec<_>>(),
        ["POST /orders"]
    );
    let p99 = "histogram_quantile(0.99, sum by (le) (rate(shop_http_duration_seconds_bucket[30s])))";
    assert!(prometheus.value(p99).is_some_and(|p99| p99 > 0.001 && p99 < 10.0));

    // The same calls, seen by different functions.
    let exactly =
        |promql: &str, expected: f64| assert_eq!(prometheus.value(promql), Some(expected), "{promql}");
    exactly("sum(shop_http_calls_total{route='POST /orders',outcome='error'})", 2.0 * silent);
    exactly("shop_charges_total{brand='visa',result='accepted'}", accepted);
    exactly("shop_charges_total{brand='mastercard',result='timed_out'}", silent);
    exactly("shop_payment_calls_total{brand='visa',outcome='ok'}", accepted);
    exactly("function_calls_total{module='shop::shipping',function='ship',outcome='ok'}", accepted);
    exactly("function_duration_seconds_count{module='shop::shipping',function='ship'}", accepted);
    // A future that is dropped before its end is cancelled, and no error.
    exactly("function_calls_total{function='authorize',outcome='cancelled'}", silent);
    exactly("function_calls_total{function='authorize',outcome='error'}", silent);

    for in_flight in ["shop_http_calls_in_flight", "shop_payment_calls_in_flight", "function_calls_in_flight"]
    {
        assert!(!prometheus.query(in_flight).is_empty(), "{in_flight} has no series");
        exactly(&format!("sum({in_flight})"), 0.0);
    }
    exactly("shop_shipping_queue_orders", 0.0);
    let metadata = prometheus.metadata("shop_shipping_queue_orders");
    assert_eq!(
        (metadata["type"].as_str(), metadata["help"].as_str()),
        (Some("gauge"), Some("Paid orders that wait to be shipped."))
    );
}

#[test]
fn prometheus_that_would_rather_have_protobuf_gets_the_same_series() {
    let shop = Shop::start().serve();
    let features = ["exemplar-storage", "native-histograms"];
    let Some(prometheus) = or_skip(Prometheus::start(shop.admin_address(), &features)) else { return };
    shop.order("teapot", 1, GOOD_CARD);
    until("a scrape with the order", || {
        prometheus.value("shop_orders_total{status='paid'}").filter(|paid| *paid == 1.0)
    });
    assert_eq!(prometheus.value("shop_order_pieces_bucket{le='1.0'}"), Some(1.0));
}
