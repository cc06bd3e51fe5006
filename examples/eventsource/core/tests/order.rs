//! Subscriptions get every event once and in its order, whoever appends meanwhile.

use std::sync::{Arc, Mutex};

use eventsource::aggregates::{AggregateRepository, State};
use eventsource::bus::{EventBus, InMemoryEventBus, handler};
use eventsource::repositories::CheckpointRepository;
use eventsource::stores::{EventStore, InMemoryEventStore, SQLiteEventStore};
use eventsource::subscriptions::{SubscriptionConfig, SubscriptionManager, SubscriptionState};
use eventsource::{Database, Event, EventSourceError, HandlerError, Payload, new_id};
use serde::{Deserialize, Serialize};

const WRITERS: u64 = 4;
const EVENTS: u64 = 40;

#[derive(Serialize, Deserialize)]
struct Counted;

impl Payload for Counted {
    const EVENT_TYPE: &'static str = "Counted";
}

#[derive(Default, Serialize, Deserialize)]
struct Counter(u64);

impl State for Counter {
    fn apply(&mut self, _: &Event) -> Result<(), EventSourceError> {
        self.0 += 1;
        Ok(())
    }
}

/// Appends events to an aggregate of its own, and one to an aggregate that all writers have.
async fn write(repository: Arc<AggregateRepository<Counter>>) -> Result<(), EventSourceError> {
    let mut own = repository.create(&new_id());
    for _ in 0..EVENTS {
        own.raise(&Counted)?;
        repository.save(&mut own).await?;
    }
    repository.update("shared", 1_000, |shared| shared.raise(&Counted)).await.map(drop)
}

/// The positions that a subscription gets, which begins, pauses and goes on while others write.
async fn positions(store: Arc<dyn EventStore>) -> Result<Vec<u64>, EventSourceError> {
    let bus: Arc<dyn EventBus> = Arc::new(InMemoryEventBus::new());
    let repository = AggregateRepository::new(Arc::clone(&store), Counter::default, "Counter")
        .with_event_publisher(Arc::clone(&bus));
    let repository = Arc::new(repository);
    let mut shared = repository.create("shared");
    shared.raise(&Counted)?;
    repository.save(&mut shared).await?;

    let seen = Arc::new(Mutex::new(Vec::new()));
    let subscriber = handler("OrderOfEvents", {
        let seen = Arc::clone(&seen);
        move |event: Event| {
            seen.lock().unwrap().extend(event.position);
            async { Ok(()) }
        }
    });
    let checkpoints = CheckpointRepository::new(&Database::in_memory()?)?;
    let manager = SubscriptionManager::new(Arc::clone(&store), bus, checkpoints);
    let config = SubscriptionConfig { batch_size: 7, ..SubscriptionConfig::default() };
    let subscription = manager.subscribe(subscriber, config).await?;

    let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(write(Arc::clone(&repository)))).collect();
    manager.start().await?;
    for _ in 0..10 {
        assert!(manager.pause("OrderOfEvents").await?);
        tokio::task::yield_now().await;
        assert!(manager.resume("OrderOfEvents").await?);
        assert_eq!(subscription.state(), SubscriptionState::Live);
    }
    for writer in writers {
        writer.await.expect("it does not panic")?;
    }
    assert_eq!(subscription.position(), store.current_position().await?);
    manager.stop().await;
    Ok(seen.lock().unwrap().clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_event_comes_once_and_in_its_order() -> Result<(), EventSourceError> {
    let all: Vec<_> = (1..=1 + WRITERS * (EVENTS + 1)).collect();
    for store in [
        Arc::new(InMemoryEventStore::new()) as Arc<dyn EventStore>,
        Arc::new(SQLiteEventStore::open(":memory:")?),
    ] {
        assert_eq!(positions(store).await?, all);
    }
    Ok(())
}

#[tokio::test]
async fn one_that_does_not_go_on_after_an_error_comes_to_the_event_again() -> Result<(), EventSourceError> {
    let store: Arc<dyn EventStore> = Arc::new(InMemoryEventStore::new());
    let events = (1..=3).map(|version| Event::new("Counter", "one", version, &Counted));
    store.append_events("one", "Counter", events.collect::<Result<_, _>>()?, 0).await?;
    let failing = Arc::new(Mutex::new(true));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let subscriber = handler("Strict", {
        let (failing, seen) = (Arc::clone(&failing), Arc::clone(&seen));
        move |event: Event| {
            let fails = event.version == 2 && *failing.lock().unwrap();
            seen.lock().unwrap().push(event.version);
            async move { if fails { Err(HandlerError::new("OnPurpose", "not yet")) } else { Ok(()) } }
        }
    });
    let checkpoints = CheckpointRepository::new(&Database::in_memory()?)?;
    let manager = SubscriptionManager::new(store, Arc::new(InMemoryEventBus::new()), checkpoints);
    let config = SubscriptionConfig { continue_on_error: false, ..SubscriptionConfig::default() };
    let subscription = manager.subscribe(subscriber, config).await?;
    let error = manager.start().await.expect_err("it fails at the second event").to_string();
    assert!(error.contains("`Strict`: not yet"), "{error}");
    assert_eq!((subscription.state(), subscription.position()), (SubscriptionState::Error, 1));
    *failing.lock().unwrap() = false;
    manager.start().await?;
    assert_eq!((subscription.state(), subscription.position()), (SubscriptionState::Live, 3));
    assert_eq!(*seen.lock().unwrap(), [1, 2, 2, 3]);
    Ok(())
}
