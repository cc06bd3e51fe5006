//! The bus over RabbitMQ.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource::aggregates::{AggregateRepository, State};
use eventsource::bus::{EventBus, RabbitMQEventBus, RabbitMQEventBusConfig};
use eventsource::stores::SQLiteEventStore;
use eventsource::{Event, EventSourceError};
use lapin::message::Delivery;
use lapin::options::{BasicGetOptions, BasicPublishOptions};
use lapin::types::AMQPValue;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde::{Deserialize, Serialize};
use spanwright::span::Level;
use spanwright::testing::Captured;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::backends::or_skip;
use crate::broker::Broker;
use crate::buses::{Taken, came_again, consuming, is_of, is_the_trace_of, refuse_shipped, subscribe, until};
use crate::guide::{
    AGGREGATE, OrderCreated, OrderShipped, named, order_created, order_shipped, seen, spans_of,
};
use crate::servers::{ENCODED, PASSWORD, Wire, rabbitmq};

const NAMES: [&str; 2] = ["eventsource.event_bus.publish", "eventsource.event_bus.consume"];

/// Whose turn it is with the guide's exchange, `events`: all queues that are bound to it get what is published there.
pub(crate) static EVENTS: Mutex<()> = Mutex::const_new(());

/// A group of the test's own, with an exchange of its own.
fn config(broker: &Broker, name: &str) -> RabbitMQEventBusConfig {
    RabbitMQEventBusConfig {
        rabbitmq_url: broker.address.as_str().into(),
        exchange_name: name.to_owned(),
        consumer_group: name.to_owned(),
        retry_delay: Duration::from_millis(10),
        enable_tracing: true,
        ..RabbitMQEventBusConfig::default()
    }
}

fn port(broker: &Broker) -> u16 {
    let port = broker.address.rsplit([':', '/']).nth(1);
    port.and_then(|port| port.parse().ok()).expect("the address has a port")
}

/// Two buses of a group whose queue is there, as the publisher's service and the consumer's.
fn services(config: &RabbitMQEventBusConfig) -> (RabbitMQEventBus, RabbitMQEventBus) {
    (RabbitMQEventBus::new(config.clone()), RabbitMQEventBus::new(config.clone()))
}

/// Makes the group's queue, so that nothing is published before there is one.
async fn declare(telemetry: &Captured, consumer: &RabbitMQEventBus, config: &RabbitMQEventBusConfig) {
    let bus = RabbitMQEventBus::new(RabbitMQEventBusConfig { enable_tracing: false, ..config.clone() });
    let (types, _) = consumer.handlers().event_types();
    for event_type in types {
        bus.subscribe(&event_type, Taken::default().by("nobody", |_| Ok(())));
    }
    consume_nothing(telemetry, &bus).await;
}

/// Consumes until there is a queue.
async fn consume_nothing(telemetry: &Captured, bus: &RabbitMQEventBus) {
    let before = count(telemetry, "Connected to consume");
    consuming(bus, until("the queue", || count(telemetry, "Connected to consume") > before)).await;
}

#[spanwright::test]
async fn consumer_spans_are_children_of_publisher_spans(telemetry: Captured) {
    let Some(broker) = or_skip(rabbitmq()) else { return };
    let _turn = EVENTS.lock().await;
    // As in the guide.
    let config = RabbitMQEventBusConfig {
        rabbitmq_url: broker.address.as_str().into(),
        consumer_group: "order-projections".to_owned(),
        enable_tracing: true,
        ..RabbitMQEventBusConfig::default()
    };
    let (publisher, consumer) = services(&config);
    let taken = subscribe(&consumer);
    declare(&telemetry, &consumer, &config).await;
    let event = order_created(AGGREGATE);
    publisher.publish(std::slice::from_ref(&event)).await.expect("RabbitMQ is there");
    consuming(&consumer, until("the event", || taken.times(&event) == 1)).await;
    publisher.shutdown().await.expect("RabbitMQ is there");
    assert_eq!(taken.all(), std::slice::from_ref(&event), "as it was");
    is_the_trace_of(&telemetry, &event, "rabbitmq", NAMES);
    let mut expected = spans_of("RabbitMQEventBus");
    // The table of the guide leaves it out, and its example has it.
    expected.insert("eventsource.event_bus.handle".to_owned());
    assert_eq!(seen(&telemetry), expected);
    for message in ["Connected to publish", "Connected to consume"] {
        let logged =
            telemetry.events().into_iter().find(|event| event.message == message).expect("it is told");
        assert_eq!(logged.target, "eventsource.bus.rabbitmq");
        logged.has("address", format!("127.0.0.1:{}", port(&broker)));
    }
}

#[test]
fn the_defaults_are_the_guides() {
    let config = RabbitMQEventBusConfig::default();
    assert_eq!(config.rabbitmq_url.expose(), "amqp://localhost:5672/");
    assert_eq!((&*config.exchange_name, config.enable_tracing), ("events", true));
}

