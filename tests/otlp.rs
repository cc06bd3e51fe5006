//! Spans, logs and metrics over OTLP, by every way: to a receiver, and through a collector that hands them on.

use std::collections::BTreeMap;

use crate::backends::{Log, OtlpReceiver, Rotel, Span, int, or_skip, text};
use crate::collector::Collector;
use crate::process::until;
use crate::pushed::{self, Value};
use crate::shop::{DECLINED_CARD, GOOD_CARD, Shop};

/// How the shop sends.
#[derive(Clone, Copy)]
struct Way {
    protocol: &'static str,
    compression: &'static str,
}

const HTTP: Way = Way { protocol: "http/protobuf", compression: "none" };
const HTTP_GZIP: Way = Way { compression: "gzip", ..HTTP };
const GRPC: Way = Way { protocol: "grpc", ..HTTP };
const GRPC_GZIP: Way = Way { compression: "gzip", ..GRPC };

/// Places an order that is paid and one that is declined, and ends the shop.
#[track_caller]
fn run_shop(way: Way, endpoint: &str) {
    let shop = Shop::start()
        .export_to(endpoint)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", way.protocol)
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", way.compression)
        .env("RUST_LOG", "shop=debug")
        .serve();
    let (status, order) = shop.order("teapot", 2, GOOD_CARD);
    assert_eq!(status, 201);
    assert_eq!(shop.order("cup", 1, DECLINED_CARD).0, 402);
    shop.wait_for_shipping(&order);
    let ended = shop.terminate();
    assert!(ended.status.success() && !ended.stderr.contains("spanwright:"), "{}", ended.stderr);
}

/// The only one for which `wanted` is true.
#[track_caller]
fn only<'a, T: std::fmt::Debug>(all: &'a [T], what: &str, wanted: impl Fn(&T) -> bool) -> &'a T {
    let found: Vec<_> = all.iter().filter(|one| wanted(one)).collect();
    let [one] = found[..] else { panic!("{} are {what}, of {all:#?}", found.len()) };
    one
}

/// All that the two orders must have left behind, and nothing twice.
#[track_caller]
fn assert_orders(spans: &[Span], logs: &[Log]) {
    for (item, names) in [
        (
            "teapot",
            &["POST /orders", "place_order", "insert_order", "charge", "authorize", "ship", "pack"][..],
        ),
        ("cup", &["POST /orders", "place_order", "insert_order", "charge", "authorize"]),
    ] {
        let root = only(spans, item, |span| span.text("body.item") == Some(item));
        let trace: Vec<_> = spans.iter().filter(|span| span.trace_id == root.trace_id).cloned().collect();
        let named = |name: &str| only(&trace, name, |span| span.name == name);
        let parents = [
            ("place_order", "POST /orders"),
            ("charge", "place_order"),
            ("authorize", "charge"),
            ("ship", "place_order"),
            ("pack", "ship"),
        ];
        for (child, parent) in parents.into_iter().filter(|(child, _)| names.contains(child)) {
            assert_eq!(named(child).parent, named(parent).span_id, "{child} is in {parent}");
        }
        for name in names {
            named(name);
        }
        assert!(
            trace.iter().all(|span| span.service == "shop" && span.scope.starts_with("shop::")),
            "{trace:#?}"
        );
        assert!(
            trace.iter().all(|span| {
                let kind = if span.parent.is_empty() { "SPAN_KIND_SERVER" } else { "SPAN_KIND_INTERNAL" };
                span.kind == kind && span.start <= span.end
            }),
            "{trace:#?}"
        );
        assert_eq!((root.parent.as_str(), root.text("http.route")), ("", Some("/orders")));
        assert_eq!(named("charge").text("card.brand"), Some("Visa"));
        assert_eq!(named("insert_order").int("quantity"), Some(if item == "teapot" { 2 } else { 1 }));
        let failed: Vec<_> =
            trace.iter().filter(|span| span.is_error).map(|span| span.name.as_str()).collect();
        assert_eq!(failed.is_empty(), item == "teapot", "{failed:?}");
    }
    assert_declined(only(spans, "declined", |span| span.name == "charge" && span.is_error));
    assert_logs(spans, logs);
}

