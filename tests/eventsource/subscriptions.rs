//! Subscriptions: from the past to live events, their spans, states and numbers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventsource::bus::{EventBus, EventHandler, InMemoryEventBus, handler};
use eventsource::repositories::CheckpointRepository;
use eventsource::stores::{EventStore, InMemoryEventStore};
use eventsource::subscriptions::{
    Subscription, SubscriptionConfig, SubscriptionManager, SubscriptionState, get_metrics,
};
use eventsource::{Database, Event, EventSourceError, HandlerError};
use spanwright::registry::Value;
use spanwright::span::Level;
use spanwright::testing::Captured;

use crate::guide::{SEED, has_keys, named, order_created, order_shipped, seen, spans_of};
use crate::table::rows_of;

/// A store and a bus with a manager, and what its subscriber got.
struct System {
    store: Arc<InMemoryEventStore>,
    bus: Arc<InMemoryEventBus>,
    checkpoints: CheckpointRepository,
    manager: SubscriptionManager,
    /// The positions of the events that were handled.
    handled: Arc<Mutex<Vec<u64>>>,
    /// The subscriber's name: the numbers of a name are the process's.
    name: &'static str,
}

impl System {
    /// With so many events in the store. Only the manager and what it makes have spans.
    async fn new(name: &'static str, events: u64) -> Self {
        let store = Arc::new(InMemoryEventStore::new().enable_tracing(false));
        let bus = Arc::new(InMemoryEventBus::new().enable_tracing(false));
        let database = Database::in_memory().expect("there is memory");
        let checkpoints = CheckpointRepository::new(&database).expect("a database").enable_tracing(false);
        let manager = SubscriptionManager::new(store.clone(), bus.clone(), checkpoints.clone());
        let system = Self { store, bus, checkpoints, manager, handled: Arc::default(), name };
        for _ in 0..events {
            system.append().await;
        }
        system
    }

    /// Another order in the store.
    async fn append(&self) -> Event {
        let id = eventsource::new_id();
        let appended = self.store.append_events(&id, "Order", vec![order_created(&id)], 0).await;
        appended.expect("it is a new one").remove(0)
    }

    /// The same, published.
    async fn publish(&self) {
        let event = self.append().await;
        self.bus.publish(&[event]).await.expect("there is no broker to fail");
    }

    /// Takes all events, and fails for orders that were shipped.
    fn subscriber(&self) -> Arc<dyn EventHandler> {
        let handled = Arc::clone(&self.handled);
        handler(self.name, move |event| {
            let handled = Arc::clone(&handled);
            async move {
                if event.event_type == "OrderShipped" {
                    return Err(HandlerError::new("TableLocked", "the table is locked"));
                }
                handled.lock().expect("nobody panics").push(event.position.expect("it is stored"));
                Ok(())
            }
        })
    }

    async fn subscribe(&self, config: SubscriptionConfig) -> Arc<Subscription> {
        self.manager.subscribe(self.subscriber(), config).await.expect("the name is free")
    }

    fn handled(&self) -> Vec<u64> {
        self.handled.lock().expect("nobody panics").clone()
    }

    /// What the gauge of its state says.
    fn state(&self, telemetry: &Captured) -> f64 {
        let series = telemetry.metric("subscription_state", &[("eventsource_subscription_name", self.name)]);
        series.value().number().expect("it is a number")
    }
}

