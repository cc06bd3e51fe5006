//! The bus over Redis.

use std::process::Command;
use std::time::Duration;

use eventsource::bus::{EventBus, RedisEventBus, RedisEventBusConfig};
use spanwright::span::Level;
use spanwright::testing::Captured;
use tokio::time::sleep;

use crate::backends::or_skip;
use crate::buses::{came_again, consuming, is_the_trace_of, refuse_shipped, subscribe, until};
use crate::guide::{AGGREGATE, named, order_created, order_shipped, seen, spans_of};
use crate::servers::{ENCODED, PASSWORD, Redis};

const NAMES: [&str; 2] = ["eventsource.event_bus.publish", "eventsource.event_bus.process"];

fn config(redis: &Redis) -> RedisEventBusConfig {
    RedisEventBusConfig {
        redis_url: redis.url().as_str().into(),
        retry_delay: Duration::from_millis(10),
        ..RedisEventBusConfig::default()
    }
}

/// What Redis answers to a command.
fn ask(redis: &Redis, words: &[&str]) -> String {
    let mut command = Command::new("redis-cli");
    command.args(["-p", &redis.port.to_string()]).args(words).env("REDISCLI_AUTH", PASSWORD);
    let answer = command.output().expect("redis-cli starts");
    String::from_utf8(answer.stdout).expect("it answers in text").trim().to_owned()
}

#[spanwright::test]
async fn processing_spans_are_children_of_publisher_spans(telemetry: Captured) {
    let Some(redis) = or_skip(Redis::start()) else { return };
    let (publisher, consumer) = (RedisEventBus::new(config(&redis)), RedisEventBus::new(config(&redis)));
    let taken = subscribe(&consumer);
    let event = order_created(AGGREGATE);
    publisher.publish(std::slice::from_ref(&event)).await.expect("Redis is there");
    consuming(&consumer, until("the event", || taken.times(&event) == 1)).await;
    assert_eq!(taken.all(), std::slice::from_ref(&event), "as it was");
    is_the_trace_of(&telemetry, &event, "redis", NAMES);
    assert_eq!(seen(&telemetry), spans_of("RedisEventBus"));
    let logged = telemetry.event("Connected to consume");
    assert_eq!(logged.target, "eventsource.bus.redis");
    logged.has("address", format!("127.0.0.1:{}", redis.port));
    assert_eq!(ask(&redis, &["XPENDING", "events", "default"]), "0", "all is done with");
}

#[spanwright::test]
async fn what_is_refused_comes_again_and_then_goes_to_the_dead_letters(telemetry: Captured) {
    let Some(redis) = or_skip(Redis::start()) else { return };
    let (publisher, consumer) = (RedisEventBus::new(config(&redis)), RedisEventBus::new(config(&redis)));
    let taken = refuse_shipped(&consumer);
    let (bad, good) = (order_shipped(AGGREGATE, 2), order_created("another"));
    publisher.publish(&[bad.clone(), good.clone()]).await.expect("Redis is there");
    ask(&redis, &["XADD", "events", "*", "event_type", "OrderLost", "event", "no event"]);
    let dead = || ask(&redis, &["XLEN", "events.default.dlq"]);
    consuming(&consumer, until("the dead letters", || dead() == "2" && taken.times(&good) == 1)).await;
    assert_eq!((taken.times(&bad), ask(&redis, &["XPENDING", "events", "default"])), (4, "0".to_owned()));
    came_again(&telemetry, NAMES[1], NAMES[0], &bad, 3);
    let letters = ask(&redis, &["XRANGE", "events.default.dlq", "-", "+"]);
    for part in ["OrderLost", "can't be read", &bad.event_id, "the mailbox is full"] {
        assert!(letters.contains(part), "{part} in {letters}");
    }
    let again = telemetry
        .events()
        .into_iter()
        .find(|event| event.message.contains("come again"))
        .expect("it is told");
    again.is_at(Level::WARN).has("event_type", "OrderShipped");
    assert_eq!(again.target, "eventsource.bus.redis");
}

