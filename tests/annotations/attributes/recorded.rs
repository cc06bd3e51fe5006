//! Constants and structs wherever a field's name stands.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use spanwright::registry::Value;
use spanwright::{Attribute, Attributes, Counter, Label, Labels, Metrics, Registry, instrument, record};

use super::reference::{
    self, ATTR_AGGREGATE_ID, ATTR_EVENT_TYPE, ATTR_HANDLER_SUCCESS, AggregateAttributes, EventAttributes,
};
use super::*;
use crate::collected::{telemetry, traced};

const ATTR_SHARE: Attribute<f64> = Attribute::new("eventsource.share");
const ATTR_TIER: Attribute<str> = Attribute::new("shop.tier").with_help("Who pays").with_example("paid");
const ATTR_CACHED: Attribute<bool> = Attribute::new("shop.cached");

#[test]
fn a_constant_is_a_fields_name() {
    #[instrument(record(id), fields({ATTR_AGGREGATE_ID} = id, {reference::ATTR_BATCH_SIZE} = 7_u8,
        {ATTR_HANDLER_SUCCESS} = Some(&true), {ATTR_SHARE} = 0.5_f32, {ATTR_EVENT_TYPE} = ?id.len()))]
    fn append(id: &str) {
        let _ = id;
    }
    let ((), trace) = traced(|| append("order-1"));
    let span = trace.one("append");
    assert_eq!(
        keys(span),
        [
            "id",
            "eventsource.aggregate.id",
            "eventsource.batch.size",
            "eventsource.handler.success",
            "eventsource.share",
            "eventsource.event.type"
        ]
    );
    assert_eq!(value(span, "eventsource.aggregate.id"), text("order-1"));
    assert_eq!(value(span, "eventsource.batch.size"), Some(AttributeValue::I64(7)));
    assert_eq!(value(span, "eventsource.handler.success"), Some(AttributeValue::Bool(true)));
    assert_eq!(value(span, "eventsource.share"), Some(AttributeValue::F64(0.5)));
    assert_eq!(value(span, "eventsource.event.type"), text("7"));
}

#[test]
fn record_fills_a_constants_field_in() {
    use reference::ATTR_BATCH_SIZE as ATTR_SIZE;
    #[instrument(fields(first = Empty, {ATTR_SIZE} = Empty, {ATTR_EVENT_TYPE} = "none"))]
    fn filled() {
        record!({ATTR_SIZE} = 3_usize, first = 1, {ATTR_EVENT_TYPE} = %7);
    }
    #[instrument(fields({reference::ATTR_BATCH_SIZE} = Empty))]
    fn by_another_path() {
        record!({ ATTR_SIZE } = 4);
    }
    let ((), trace) = traced(|| {
        filled();
        by_another_path();
    });
    let span = trace.one("filled");
    assert_eq!(value(span, "eventsource.batch.size"), Some(AttributeValue::I64(3)));
    assert_eq!(value(span, "first"), Some(AttributeValue::I64(1)));
    assert_eq!(value(span, "eventsource.event.type"), text("7"));
    let other = trace.one("by_another_path");
    assert_eq!(value(other, "eventsource.batch.size"), Some(AttributeValue::I64(4)));
}

/// As other crates have them.
const HTTP_ROUTE: &str = "http.route";
const RETRIES: &str = "http.request.resend_count";

#[test]
fn a_constant_text_is_a_fields_name() {
    #[instrument(fields({HTTP_ROUTE} = "/orders", {ATTR_TIER} = "paid", {RETRIES} = Empty))]
    fn routed() {
        record!({RETRIES} = 2, {ATTR_TIER} = ?"free");
        record!({ HTTP_ROUTE } = %"/carts");
    }
    let ((), trace) = traced(routed);
    let span = trace.one("routed");
    assert_eq!(value(span, HTTP_ROUTE), text("/carts"));
    assert_eq!(value(span, RETRIES), Some(AttributeValue::I64(2)));
    assert_eq!(value(span, "shop.tier"), text("\"free\""));
}

#[test]
fn a_number_takes_integers() {
    #[instrument(fields({ATTR_SHARE} = Some(&7_u8)))]
    fn shared() {}
    let ((), trace) = traced(shared);
    assert_eq!(value(trace.one("shared"), "eventsource.share"), Some(AttributeValue::F64(7.0)));
}

#[test]
fn a_value_that_is_called_empty_is_recorded() {
    struct Buffer;
    #[allow(non_upper_case_globals)]
    impl Buffer {
        const Empty: &'static str = "empty";
    }
    #[instrument(fields(state = Buffer::Empty, late = tracing::field::Empty))]
    fn buffered() {}
    let ((), trace) = traced(buffered);
    assert_eq!(keys(trace.one("buffered")), ["state"]);
}