/// What was counted, as the last push before the end has it: the shop was told to end by a signal.
#[track_caller]
fn assert_counted(orders: BTreeMap<String, f64>) {
    let expected = [("declined", 1.0), ("paid", 1.0), ("placed", 2.0), ("shipped", 1.0)];
    assert_eq!(orders, expected.map(|(status, orders)| (status.to_owned(), orders)).into());
}

/// The charge that was declined.
#[track_caller]
fn assert_declined(charge: &Span) {
    assert_eq!(charge.status_message, "the card was declined");
    assert_eq!(charge.text("error.type"), Some("shop::payment::PaymentError"));
    let (_, exception) = only(&charge.events, "exceptions", |(name, _)| name == "exception");
    assert_eq!(text(exception, "exception.type"), Some("shop::payment::PaymentError"));
    assert_eq!(text(exception, "exception.message"), Some("the card was declined"));
}

/// The log records, and the spans that they are in.
#[track_caller]
fn assert_logs(spans: &[Span], logs: &[Log]) {
    for (body, name) in [("order paid", "place_order"), ("order shipped", "ship")] {
        let log = only(logs, body, |log| log.body == body);
        let span = only(spans, body, |span| span.span_id == log.span_id);
        assert_eq!((span.name.as_str(), &span.trace_id), (name, &log.trace_id), "{log:#?}");
        assert_eq!((log.severity.as_str(), log.service.as_str()), ("DEBUG", "shop"), "{log:#?}");
        assert!(log.scope.starts_with("shop::"), "{log:#?}");
        assert!(int(&log.attributes, "order").is_some(), "{log:#?}");
    }
    let paid = only(logs, "paid", |log| log.body == "order paid");
    assert_eq!(int(&paid.attributes, "total_cents"), Some(2 * 1990));
}

/// From the shop to the receiver.
#[track_caller]
fn directly(way: Way) {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    run_shop(way, if way.protocol == "grpc" { &receiver.grpc_endpoint } else { &receiver.endpoint });
    assert_orders(&receiver.spans(), &receiver.logs());
    let orders = pushed::metrics(&receiver)["shop_orders_total"].values();
    let orders = orders.into_iter().map(|(mut labels, value)| match (labels.remove("status"), value) {
        (Some(status), Value::Number(orders)) => (status, orders),
        other => panic!("{other:?}"),
    });
    assert_counted(orders.collect());
}

/// From the shop to `rotel`, and from there to a decoder.
#[track_caller]
fn through_rotel(way: Way) {
    let sink = Collector::start();
    let Some(rotel) = or_skip(Rotel::start(&sink)) else { return };
    run_shop(way, if way.protocol == "grpc" { &rotel.grpc_endpoint } else { &rotel.endpoint });
    // It hands on when it likes.
    until("rotel to hand everything on", || {
        let shipped = sink.spans().iter().any(|span| span.name == "ship");
        let all =
            shipped && sink.spans().len() >= 12 && sink.logs().iter().any(|log| log.body == "order shipped");
        all.then_some(())
    });
    assert_orders(&sink.spans(), &sink.logs());
    let orders = until("rotel to hand metrics on", || {
        let orders = sink.sums("shop_orders_total");
        (!orders.is_empty()).then_some(orders)
    });
    let last = |(status, pushed): (String, Vec<f64>)| (status, *pushed.last().expect("it is there"));
    assert_counted(orders.into_iter().map(last).collect());
}

#[test]
fn a_receiver_gets_everything_over_http() {
    directly(HTTP);
}

#[test]
fn a_receiver_gets_everything_over_http_in_gzip() {
    directly(HTTP_GZIP);
}

#[test]
fn a_receiver_gets_everything_over_grpc() {
    directly(GRPC);
}

#[test]
fn a_receiver_gets_everything_over_grpc_in_gzip() {
    directly(GRPC_GZIP);
}

#[test]
fn a_collector_hands_on_everything_that_came_over_http() {
    through_rotel(HTTP_GZIP);
}

#[test]
fn a_collector_hands_on_everything_that_came_over_grpc() {
    through_rotel(GRPC);
}