#[spanwright::test]
async fn what_a_consumer_has_left_another_one_takes_over(telemetry: Captured) {
    let Some(redis) = or_skip(Redis::start()) else { return };
    let config = RedisEventBusConfig { claim_after: Duration::from_millis(50), ..config(&redis) };
    let (publisher, consumer) = (RedisEventBus::new(config.clone()), RedisEventBus::new(config));
    let event = order_created(AGGREGATE);
    publisher.publish(std::slice::from_ref(&event)).await.expect("Redis is there");
    // One that gets the event, and is never heard of again.
    ask(&redis, &["XGROUP", "CREATE", "events", "default", "0"]);
    ask(&redis, &["XREADGROUP", "GROUP", "default", "gone", "STREAMS", "events", ">"]);
    let taken = subscribe(&consumer);
    consuming(&consumer, until("the event", || taken.times(&event) == 1)).await;
    telemetry.span(NAMES[1]).has("eventsource.retry.count", 1).is_in(NAMES[0]);
    assert_eq!(ask(&redis, &["XPENDING", "events", "default"]), "0");
}

#[spanwright::test]
async fn a_server_that_is_gone_for_a_while_is_found_again(telemetry: Captured) {
    let Some(mut redis) = or_skip(Redis::start()) else { return };
    let config = RedisEventBusConfig { publish_retries: 20, ..config(&redis) };
    let (publisher, consumer) = (RedisEventBus::new(config.clone()), RedisEventBus::new(config));
    let taken = subscribe(&consumer);
    let (before, after) = (order_created(AGGREGATE), order_created("another"));
    consuming(&consumer, async {
        publisher.publish(std::slice::from_ref(&before)).await.expect("Redis is there");
        until("the first event", || taken.times(&before) == 1).await;
        // It comes back without the stream and its group.
        redis.stop();
        let lost = || telemetry.events().iter().any(|event| event.message.contains("The server is gone"));
        until("the loss", lost).await;
        let start_again = async {
            sleep(Duration::from_millis(300)).await;
            redis.start_again();
        };
        let (published, ()) = tokio::join!(publisher.publish(std::slice::from_ref(&after)), start_again);
        published.expect("it was tried again");
        until("the second event", || taken.times(&after) == 1).await;
    })
    .await;
    let published = named(&telemetry, NAMES[0]);
    let retries = published[1].succeeded().attribute("eventsource.retry.count").expect("it is recorded");
    assert_ne!(retries, &0.into(), "it was not taken at once");
}

#[spanwright::test]
async fn each_end_has_a_switch(telemetry: Captured) {
    let Some(redis) = or_skip(Redis::start()) else { return };
    let off = RedisEventBusConfig { enable_tracing: false, ..config(&redis) };
    let (publisher, consumer) = (RedisEventBus::new(off), RedisEventBus::new(config(&redis)));
    let taken = subscribe(&consumer);
    publisher.publish(&[order_created(AGGREGATE)]).await.expect("Redis is there");
    consuming(&consumer, until("the event", || !taken.all().is_empty())).await;
    assert!(telemetry.tree().starts_with("eventsource.event_bus.process\n"), "{}", telemetry.tree());
}

#[spanwright::test]
async fn a_wrong_password_is_refused_without_being_told(_telemetry: Captured) {
    let Some(redis) = or_skip(Redis::start()) else { return };
    for (url, expected) in [
        (format!("redis://:{ENCODED}-of-another@127.0.0.1:{}/", redis.port), "redis: "),
        (format!("ridis://:{ENCODED}-of-another@127.0.0.1/"), "`redis_url` is no address"),
    ] {
        let config = RedisEventBusConfig {
            redis_url: url.as_str().into(),
            publish_retries: 0,
            ..RedisEventBusConfig::default()
        };
        let bus = RedisEventBus::new(config);
        let refused = bus.publish(&[order_created(AGGREGATE)]).await.expect_err("it is refused").to_string();
        assert!(refused.starts_with(expected), "{refused}");
        assert!(bus.start_consuming().await.is_err(), "it is refused");
        assert!(!format!("{refused}{bus:?}").contains("of-another"), "{refused} {bus:?}");
    }
}