#[spanwright::test]
async fn the_trace_is_in_the_messages_headers(telemetry: Captured) {
    let Some(broker) = or_skip(rabbitmq()) else { return };
    let config = config(&broker, "headers");
    let publisher = RabbitMQEventBus::new(config.clone());
    let consumer = RabbitMQEventBus::new(config.clone());
    subscribe(&consumer);
    declare(&telemetry, &consumer, &config).await;
    let event = order_created(AGGREGATE);
    publisher.publish(std::slice::from_ref(&event)).await.expect("RabbitMQ is there");
    let (_connection, channel) = channel(&broker).await;
    let message = get(&channel, "headers.headers").await;
    let headers = message.properties.headers().as_ref().expect("there are headers").inner();
    let traceparent = headers.get("traceparent").and_then(AMQPValue::as_long_string).expect("it is there");
    let publish = telemetry.span(NAMES[0]);
    let expected = format!("00-{}-{}-", publish.trace_id, publish.span_id);
    assert!(traceparent.to_string().starts_with(&expected), "{traceparent} is not {expected}…");
    let sent: Event = serde_json::from_slice(&message.data).expect("it is an event");
    assert_eq!(sent, event);
}

/// Nothing is asked of it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Order {}

impl State for Order {
    fn apply(&mut self, _: &Event) -> Result<(), EventSourceError> {
        Ok(())
    }
}

#[spanwright::test]
async fn what_is_saved_is_published(telemetry: Captured) {
    let Some(broker) = or_skip(rabbitmq()) else { return };
    let _turn = EVENTS.lock().await;
    let config = RabbitMQEventBusConfig { exchange_name: "events".to_owned(), ..config(&broker, "nobody") };
    let bus = Arc::new(RabbitMQEventBus::new(config));
    let store = Arc::new(SQLiteEventStore::open(":memory:").expect("there is memory"));
    let orders =
        AggregateRepository::new(store, Order::default, "Order").with_event_publisher(Arc::clone(&bus) as _);
    let mut order = orders.create(AGGREGATE);
    order.raise(&OrderCreated { customer: "Ann".to_owned() }).expect("it can be placed");
    order.raise(&OrderShipped {}).expect("it can leave");
    orders.save(&mut order).await.expect("it can be saved");
    bus.shutdown().await.expect("RabbitMQ is there");
    assert_eq!(
        telemetry.tree(),
        "eventsource.repository.save\n  sqlite_event_store.append_events\n  eventsource.event_bus.publish\n  \
         eventsource.event_bus.publish\n"
    );
    let save = telemetry.span("eventsource.repository.save");
    save.has("eventsource.aggregate.id", AGGREGATE)
        .has("eventsource.event.count", 2)
        .has("eventsource.version", 2);
    let append = telemetry.span("sqlite_event_store.append_events");
    append.has("db.system", "sqlite").has("eventsource.event.count", 2);
    for (publish, event_type) in named(&telemetry, NAMES[0]).iter().zip(["OrderCreated", "OrderShipped"]) {
        publish.has("messaging.system", "rabbitmq").has("messaging.destination", "events");
        publish.has("eventsource.event.type", event_type);
    }
}

#[spanwright::test]
async fn what_is_refused_comes_again_and_then_goes_to_the_dead_letters(telemetry: Captured) {
    let Some(broker) = or_skip(rabbitmq()) else { return };
    let config = config(&broker, "refused");
    let (publisher, consumer) = services(&config);
    let taken = refuse_shipped(&consumer);
    // A handler of all events is no type's.
    let silent = RabbitMQEventBus::new(RabbitMQEventBusConfig { enable_tracing: false, ..config.clone() });
    refuse_shipped(&silent);
    consume_nothing(&telemetry, &silent).await;
    let (bad, good) = (order_shipped(AGGREGATE, 2), order_created("another"));
    publisher.publish(&[bad.clone(), good.clone()]).await.expect("RabbitMQ is there");
    let (_connection, channel) = channel(&broker).await;
    let garbage = BasicProperties::default().with_type("OrderLost".into());
    let options = BasicPublishOptions::default();
    let published =
        channel.basic_publish("refused".into(), "OrderLost".into(), options, b"no event", garbage);
    published.await.expect("RabbitMQ is there");
    let done = || taken.times(&bad) == 4 && taken.times(&good) == 1 && count(&telemetry, "dead letters") == 2;
    consuming(&consumer, until("the retries", done)).await;
    came_again(&telemetry, NAMES[1], NAMES[0], &bad, 3);
    let lost = named(&telemetry, NAMES[1]);
    let lost = lost.iter().find(|span| span.attribute("eventsource.event.type") == Some(&"OrderLost".into()));
    lost.expect("it has a span").failed();
    let again = telemetry
        .events()
        .into_iter()
        .find(|event| event.message.contains("come again"))
        .expect("it is told");
    again.is_at(Level::WARN).has("event_type", "OrderShipped");
    assert_eq!(again.target, "eventsource.bus.rabbitmq");
    let mut dead = vec![dead_letter(&channel, "refused.refused.dlq").await];
    dead.push(dead_letter(&channel, "refused.refused.dlq").await);
    dead.sort();
    assert_eq!(dead, ["OrderLost", "OrderShipped"]);
}

