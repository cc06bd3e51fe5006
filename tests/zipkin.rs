//! Spans as Zipkin's JSON, as the types of `zipkin-types` read it.

use zipkin_types::Span;

use crate::collector::Collector;
use crate::shop::{DECLINED_CARD, GOOD_CARD, Shop};

/// The only span of that name in the trace of `root`.
#[track_caller]
fn named<'a>(spans: &'a [Span], root: &Span, name: &str) -> &'a Span {
    let mut found =
        spans.iter().filter(|span| span.trace_id() == root.trace_id() && span.name() == Some(name));
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        _ => panic!("not one span `{name}` in {spans:#?}"),
    }
}

#[track_caller]
fn with_item<'a>(spans: &'a [Span], item: &str) -> &'a Span {
    let found = spans.iter().find(|span| span.tags().get("body.item").is_some_and(|it| it == item));
    found.unwrap_or_else(|| panic!("no order of a {item} in {spans:#?}"))
}

#[test]
fn zipkin_gets_an_order_as_one_trace_with_its_errors() {
    let zipkin = Collector::start();
    let shop = Shop::start()
        .env("OTEL_TRACES_EXPORTER", "zipkin")
        .env("OTEL_EXPORTER_ZIPKIN_ENDPOINT", format!("{}/api/v2/spans", zipkin.endpoint))
        .serve();
    let (status, order) = shop.order("teapot", 2, GOOD_CARD);
    assert_eq!(status, 201);
    assert_eq!(shop.order("cup", 1, DECLINED_CARD).0, 402);
    shop.wait_for_shipping(&order);
    let ended = shop.terminate();
    assert!(ended.status.success() && !ended.stderr.contains("spanwright:"), "{}", ended.stderr);

    let spans = zipkin.zipkin_spans();
    let root = with_item(&spans, "teapot");
    assert!(root.parent_id().is_none() && root.name() == Some("POST /orders"), "{root:#?}");
    for (child, parent) in [
        ("place_order", "POST /orders"),
        ("insert_order", "place_order"),
        ("charge", "place_order"),
        ("authorize", "charge"),
        ("ship", "place_order"),
        ("pack", "ship"),
    ] {
        let (child, parent) = (named(&spans, root, child), named(&spans, root, parent));
        assert_eq!(child.parent_id(), Some(parent.id()), "{child:#?} is not in {parent:#?}");
        assert!(child.timestamp() >= root.timestamp() && child.duration().is_some(), "{child:#?}");
        assert!(child.kind().is_none(), "an internal span has no kind in Zipkin: {child:#?}");
    }
    for span in &spans {
        let service = span.local_endpoint().and_then(|endpoint| endpoint.service_name());
        assert_eq!(service, Some("shop"), "{span:#?}");
    }
    assert_eq!(root.tags()["http.route"], "/orders");
    assert_eq!(named(&spans, root, "insert_order").tags()["quantity"], "2");
    assert!(named(&spans, root, "charge").tags().get("error").is_none());

    let declined = named(&spans, with_item(&spans, "cup"), "charge");
    assert_eq!(declined.tags()["error"], "the card was declined");
    assert_eq!(declined.tags()["error.type"], "shop::payment::PaymentError");
    assert_eq!(declined.tags()["otel.status_code"], "ERROR");
}