#[spanwright::test]
async fn all_components_have_the_spans_of_the_guide(telemetry: Captured) {
    let system = System::new("AllSpans", 3).await;
    let subscription = system.subscribe(SubscriptionConfig::default()).await;
    system.manager.start_subscription("AllSpans").await.expect("it starts");
    system.publish().await;
    assert!(system.manager.pause("AllSpans").await.expect("it is there"));
    system.publish().await;
    assert!(system.manager.resume("AllSpans").await.expect("it is there"));
    system.manager.stop().await;
    assert_eq!(system.handled(), [1, 2, 3, 4, 5]);
    assert_eq!(subscription.position(), 5);
    let components = [
        "SubscriptionManager",
        "TransitionCoordinator",
        "CatchUpRunner",
        "LiveRunner",
        "PauseResumeController",
        "SubscriptionLifecycleManager",
    ];
    let expected: BTreeSet<_> = components.into_iter().flat_map(spans_of).collect();
    assert_eq!(seen(&telemetry), expected);
    let tree = "\
eventsource.subscription_manager.subscribe
eventsource.subscription_manager.start_subscription
  eventsource.lifecycle.start
    eventsource.transition_coordinator.execute
      eventsource.catchup_runner.run_until_position
        eventsource.catchup_runner.deliver_event
        eventsource.catchup_runner.deliver_event
        eventsource.catchup_runner.deliver_event
      eventsource.live_runner.start
      eventsource.catchup_runner.run_until_position
eventsource.live_runner.process_event
eventsource.pause_resume.pause
eventsource.pause_resume.resume
  eventsource.catchup_runner.run_until_position
    eventsource.catchup_runner.deliver_event
eventsource.subscription_manager.stop
  eventsource.lifecycle.stop
";
    assert_eq!(telemetry.tree(), tree);
}

/// What spans say of a subscription.
const OF_SUBSCRIPTION: [&str; 2] = ["eventsource.subscription.name", "eventsource.subscription.state"];

#[spanwright::test]
async fn spans_say_how_far_a_subscription_is(telemetry: Captured) {
    let system = System::new("HowFar", 3).await;
    system.subscribe(SubscriptionConfig { batch_size: 2, ..SubscriptionConfig::default() }).await;
    system.manager.start().await.expect("it starts");
    system.publish().await;
    system.manager.pause("HowFar").await.expect("it is there");
    system.manager.resume("HowFar").await.expect("it is there");
    for span in telemetry.spans() {
        let is_about_all = span.name == "eventsource.subscription_manager.stop";
        assert!(is_about_all || span.attribute("eventsource.subscription.name").is_some(), "{}", span.name);
    }
    let subscribe = telemetry.span("eventsource.subscription_manager.subscribe");
    subscribe.has("eventsource.subscription.name", "HowFar").has("eventsource.batch.size", 2);
    subscribe.has("eventsource.subscription.state", "starting");
    let start = telemetry.span("eventsource.subscription_manager.start_subscription");
    start.has("eventsource.subscription.state", "live").has("eventsource.position", 3);
    let execute = telemetry.span("eventsource.transition_coordinator.execute");
    execute.has("eventsource.subscription.phase", "live").has("eventsource.events.processed", 3);
    execute.has("eventsource.from_position", 0).has("eventsource.to_position", 3);
    let run = &named(&telemetry, "eventsource.catchup_runner.run_until_position")[0];
    run.has("eventsource.subscription.phase", "initial_catchup").has("eventsource.events.processed", 3);
    run.has("eventsource.subscription.state", "catching_up").has("eventsource.batch.size", 2);
    run.has("eventsource.from_position", 0).has("eventsource.to_position", 3);
    let of_run = [
        "eventsource.subscription.phase",
        "eventsource.from_position",
        "eventsource.to_position",
        "eventsource.batch.size",
        "eventsource.events.processed",
    ];
    has_keys(run, &[&OF_SUBSCRIPTION[..], &of_run].concat());
    let delivered = &named(&telemetry, "eventsource.catchup_runner.deliver_event")[2];
    delivered.has("eventsource.position", 3).has("eventsource.event.type", "OrderCreated");
    delivered.has("eventsource.tenant.id", "tenant-123").succeeded();
    let live = telemetry.span("eventsource.live_runner.process_event");
    live.has("eventsource.position", 4).has("eventsource.subscription.state", "live");
    telemetry.span("eventsource.pause_resume.pause").has("eventsource.subscription.state", "paused");
    telemetry.span("eventsource.pause_resume.resume").has("eventsource.subscription.state", "live");
}