#[test]
fn a_set_may_be_behind_a_pointer() {
    #[derive(Attributes)]
    struct Boxed<'a> {
        #[attribute(flatten)]
        event: Box<EventAttributes<'a>>,
    }
    #[instrument(fields(..boxed))]
    fn pointed(boxed: Arc<Boxed<'_>>) {
        let _ = boxed;
    }
    let event = EventAttributes { event_id: Some("e-1"), event_type: None, event_count: None };
    let ((), trace) = traced(|| pointed(Arc::new(Boxed { event: Box::new(event) })));
    assert_eq!(keys(trace.one("pointed")).len(), 1);
}

#[test]
fn a_set_may_be_flattened_twice_behind_prefixes() {
    #[derive(Attributes)]
    struct Address {
        city: &'static str,
        #[attribute(constant = ATTR_STREET, redact = mask)]
        street: &'static str,
    }
    #[derive(Attributes)]
    struct Addresses {
        #[attribute(flatten, prefix = "billing")]
        billing: Address,
        #[attribute(flatten, prefix = "shipping.to")]
        shipping: Option<Address>,
        #[attribute(flatten)]
        own: Address,
    }
    #[instrument(fields(..addresses))]
    fn sent(addresses: &Addresses) {
        let _ = addresses;
    }
    let at = |city| Address { city, street: "canary" };
    let addresses = Addresses { billing: at("Rome"), shipping: Some(at("Oslo")), own: at("Bonn") };
    let ((), trace) = traced(|| sent(&addresses));
    let span = trace.one("sent");
    for (key, city) in [("billing.", "Rome"), ("shipping.to.", "Oslo"), ("", "Bonn")] {
        assert_eq!(value(span, &format!("{key}city")), text(city));
        assert_eq!(value(span, &format!("{key}street")), text("********"));
    }
    assert_eq!(Addresses::DESCRIPTORS[3].label(), "shipping_to_street");
}

struct Id(u32);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "id-{}", self.0)
    }
}

type Text = Arc<str>;

/// All that a field can be.
#[derive(Attributes)]
#[attributes(prefix = "shop")]
struct OrderAttributes<'a> {
    r#type: Cow<'a, str>,
    /// What it costs
    cents: Option<i32>,
    #[attribute(display)]
    order: Id,
    #[attribute(debug, skip_if_none)]
    lines: Option<Vec<u8>>,
    #[attribute(flatten)]
    event: EventAttributes<'a>,
    #[attribute(skip)]
    skipped: &'a str,
    alias: Text,
    #[attribute(flatten)]
    aggregate: Option<&'a AggregateAttributes<'a>>,
    weight: f32,
}

fn order<'a>(lines: Option<Vec<u8>>, aggregate: Option<&'a AggregateAttributes<'a>>) -> OrderAttributes<'a> {
    OrderAttributes {
        r#type: "gold".into(),
        cents: None,
        order: Id(7),
        lines,
        event: EventAttributes { event_id: Some("e-1"), event_type: None, event_count: Some(2) },
        skipped: "canary",
        alias: "a".into(),
        aggregate,
        weight: 0.25,
    }
}

#[test]
fn a_structs_values_are_recorded_in_their_places() {
    #[instrument(fields(before = 1, ..order, after = Empty))]
    fn charge(order: &OrderAttributes<'_>, note: &str) {
        record!(after = note, { ATTR_CENTS } = 300_u16, { ATTR_EVENT_TYPE } = "late");
    }
    let aggregate = AggregateAttributes { aggregate_id: Some("a-1"), aggregate_type: None };
    let order = order(Some(vec![1]), Some(&aggregate));
    assert_eq!(order.skipped, "canary");
    let ((), trace) = traced(|| charge(&order, "fine"));
    let span = trace.one("charge");
    for (key, expected) in [
        ("before", Some(AttributeValue::I64(1))),
        ("shop.type", text("gold")),
        ("shop.order", text("id-7")),
        ("shop.lines", text("[1]")),
        ("eventsource.event.id", text("e-1")),
        ("eventsource.event.count", Some(AttributeValue::I64(2))),
        ("shop.alias", text("a")),
        ("eventsource.aggregate.id", text("a-1")),
        ("shop.weight", Some(AttributeValue::F64(0.25))),
        ("after", text("fine")),
        ("shop.cents", Some(AttributeValue::I64(300))),
        ("eventsource.event.type", text("late")),
    ] {
        assert_eq!(value(span, key), expected, "{key}");
    }
    assert_eq!(keys(span).len(), 12, "nothing is recorded of `None`, nor of what is skipped");
}