/// How many log lines say that.
fn count(telemetry: &Captured, said: &str) -> usize {
    telemetry.events().iter().filter(|event| event.message.contains(said)).count()
}

async fn channel(broker: &Broker) -> (Connection, Channel) {
    let connection = Connection::connect(&broker.address, ConnectionProperties::default()).await;
    let connection = connection.expect("RabbitMQ is there");
    let channel = connection.create_channel().await.expect("RabbitMQ is there");
    (connection, channel)
}

/// The type of the next event in a queue of dead letters.
async fn dead_letter(channel: &Channel, queue: &str) -> String {
    get(channel, queue).await.properties.kind().as_ref().expect("it has a type").to_string()
}

/// The next message in a queue.
async fn get(channel: &Channel, queue: &str) -> Delivery {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        let options = BasicGetOptions { no_ack: true };
        let got = channel.basic_get(queue.into(), options).await.expect("there is the queue");
        if let Some(message) = got {
            return message.delivery;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("there is nothing in {queue}")
}

#[spanwright::test]
async fn a_broker_that_is_gone_for_a_while_is_found_again(telemetry: Captured) {
    let Some(broker) = or_skip(rabbitmq()) else { return };
    let port =
        broker.address.rsplit([':', '/']).nth(1).and_then(|port| port.parse().ok()).expect("it has a port");
    let wire = Wire::to(port);
    let mut config = config(&broker, "patient");
    config.rabbitmq_url = broker.address.replace(&port.to_string(), &wire.port.to_string()).as_str().into();
    config.publish_retries = 20;
    let (publisher, consumer) = services(&config);
    let taken = subscribe(&consumer);
    let (before, meanwhile) = (order_created(AGGREGATE), order_created("another"));
    consuming(&consumer, async {
        until("the consumer", || count(&telemetry, "Connected to consume") == 1).await;
        publisher.publish(std::slice::from_ref(&before)).await.expect("RabbitMQ is there");
        until("the first event", || taken.times(&before) == 1).await;
        wire.cut();
        until("the loss", || count(&telemetry, "The broker is gone") > 0).await;
        let mend = async {
            // Longer than a first attempt takes.
            sleep(Duration::from_secs(2)).await;
            wire.mend();
        };
        let (published, ()) = tokio::join!(publisher.publish(std::slice::from_ref(&meanwhile)), mend);
        published.expect("it was tried again");
        until("the second event", || taken.times(&meanwhile) == 1).await;
    })
    .await;
    let published = named(&telemetry, NAMES[0]);
    let retries = published[1].attribute("eventsource.retry.count").expect("it is recorded");
    assert_ne!(retries, &0.into(), "it was not taken at once");
    is_of(published[1].succeeded(), &meanwhile);
    let lost =
        telemetry.events().into_iter().find(|event| event.message == "The broker is gone: trying again");
    lost.expect("it is told").is_at(Level::WARN);
}

#[spanwright::test]
async fn each_end_has_a_switch(telemetry: Captured) {
    let Some(broker) = or_skip(rabbitmq()) else { return };
    let on = config(&broker, "switched");
    let off = RabbitMQEventBusConfig { enable_tracing: false, ..on.clone() };
    for (from, to) in [(&off, &on), (&on, &off)] {
        let (publisher, consumer) = (RabbitMQEventBus::new(from.clone()), RabbitMQEventBus::new(to.clone()));
        let taken = subscribe(&consumer);
        declare(&telemetry, &consumer, &off).await;
        let event = order_created(AGGREGATE);
        publisher.publish(std::slice::from_ref(&event)).await.expect("RabbitMQ is there");
        consuming(&consumer, until("the event", || taken.times(&event) == 1)).await;
    }
    // The one end that has spans has a trace of its own each time.
    assert!(
        telemetry.tree().starts_with("eventsource.event_bus.consume\n  eventsource.event_bus.dispatch\n")
    );
    assert!(telemetry.tree().ends_with("\neventsource.event_bus.publish\n"), "{}", telemetry.tree());
}

#[spanwright::test]
async fn an_address_that_is_none_is_refused_without_what_is_in_it(_telemetry: Captured) {
    for (url, expected) in [
        (format!("ampq://me:{ENCODED}@localhost/"), "`rabbitmq_url` is no address"),
        (format!("amqp://me:{ENCODED}@127.0.0.1:1/"), "rabbitmq: "),
    ] {
        let config = RabbitMQEventBusConfig {
            rabbitmq_url: url.as_str().into(),
            publish_retries: 0,
            ..RabbitMQEventBusConfig::default()
        };
        let bus = RabbitMQEventBus::new(config);
        let refused =
            bus.publish(&[order_created(AGGREGATE)]).await.expect_err("there is nothing").to_string();
        assert!(refused.starts_with(expected), "{refused}");
        assert!(bus.start_consuming().await.is_err(), "there is nothing");
        assert!(!format!("{refused}{bus:?}").contains(ENCODED), "{refused} {bus:?}");
        assert!(!format!("{refused}{bus:?}").contains(PASSWORD), "{refused} {bus:?}");
    }
}