#[spanwright::test]
async fn the_states_have_the_numbers_of_the_guide(telemetry: Captured) {
    let rows = rows_of(SEED, "state value");
    for (row, state) in rows.iter().zip(SubscriptionState::ALL) {
        let start = format!("{} = `{}`", state.value(), state.name());
        assert!(
            row.item == start || row.item.starts_with(&format!("{start}: ")),
            "{} is {}",
            row.item,
            start
        );
    }
    assert_eq!(rows.len(), SubscriptionState::ALL.len());
    // Each is reached, and is what the gauge says then.
    let system = System::new("States", 1).await;
    let config = SubscriptionConfig { continue_on_error: false, ..SubscriptionConfig::default() };
    let subscription = system.subscribe(config).await;
    let mut reached = vec![(subscription.state(), system.state(&telemetry))];
    system.manager.start().await.expect("it starts");
    reached.push((subscription.state(), system.state(&telemetry)));
    system.manager.pause("States").await.expect("it is there");
    reached.push((subscription.state(), system.state(&telemetry)));
    system.manager.resume("States").await.expect("it is there");
    let event = order_shipped("failing", 1);
    system.store.append_events("failing", "Order", vec![event], 0).await.expect("it is a new one");
    system.publish().await;
    reached.push((subscription.state(), system.state(&telemetry)));
    system.manager.stop().await;
    reached.push((subscription.state(), system.state(&telemetry)));
    use SubscriptionState::{Error, Live, Paused, Starting, Stopped};
    assert_eq!(reached, [(Starting, 1.0), (Live, 3.0), (Paused, 4.0), (Error, 6.0), (Stopped, 5.0)]);
}

#[spanwright::test]
async fn while_it_catches_up_the_gauge_says_two(telemetry: Captured) {
    let system = Arc::new(System::new("CatchingUp", 1).await);
    let seen = Arc::new(Mutex::new(None));
    let (its, within) = (Arc::downgrade(&system), Arc::clone(&seen));
    let subscriber = handler("CatchingUp", move |_| {
        let (its, within) = (its.clone(), Arc::clone(&within));
        async move {
            let system = its.upgrade().expect("it is there");
            *within.lock().expect("nobody panics") = Some(system.state(&telemetry));
            Ok(())
        }
    });
    let subscription =
        system.manager.subscribe(subscriber, SubscriptionConfig::default()).await.expect("the name is free");
    system.manager.start().await.expect("it starts");
    assert_eq!(*seen.lock().expect("nobody panics"), Some(f64::from(SubscriptionState::CatchingUp.value())));
    assert_eq!(subscription.state(), SubscriptionState::Live);
}

#[spanwright::test]
async fn numbers_are_counted_and_can_be_asked_for(telemetry: Captured) {
    let system = System::new("OrderProjection", 3).await;
    // Handling takes a while, as time is counted.
    let (handles, so_long) = (system.subscriber(), Duration::from_millis(5));
    let slow = handler("OrderProjection", move |event| {
        let handles = Arc::clone(&handles);
        async move {
            tokio::time::sleep(so_long).await;
            handles.handle(&event).await
        }
    });
    system.manager.subscribe(slow, SubscriptionConfig::default()).await.expect("the name is free");
    system.manager.start().await.expect("it starts");
    let event = order_shipped("failing", 1);
    let stored =
        system.store.append_events("failing", "Order", vec![event], 0).await.expect("it is a new one");
    system.bus.publish(&stored).await.expect("there is no broker to fail");
    let snapshot = get_metrics("OrderProjection").get_snapshot();
    let numbers = (snapshot.events_processed, snapshot.events_failed, snapshot.current_lag);
    assert_eq!((numbers, snapshot.current_state), ((3, 1, 0), SubscriptionState::Live));
    let labels = [("eventsource_subscription_name", "OrderProjection")];
    telemetry.metric("subscription_events_processed_total", &labels).is(3.0);
    telemetry.metric("subscription_events_failed_total", &labels).is(1.0);
    let duration = telemetry.metric("subscription_processing_duration_milliseconds", &labels);
    assert_eq!(duration.count(), Some(4));
    let Value::Histogram(duration) = duration.value() else { panic!("{:?}", duration.value()) };
    assert!(duration.sum >= 4.0 * 5.0, "{} are no milliseconds", duration.sum);
    // What comes while it waits is its lag, once it knows of it.
    system.manager.pause("OrderProjection").await.expect("it is there");
    system.publish().await;
    system.publish().await;
    assert_eq!(get_metrics("OrderProjection").get_snapshot().current_lag, 2);
    telemetry.metric("subscription_lag", &labels).is(2.0);
    system.manager.resume("OrderProjection").await.expect("it is there");
    assert_eq!(get_metrics("OrderProjection").get_snapshot().current_lag, 0);
    telemetry.metric("subscription_lag", &labels).is(0.0);
}

