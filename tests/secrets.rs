//! What no telemetry may show.

use crate::backends::{OtlpReceiver, or_skip};
use crate::process::until;
use crate::shop::{DECLINED_CARD, GOOD_CARD, SILENT_CARD, Shop};

#[test]
fn a_card_number_appears_nowhere() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let start = Shop::start().export_to(&receiver.endpoint);
    let shop = start.env("RUST_LOG", "trace").env("SPANWRIGHT_TRACE_FILTER", "trace").serve();
    let mut answers = String::new();
    for card in [GOOD_CARD, DECLINED_CARD, SILENT_CARD] {
        let (_, order) = shop.order("teapot", 1, card);
        answers += &order.to_string();
    }
    let mut shown = shop.metrics("*/*").1;
    let spans = until("the spans of all charges", || {
        let charges = receiver.spans().iter().filter(|span| span.name == "charge").count();
        (charges == 3).then(|| receiver.raw())
    });
    let ended = shop.terminate();
    // The shop's own greeting has an example of an order, which is no output of a signal.
    let logged =
        ended.stdout.lines().filter(|line| !line.trim_start().starts_with("curl")).collect::<String>();
    shown += &(answers + &spans + &logged + &ended.stderr);
    for card in [GOOD_CARD, DECLINED_CARD, SILENT_CARD] {
        assert!(!shown.contains(card), "{card} was shown");
    }
}
