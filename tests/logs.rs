//! Log lines, and the spans that they belong to.

use serde_json::Value as Json;

use crate::backends::{OtlpReceiver, or_skip};
use crate::shop::{DECLINED_CARD, GOOD_CARD, Shop};

/// The JSON lines of a program's output.
fn lines(stdout: &str) -> Vec<Json> {
    stdout
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_log_line_has_the_ids_of_its_span() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let shop = Shop::start().export_to(&receiver.endpoint).env("RUST_LOG", "shop=debug").serve();
    let (_, order) = shop.order("teapot", 1, GOOD_CARD);
    shop.order("teapot", 1, DECLINED_CARD);
    shop.wait_for_shipping(&order);
    let lines = lines(&shop.terminate().stdout);
    let spans = receiver.spans();

    for (message, name) in
        [("order paid", "place_order"), ("order shipped", "ship"), ("the card was declined", "charge")]
    {
        let line = lines.iter().find(|line| line.to_string().contains(message));
        let line = line.unwrap_or_else(|| panic!("no line `{message}` in {lines:#?}"));
        assert_eq!(line["span"]["name"], name, "{line}");
        let exported = spans.iter().find(|span| line["span"]["span_id"] == span.span_id.as_str());
        let exported = exported.unwrap_or_else(|| panic!("the span of {line} was not exported"));
        assert_eq!(
            (line["span"]["trace_id"].as_str(), exported.name.as_str()),
            (Some(exported.trace_id.as_str()), name)
        );
    }
    let paid = lines.iter().find(|line| line["message"] == "order paid").expect("found above");
    assert_eq!((paid["level"].as_str(), paid["target"].as_str()), (Some("DEBUG"), Some("shop::shop")));
    assert_eq!(paid["fields"]["order"], order["id"]);
    assert_eq!(paid["fields"]["total_cents"], 1990);
}

#[test]
fn the_filter_of_the_logs_is_not_that_of_the_spans() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let shop = Shop::start().export_to(&receiver.endpoint).env("RUST_LOG", "off").serve();
    let (_, order) = shop.order("teapot", 1, GOOD_CARD);
    shop.wait_for_shipping(&order);
    receiver.trace(&["charge"], |span| span.name == "POST /orders");
    assert_eq!(lines(&shop.terminate().stdout), [] as [Json; 0]);
}
