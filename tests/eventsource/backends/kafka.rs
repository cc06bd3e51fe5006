//! The bus over Kafka, with the mock broker of its own client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventsource::bus::kafka::MockKafka;
use eventsource::bus::{EventBus, KafkaEventBus, KafkaEventBusConfig, handler};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use spanwright::registry::{Family, Value};
use spanwright::span::Level;
use spanwright::testing::Captured;
use tokio::time::sleep;

use crate::buses::{Taken, came_again, consuming, is_of, messaging, refuse_shipped, subscribe, until};
use crate::guide::{AGGREGATE, SEED, named, order_created, order_shipped, seen, spans_of};
use crate::process::free_port;
use crate::table::rows_of;

const NAMES: [&str; 2] =
    ["eventsource.event_bus.publish OrderCreated", "eventsource.event_bus.consume OrderCreated"];

fn config(kafka: &MockKafka) -> KafkaEventBusConfig {
    KafkaEventBusConfig {
        bootstrap_servers: kafka.bootstrap_servers(),
        retry_delay: Duration::from_millis(10),
        interval: Duration::from_millis(100),
        ..KafkaEventBusConfig::default()
    }
}

/// A broker, and a topic of one partition.
fn kafka() -> MockKafka {
    let kafka = MockKafka::start().expect("loopback has free ports");
    kafka.create_topic("events", 1).expect("it is new");
    kafka
}

fn services(config: &KafkaEventBusConfig) -> (KafkaEventBus, KafkaEventBus) {
    (KafkaEventBus::new(config.clone()), KafkaEventBus::new(config.clone()))
}

#[spanwright::test]
async fn consumer_spans_are_children_of_publisher_spans(telemetry: Captured) {
    let kafka = kafka();
    let (publisher, consumer) = services(&config(&kafka));
    let taken = subscribe(&consumer);
    let event = order_created(AGGREGATE);
    publisher.publish(std::slice::from_ref(&event)).await.expect("Kafka is there");
    consuming(&consumer, until("the event", || taken.times(&event) == 1)).await;
    assert_eq!(taken.all(), std::slice::from_ref(&event), "as it was");
    assert_eq!(
        telemetry.tree(),
        "eventsource.event_bus.publish OrderCreated\n  eventsource.event_bus.consume OrderCreated\n    \
         eventsource.event_bus.dispatch OrderProjection\n    eventsource.event_bus.dispatch NotificationService\n"
    );
    messaging(&telemetry, &event, "kafka", NAMES);
    telemetry.span(NAMES[1]).has("eventsource.handler.count", 2);
    for handler in ["OrderProjection", "NotificationService"] {
        let dispatch = telemetry.span(&format!("eventsource.event_bus.dispatch {handler}"));
        is_of(
            dispatch.has("eventsource.handler.name", handler).has("eventsource.handler.success", true),
            &event,
        );
    }
    let filled = |name: &String| {
        let name = name.replace("{event_type}", "OrderCreated");
        [name.replace("{handler}", "OrderProjection"), name.replace("{handler}", "NotificationService")]
    };
    assert_eq!(seen(&telemetry), spans_of("KafkaEventBus").iter().flat_map(filled).collect());
    let logged = telemetry.events();
    let logged = logged
        .iter()
        .find(|event| event.message.starts_with("The partitions are shared"))
        .expect("it is told");
    assert_eq!(logged.target, "eventsource.bus.kafka");
}

/// A metric's family, by the name that the guide has for it.
fn family(telemetry: &Captured, name: &str) -> Option<Family> {
    telemetry.metrics().families.into_iter().find(|family| family.otel_name() == name)
}

/// The value of a series: a number, or how many observations there are.
fn value(telemetry: &Captured, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let family = family(telemetry, name).unwrap_or_else(|| panic!("there is no `{name}`"));
    match &family.series(labels)?.value {
        Value::Histogram(histogram) => Some(histogram.count() as f64),
        value => value.number(),
    }
}

#[spanwright::test]
async fn the_metrics_are_those_of_the_guide(telemetry: Captured) {
    let rows: Vec<_> =
        rows_of(SEED, "metric").into_iter().filter(|row| row.name().starts_with("kafka.")).collect();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let family = family(&telemetry, row.name()).unwrap_or_else(|| panic!("there is no `{}`", row.name()));
        let (_, said) = row.item.split_once(" (").expect("it says its kind");
        let (kind_and_unit, help) = said.split_once("): ").expect("it says what it is");
        let (kind, unit) = kind_and_unit.split_once(", ").unwrap_or((kind_and_unit, "{message}"));
        assert_eq!(format!("{:?}", family.kind).to_lowercase(), kind, "{}", row.item);
        assert_eq!(family.otel.as_ref().map(|otel| otel.unit.as_str()), Some(unit), "{}", row.item);
        assert!(
            family.help.as_str().to_lowercase().starts_with(help),
            "{}: {}",
            row.item,
            family.help.as_str()
        );
    }
}

