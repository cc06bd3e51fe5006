//! What the tests of all buses have in common: who takes events, and what their traces are.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eventsource::bus::{EventBus, EventHandler, handler};
use eventsource::{Event, HandlerError};
use spanwright::testing::{Captured, CapturedSpan};
use tokio::time::sleep;

use crate::guide::named;

/// How long anything may take that a test waits for. Servers are slow where machines are shared.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until it is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited for {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Which events a handler got.
#[derive(Clone, Default)]
pub(crate) struct Taken(Arc<Mutex<Vec<Event>>>);

impl Taken {
    pub(crate) fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One more.
    pub(crate) fn add(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// How often that event came.
    pub(crate) fn times(&self, event: &Event) -> usize {
        self.all().iter().filter(|taken| taken.event_id == event.event_id).count()
    }

    /// A handler that keeps what it gets, and then says what the function does.
    pub(crate) fn by(
        &self,
        name: &str,
        and: impl Fn(&Event) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Arc<dyn EventHandler> {
        let (taken, and) = (self.clone(), Arc::new(and));
        handler(name, move |event| {
            let (taken, and) = (taken.clone(), Arc::clone(&and));
            async move {
                let done = and(&event);
                taken.add(event);
                done
            }
        })
    }
}

/// What both handlers of the guide's example get.
pub(crate) fn subscribe(bus: &dyn EventBus) -> Taken {
    let taken = Taken::default();
    bus.subscribe("OrderCreated", taken.by("OrderProjection", |_| Ok(())));
    bus.subscribe("OrderCreated", handler("NotificationService", |_| async { Ok(()) }));
    taken
}

/// What refuses each event that has left.
pub(crate) fn refuse_shipped(bus: &dyn EventBus) -> Taken {
    let taken = Taken::default();
    let refuse = taken.by("NotificationService", |event| match &*event.event_type {
        "OrderShipped" => Err(HandlerError::new("MailboxFull", "the mailbox is full")),
        _ => Ok(()),
    });
    bus.subscribe_to_all(refuse);
    taken
}

/// Consumes until that is done, and ends the bus in good order.
pub(crate) async fn consuming(bus: &dyn EventBus, until_done: impl Future<Output = ()>) {
    let (consumed, ()) = tokio::join!(bus.start_consuming(), async {
        until_done.await;
        bus.shutdown().await.expect("the server is there");
    });
    consumed.expect("the server is there");
}

/// Asserts that the guide's trace across services has come out, with these names, and its attributes.
pub(crate) fn is_the_trace_of(
    telemetry: &Captured,
    event: &Event,
    system: &'static str,
    [publish, take]: [&str; 2],
) {
    let tree = format!(
        "{publish}\n  {take}\n    eventsource.event_bus.dispatch\n      eventsource.event_bus.handle\n      \
         eventsource.event_bus.handle\n"
    );
    assert_eq!(telemetry.tree(), tree);
    messaging(telemetry, event, system, [publish, take]);
    let dispatch = telemetry.span("eventsource.event_bus.dispatch");
    is_of(dispatch.has("eventsource.handler.count", 2), event);
    let handled = named(telemetry, "eventsource.event_bus.handle");
    for (span, name) in handled.iter().zip(["OrderProjection", "NotificationService"]) {
        is_of(span.has("eventsource.handler.name", name).has("eventsource.handler.success", true), event);
    }
}

/// The attributes of the two spans that have to do with the broker.
pub(crate) fn messaging(
    telemetry: &Captured,
    event: &Event,
    system: &'static str,
    [publish, take]: [&str; 2],
) {
    for (name, operation, kind) in [(publish, "publish", "producer"), (take, "receive", "consumer")] {
        let span = telemetry.span(name);
        is_of(span.has("messaging.system", system).has("messaging.operation", operation), event);
        span.has("messaging.destination", "events");
        span.has("eventsource.tenant.id", "tenant-123").has("eventsource.actor.id", "user@example.com");
        assert_eq!(span.kind.as_str(), kind);
    }
}

/// Asserts that a span is about this event.
pub(crate) fn is_of(span: &CapturedSpan, event: &Event) {
    span.has("eventsource.event.id", event.event_id.clone());
    span.has("eventsource.event.type", event.event_type.clone());
    span.has("eventsource.aggregate.id", event.aggregate_id.clone());
    span.has("eventsource.aggregate.type", event.aggregate_type.clone());
}

/// Asserts that a refused event came so often, each time with another number of retries, within the publisher's span.
pub(crate) fn came_again(telemetry: &Captured, take: &str, publish: &str, event: &Event, retries: i64) {
    let came = named(telemetry, take);
    let of_event = came
        .iter()
        .filter(|span| span.attribute("eventsource.event.id") == Some(&event.event_id.clone().into()));
    let of_event: Vec<_> = of_event.collect();
    assert_eq!(of_event.len() as i64, retries + 1);
    for (span, retry) in of_event.into_iter().zip(0..) {
        span.failed().has("eventsource.retry.count", retry as i64).is_in(publish);
    }
}
