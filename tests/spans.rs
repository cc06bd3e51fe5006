//! The shop's spans, as an OTLP receiver has them.

use crate::backends::{OtlpReceiver, Span, or_skip};
use crate::shop::{DECLINED_CARD, GOOD_CARD, SILENT_CARD, Shop};

/// The only span of that name.
#[track_caller]
fn named<'a>(trace: &'a [Span], name: &str) -> &'a Span {
    let mut found = trace.iter().filter(|span| span.name == name);
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        (None, _) => panic!("no span `{name}` in {trace:#?}"),
        (Some(_), Some(_)) => panic!("several spans `{name}` in {trace:#?}"),
    }
}

#[track_caller]
fn assert_child(trace: &[Span], child: &str, parent: &str) {
    let (child, parent) = (named(trace, child), named(trace, parent));
    assert_eq!(child.parent, parent.span_id, "{child:#?} is not in {parent:#?}");
}

#[test]
fn an_order_is_one_trace_from_request_to_shipping() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let shop = Shop::start().export_to(&receiver.endpoint).serve();
    let (status, order) = shop.order("teapot", 3, GOOD_CARD);
    assert_eq!(status, 201);

    let names = ["POST /orders", "place_order", "insert_order", "charge", "authorize", "ship", "pack"];
    let trace = receiver.trace(&names, |span| span.name == "POST /orders");
    let root = named(&trace, "POST /orders");
    assert_eq!(root.parent, "");
    assert_child(&trace, "place_order", "POST /orders");
    assert_child(&trace, "insert_order", "place_order");
    assert_child(&trace, "charge", "place_order");
    assert_child(&trace, "authorize", "charge");
    // The worker runs on another thread, and continues the trace.
    assert_child(&trace, "ship", "place_order");
    assert_child(&trace, "pack", "ship");

    assert_eq!(root.text("http.route"), Some("/orders"));
    assert_eq!(root.text("http.request.method"), Some("POST"));
    assert_eq!(root.text("body.item"), Some("teapot"));
    assert_eq!(named(&trace, "insert_order").int("quantity"), Some(3));
    assert_eq!(named(&trace, "insert_order").text("db.system.name"), Some("sqlite"));
    assert_eq!(named(&trace, "charge").int("amount_cents"), Some(3 * 1990));
    assert_eq!(named(&trace, "charge").text("card.brand"), Some("Visa"));
    assert_eq!(named(&trace, "ship").int("order"), order["id"].as_i64());

    for span in &trace {
        let kind = if span.parent.is_empty() { "SPAN_KIND_SERVER" } else { "SPAN_KIND_INTERNAL" };
        assert_eq!((span.service.as_str(), span.kind.as_str()), ("shop", kind), "{span:#?}");
        assert!(span.scope.starts_with("shop::"), "{span:#?}");
        assert!(span.start <= span.end && span.start > 1_700_000_000_000_000_000, "{span:#?}");
        assert!(!span.is_error, "{span:#?}");
        assert_eq!((span.trace_id.len(), span.span_id.len()), (32, 16));
    }
    for child in ["place_order", "insert_order", "charge", "authorize"] {
        let (child, root) = (named(&trace, child), root);
        assert!(root.start <= child.start && child.end <= root.end, "{child:#?} is not within {root:#?}");
    }
}

#[test]
fn an_error_sets_status_and_type() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let shop = Shop::start().export_to(&receiver.endpoint).serve();
    assert_eq!(shop.order("cup", 1, DECLINED_CARD).0, 402);

    let trace = receiver.trace(&["POST /orders", "charge", "authorize"], |span| span.name == "POST /orders");
    let charge = named(&trace, "charge");
    assert!(charge.is_error);
    assert_eq!(charge.status_message, "the card was declined");
    assert_eq!(charge.text("error.type"), Some("shop::payment::PaymentError"));
    // Without `err`, the outcome and the type are known, and what the error says is not.
    let root = named(&trace, "POST /orders");
    assert!(root.is_error);
    assert_eq!(root.text("error.type"), Some("shop::shop::ShopError"));
    assert!(!named(&trace, "insert_order").is_error);
}

#[test]
fn a_dropped_future_is_cancelled() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let shop = Shop::start().export_to(&receiver.endpoint).serve();
    assert_eq!(shop.order("cup", 1, SILENT_CARD).0, 504);

    let trace = receiver.trace(&["charge", "authorize"], |span| span.name == "authorize");
    let authorize = named(&trace, "authorize");
    assert!(authorize.is_error);
    assert_eq!(authorize.text("error.type"), Some("cancelled"));
    assert_eq!(named(&trace, "charge").status_message, "the payment provider did not answer within 90 ms");
}

#[test]
fn a_failed_query_says_why() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let shop = Shop::start().export_to(&receiver.endpoint).serve();
    assert_eq!(shop.get("/orders/4711").0, 404);
    assert_eq!(shop.order("samovar", 4, GOOD_CARD).0, 409);

    let unknown = receiver.trace(&["GET /orders/{id}", "order"], |span| span.name == "order");
    assert_eq!(named(&unknown, "order").status_message, "there is no order 4711");
    assert_eq!(named(&unknown, "order").int("id"), Some(4711));
    let refused = receiver.trace(&["POST /orders", "insert_order"], |span| span.name == "insert_order");
    let message = &named(&refused, "insert_order").status_message;
    assert!(message.contains("CHECK constraint failed"), "{message}");
}

#[test]
fn requests_do_not_share_a_trace() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let shop = Shop::start().export_to(&receiver.endpoint).serve();
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(shop.order("cup", 1, GOOD_CARD).0, 201));
        }
    });
    let spans = crate::process::until("the spans of all requests", || {
        let spans = receiver.spans();
        (spans.iter().filter(|span| span.name == "pack").count() == 20).then_some(spans)
    });
    let roots: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    assert_eq!(roots.iter().filter(|span| span.name == "POST /orders").count(), 20);
    for root in roots.iter().filter(|span| span.name == "POST /orders") {
        let trace: Vec<_> = spans.iter().filter(|span| span.trace_id == root.trace_id).cloned().collect();
        assert_child(&trace, "place_order", "POST /orders");
        assert_child(&trace, "charge", "place_order");
        assert_child(&trace, "ship", "place_order");
    }
}