#[spanwright::test]
async fn messages_and_handlers_are_counted(telemetry: Captured) {
    let kafka = kafka();
    let (publisher, consumer) = services(&config(&kafka));
    let taken = subscribe(&consumer);
    let events = [order_created(AGGREGATE), order_created("another"), order_shipped(AGGREGATE, 2)];
    publisher.publish(&events).await.expect("Kafka is there");
    consuming(&consumer, until("the events", || taken.all().len() == 2)).await;
    for name in ["kafka.eventbus.messages.published", "kafka.eventbus.messages.consumed"] {
        for (event_type, expected) in [("OrderCreated", 2.0), ("OrderShipped", 1.0)] {
            let labels = [("messaging_destination", "events"), ("eventsource_event_type", event_type)];
            assert_eq!(value(&telemetry, name, &labels), Some(expected), "{name} of {event_type}");
        }
    }
    for handler in ["OrderProjection", "NotificationService"] {
        let labels = [("eventsource_handler_name", handler), ("eventsource_event_type", "OrderCreated")];
        assert_eq!(value(&telemetry, "kafka.eventbus.handler.duration", &labels), Some(2.0));
    }
}

#[spanwright::test]
async fn a_lag_is_of_each_partition_and_shrinks(telemetry: Captured) {
    let kafka = MockKafka::start().expect("loopback has free ports");
    kafka.create_topic("events", 2).expect("it is new");
    let (publisher, consumer) = services(&config(&kafka));
    let events: Vec<_> = (0..20).map(|number| order_created(&format!("order-{number}"))).collect();
    publisher.publish(&events).await.expect("Kafka is there");
    // Who refuses the first event for a while lags behind.
    let (taken, is_open) = (Taken::default(), Arc::new(AtomicBool::new(false)));
    let its = Arc::clone(&is_open);
    consumer.subscribe(
        "OrderCreated",
        handler("OrderProjection", {
            let taken = taken.clone();
            move |event| {
                let (its, taken) = (Arc::clone(&its), taken.clone());
                async move {
                    until("the gate", || its.load(Ordering::Relaxed)).await;
                    taken.add(event);
                    Ok(())
                }
            }
        }),
    );
    let lag = |partition: &str| {
        let labels =
            [("messaging_destination", "events"), ("consumer_group", "default"), ("partition", partition)];
        value(&telemetry, "kafka.eventbus.consumer.lag", &labels)
    };
    consuming(&consumer, async {
        until("the lag", || lag("0").zip(lag("1")).is_some_and(|(one, other)| one + other == 20.0)).await;
        is_open.store(true, Ordering::Relaxed);
        until("the events", || taken.all().len() == 20).await;
        until("the lag's end", || lag("0") == Some(0.0) && lag("1") == Some(0.0)).await;
    })
    .await;
}

#[spanwright::test]
async fn spans_and_metrics_have_a_switch_each(telemetry: Captured) {
    let kafka = kafka();
    let silent = KafkaEventBusConfig { enable_tracing: false, ..config(&kafka) };
    let uncounted = KafkaEventBusConfig { enable_metrics: false, ..config(&kafka) };
    for (config, spans, counted) in [(silent, 0, 1.0), (uncounted, 4, 1.0)] {
        let (publisher, consumer) = services(&config);
        let taken = subscribe(&consumer);
        let event = order_created(AGGREGATE);
        publisher.publish(std::slice::from_ref(&event)).await.expect("Kafka is there");
        consuming(&consumer, until("the event", || taken.times(&event) == 1)).await;
        assert_eq!(telemetry.spans().len(), spans);
        let labels =
            [("eventsource_handler_name", "OrderProjection"), ("eventsource_event_type", "OrderCreated")];
        assert_eq!(value(&telemetry, "kafka.eventbus.handler.duration", &labels), Some(counted));
        let labels = [("messaging_destination", "events"), ("eventsource_event_type", "OrderCreated")];
        assert_eq!(value(&telemetry, "kafka.eventbus.messages.published", &labels), Some(counted));
        assert_eq!(value(&telemetry, "kafka.eventbus.messages.consumed", &labels), Some(counted));
    }
    let defaults = KafkaEventBusConfig::default();
    assert!(defaults.enable_tracing && defaults.enable_metrics, "both are on by default");
    assert_eq!(defaults.bootstrap_servers, "localhost:9092");
}

