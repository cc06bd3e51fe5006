//! What the guide says of a component, and what a test has seen of it.

use std::collections::BTreeSet;

use eventsource::{Event, Payload};
use serde::{Deserialize, Serialize};
use spanwright::testing::{Captured, CapturedSpan};

use crate::table::{Row, quoted, rows_of};

/// The document's name in the tables.
pub(crate) const SEED: &str = "eventsource";

/// The example id of the guide.
pub(crate) const AGGREGATE: &str = "550e8400-e29b-41d4-a716-446655440000";

/// The rows of spans that a component has.
fn rows_with(component: &str) -> impl Iterator<Item = Row> {
    let end = format!(" ({component})");
    rows_of(SEED, "span").into_iter().filter(move |row| row.item.ends_with(&end))
}

/// The names of the spans that the guide has for a component; there are some.
#[track_caller]
pub(crate) fn spans_of(component: &str) -> BTreeSet<String> {
    let names: BTreeSet<_> = rows_with(component).map(|row| row.name().to_owned()).collect();
    assert!(!names.is_empty(), "the guide has no spans of {component}");
    names
}

/// The names of all spans that a test has seen. Each has standard attributes: the guide says so of all spans.
#[track_caller]
pub(crate) fn seen(telemetry: &Captured) -> BTreeSet<String> {
    let standard: Vec<_> = rows_of(SEED, "attribute constant");
    let standard: BTreeSet<_> = standard.iter().map(|row| quoted(&row.item)[1]).collect();
    for span in telemetry.spans() {
        assert!(!keys(&span).is_disjoint(&standard), "`{}` has no standard attribute", span.name);
    }
    telemetry.spans().iter().map(|span| span.name.to_string()).collect()
}

/// The spans of that name, in their order; there are some.
#[track_caller]
pub(crate) fn named(telemetry: &Captured, name: &str) -> Vec<CapturedSpan> {
    let spans = telemetry.spans();
    let named: Vec<_> = spans.iter().filter(|span| span.name == name).cloned().collect();
    assert!(!named.is_empty(), "no span `{name}` among {:?}", seen(telemetry));
    named
}

/// The keys of a span's attributes, those of the code's place left out.
pub(crate) fn keys(span: &CapturedSpan) -> BTreeSet<&str> {
    span.attributes.iter().map(|(key, _)| &**key).filter(|key| !key.starts_with("code.")).collect()
}

/// Asserts that a span has just these attributes.
#[track_caller]
pub(crate) fn has_keys(span: &CapturedSpan, expected: &[&str]) {
    assert_eq!(keys(span), expected.iter().copied().collect(), "{}", span.name);
}

/// An order was placed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderCreated {
    pub(crate) customer: String,
}

impl Payload for OrderCreated {
    const EVENT_TYPE: &'static str = "OrderCreated";
}

/// An order has left.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderShipped {}

impl Payload for OrderShipped {
    const EVENT_TYPE: &'static str = "OrderShipped";
}

/// The first event of an order, for the guide's tenant and by its actor.
pub(crate) fn order_created(aggregate_id: &str) -> Event {
    let created = OrderCreated { customer: "Ann".to_owned() };
    let mut event = Event::new("Order", aggregate_id, 1, &created).expect("it is JSON");
    event.tenant_id = Some("tenant-123".to_owned());
    event.actor_id = Some("user@example.com".to_owned());
    event
}

/// A later event of it.
pub(crate) fn order_shipped(aggregate_id: &str, version: u64) -> Event {
    Event::new("Order", aggregate_id, version, &OrderShipped {}).expect("it is JSON")
}