#[spanwright::test]
async fn without_tracing_there_are_numbers_and_no_spans(telemetry: Captured) {
    let mut system = System::new("Untraced", 2).await;
    let (store, bus, checkpoints) = (system.store.clone(), system.bus.clone(), system.checkpoints.clone());
    system.manager = SubscriptionManager::new(store, bus, checkpoints).enable_tracing(false);
    system.subscribe(SubscriptionConfig::default()).await;
    system.manager.start().await.expect("it starts");
    system.publish().await;
    system.manager.pause("Untraced").await.expect("it is there");
    system.manager.resume("Untraced").await.expect("it is there");
    system.manager.stop().await;
    assert_eq!((system.handled(), telemetry.tree()), (vec![1, 2, 3], String::new()));
    let labels = [("eventsource_subscription_name", "Untraced")];
    telemetry.metric("subscription_events_processed_total", &labels).is(3.0);
    let duration = telemetry.metric("subscription_processing_duration_milliseconds", &labels);
    assert_eq!(duration.count(), Some(3));
}

#[spanwright::test]
async fn one_that_fails_at_its_start_has_not_started(telemetry: Captured) {
    let system = System::new("Fails", 0).await;
    let event = order_shipped("failing", 1);
    system.store.append_events("failing", "Order", vec![event], 0).await.expect("it is a new one");
    let config = SubscriptionConfig { continue_on_error: false, ..SubscriptionConfig::default() };
    system.subscribe(config).await;
    system.manager.start().await.expect_err("it can't be handled");
    telemetry.event("Subscription failed").is_at(Level::ERROR);
    assert!(telemetry.events().iter().all(|event| event.message != "Subscription started"));
    let start = telemetry.span("eventsource.subscription_manager.start_subscription");
    start.failed().has("eventsource.subscription.state", "error").has("eventsource.position", 0);
}

#[spanwright::test]
async fn a_subscription_goes_on_where_it_was(_telemetry: Captured) {
    let system = System::new("GoesOn", 2).await;
    system.subscribe(SubscriptionConfig::default()).await;
    system.manager.start().await.expect("it starts");
    system.manager.stop().await;
    system.publish().await;
    // Another process, say, with the same checkpoints.
    let (store, bus, checkpoints) = (system.store.clone(), system.bus.clone(), system.checkpoints.clone());
    let again = SubscriptionManager::new(store, bus, checkpoints);
    again.subscribe(system.subscriber(), SubscriptionConfig::default()).await.expect("the name is free");
    again.start().await.expect("it starts");
    assert_eq!(system.handled(), [1, 2, 3]);
    let taken =
        again.subscribe(system.subscriber(), SubscriptionConfig::default()).await.expect_err("it is taken");
    assert_eq!(taken.to_string(), "the subscription `GoesOn` is there already");
    let unknown = again.start_subscription("Nobody").await.expect_err("it is not there");
    assert!(matches!(&unknown, EventSourceError::Subscription { name, .. } if name == "Nobody"), "{unknown}");
}

#[spanwright::test]
async fn what_the_bus_loses_repeats_or_turns_around_comes_once_and_in_order(_telemetry: Captured) {
    let system = System::new("InOrder", 1).await;
    system.subscribe(SubscriptionConfig::default()).await;
    system.manager.start().await.expect("it starts");
    let mut events = Vec::new();
    for _ in 0..4 {
        events.push(system.append().await);
    }
    let [second, third, fourth, _lost] = &events[..] else { panic!("{events:?}") };
    for event in [fourth, second, third, fourth] {
        system.bus.publish(std::slice::from_ref(event)).await.expect("there is no broker to fail");
    }
    assert_eq!(system.handled(), [1, 2, 3, 4]);
    system.publish().await;
    assert_eq!(system.handled(), [1, 2, 3, 4, 5, 6], "the one that was lost comes first");
}