#[spanwright::test]
async fn what_is_refused_is_tried_again_and_then_goes_to_the_dead_letters(telemetry: Captured) {
    let kafka = kafka();
    let (publisher, consumer) = services(&config(&kafka));
    let taken = refuse_shipped(&consumer);
    let (bad, good) = (order_shipped(AGGREGATE, 2), order_created(AGGREGATE));
    publish_garbage(&kafka).await;
    publisher.publish(&[bad.clone(), good.clone()]).await.expect("Kafka is there");
    consuming(&consumer, until("the events", || taken.times(&good) == 1)).await;
    assert_eq!(taken.times(&bad), 4);
    let names = ["OrderShipped", "OrderLost"].map(|it| format!("eventsource.event_bus.consume {it}"));
    came_again(&telemetry, &names[0], "eventsource.event_bus.publish OrderShipped", &bad, 3);
    telemetry.span(&names[1]).failed();
    // The letter is the event as it was.
    let letters = KafkaEventBusConfig { topic: "events.default.dlq".to_owned(), ..config(&kafka) };
    let letters = KafkaEventBus::new(letters);
    let read = refuse_none(&letters);
    consuming(&letters, until("the dead letter", || read.times(&bad) == 1)).await;
    let again = telemetry
        .events()
        .into_iter()
        .find(|event| event.message.contains("tried again"))
        .expect("it is told");
    again.is_at(Level::WARN).has("event_type", "OrderShipped");
    assert_eq!(again.target, "eventsource.bus.kafka");
}

/// Takes everything.
fn refuse_none(bus: &KafkaEventBus) -> Taken {
    let taken = Taken::default();
    bus.subscribe_to_all(taken.by("everything", |_| Ok(())));
    taken
}

/// A message of somebody else's.
async fn publish_garbage(kafka: &MockKafka) {
    let mut client = ClientConfig::new();
    let producer: FutureProducer =
        client.set("bootstrap.servers", kafka.bootstrap_servers()).create().expect("it is well configured");
    let header = Header { key: "event_type", value: Some("OrderLost") };
    let headers = OwnedHeaders::new().insert(header);
    let record = FutureRecord::<[u8], _>::to("events").payload("no event").headers(headers);
    producer.send(record, Duration::from_secs(30)).await.expect("Kafka is there");
}

#[spanwright::test]
async fn a_broker_that_is_gone_for_a_while_is_found_again(telemetry: Captured) {
    let kafka = kafka();
    let (publisher, consumer) = services(&config(&kafka));
    let taken = subscribe(&consumer);
    let (before, meanwhile) = (order_created(AGGREGATE), order_created("another"));
    consuming(&consumer, async {
        publisher.publish(std::slice::from_ref(&before)).await.expect("Kafka is there");
        until("the first event", || taken.times(&before) == 1).await;
        kafka.set_up(false).expect("it is there");
        let mend = async {
            sleep(Duration::from_millis(300)).await;
            kafka.set_up(true).expect("it is there");
        };
        let (published, ()) = tokio::join!(publisher.publish(std::slice::from_ref(&meanwhile)), mend);
        published.expect("it was waited for");
        until("the second event", || taken.times(&meanwhile) == 1).await;
    })
    .await;
    assert_eq!(named(&telemetry, NAMES[1]).len(), 2, "neither came twice");
}

#[spanwright::test]
async fn what_is_not_there_at_all_is_told(_telemetry: Captured) {
    let servers = format!("127.0.0.1:{}", free_port());
    let config = KafkaEventBusConfig { bootstrap_servers: servers, ..KafkaEventBusConfig::default() };
    let bus =
        KafkaEventBus::new(KafkaEventBusConfig { publish_timeout: Duration::from_millis(100), ..config });
    let refused = bus.start_consuming().await.expect_err("nobody is there").to_string();
    assert!(refused.starts_with("kafka: "), "{refused}");
    let refused = bus.publish(&[order_created(AGGREGATE)]).await.expect_err("nobody is there").to_string();
    assert!(refused.starts_with("kafka: "), "{refused}");
}