#[test]
fn a_struct_can_be_any_expression_or_come_later() {
    #[instrument(fields(..OrderAttributes<'_> = order(None, None)))]
    async fn made() {}
    #[instrument(fields(..AggregateAttributes<'_> = Empty, ..EventAttributes<'_> = Empty))]
    fn later() {
        record!({ ATTR_EVENT_TYPE } = "Placed");
    }
    let ((), trace) = traced(|| {
        assert!(pin!(made()).as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        later();
    });
    assert_eq!(value(trace.one("made"), "shop.type"), text("gold"));
    assert_eq!(value(trace.one("made"), "shop.lines"), None);
    assert_eq!(keys(trace.one("later")), ["eventsource.event.type"]);
}

#[test]
fn a_set_is_described_flat() {
    let keys: Vec<_> = OrderAttributes::DESCRIPTORS.iter().map(|descriptor| descriptor.key).collect();
    assert_eq!(
        keys,
        [
            "shop.type",
            "shop.cents",
            "shop.order",
            "shop.lines",
            "eventsource.event.id",
            "eventsource.event.type",
            "eventsource.event.count",
            "shop.alias",
            "eventsource.aggregate.id",
            "eventsource.aggregate.type",
            "shop.weight"
        ]
    );
    assert_eq!(ATTR_CENTS.help(), "What it costs");
    assert_eq!(ATTR_ALIAS.value_type(), spanwright::ValueType::Str);
    assert_eq!(ATTR_TYPE.label(), "shop_type");
}

#[derive(Clone, Copy, Label)]
#[label(attribute = ATTR_TIER)]
enum Tier {
    Free,
    Paid,
}

#[test]
fn a_label_is_called_as_its_attribute() {
    #[instrument(metrics(prefix = "attributed", labels({ATTR_EVENT_TYPE} = "Placed", {ATTR_TIER}: Tier = tier,
        {ATTR_CACHED} = cached)))]
    fn placed(tier: Tier, cached: bool) {
        let _ = (tier, cached);
    }
    telemetry();
    placed(Tier::Paid, true);
    let snapshot = Registry::global().snapshot();
    let family = snapshot.family("attributed_calls_total").expect("it is registered");
    let labels = [
        ("eventsource_event_type", "Placed"),
        ("shop_tier", "paid"),
        ("shop_cached", "true"),
        ("outcome", "ok"),
    ];
    assert_eq!(family.series(&labels).map(|series| series.value.clone()), Some(Value::Counter(1)));
}

/// Labels that are attributes.
#[derive(Clone, Copy, Labels)]
struct Request<'a> {
    /// Who pays for it.
    tier: Tier,
    #[label(attribute = ATTR_CACHED)]
    cached: bool,
    #[label(attribute = ATTR_EVENT_TYPE, max = 3)]
    event: &'a str,
    #[label(name = "kind", attribute = ATTR_TIER)]
    other: Tier,
    #[label(allow_secret)]
    token: bool,
    #[label(skip)]
    path: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "attributed")]
struct Attributed {
    /// Requests.
    requests_total: Counter<Request<'static>>,
    /// Payments.
    payments_total: Counter<Tier>,
}

#[test]
fn a_dimension_says_what_attribute_it_is() {
    let dimensions = <Request<'_> as Labels>::DIMENSIONS;
    let said: Vec<_> = dimensions.iter().map(|its| (its.name, its.attribute, its.help)).collect();
    assert_eq!(
        said,
        [
            ("tier", "", "Who pays for it."),
            ("shop_cached", "shop.cached", ""),
            ("eventsource_event_type", "eventsource.event.type", "Type name of the event"),
            ("kind", "shop.tier", "Who pays"),
            ("token", "", ""),
        ]
    );
    let only = <Tier as Labels>::DIMENSIONS[0];
    assert_eq!((only.name, only.attribute, only.help), ("shop_tier", "shop.tier", "Who pays"));
}

#[test]
fn series_have_the_attributes_labels() {
    let metrics = Attributed::register(&Registry::new());
    let (tier, cached, event, other, token) = (Tier::Paid, false, "Placed", Tier::Free, true);
    let request = Request { tier, cached, event, other, token, path: "/" };
    metrics.requests_total.with(request).inc();
    metrics.payments_total.with(Tier::Paid).inc();
    let text = metrics.gather_metrics().unwrap_or_default();
    let labels =
        r#"tier="paid",shop_cached="false",eventsource_event_type="Placed",kind="free",token="true""#;
    assert!(text.contains(&format!("attributed_requests_total{{{labels}}} 1")), "{text}");
    assert!(text.contains(r#"attributed_payments_total{shop_tier="paid"} 1"#), "{text}");
    assert_eq!(request.path, "/");
}
