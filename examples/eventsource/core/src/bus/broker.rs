//! What buses over brokers have in common: how they find their broker again, end, and read events.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::observability::attributes::{EventAttributes, EventIdentity};
use crate::{Event, EventSourceError};

/// How long a broker has to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Breaks between attempts to reach a broker: 100 ms first, then twice as long each time, up to five seconds.
pub(super) struct Breaks(Duration);

impl Breaks {
    pub(super) const fn new() -> Self {
        Self(Duration::from_millis(100))
    }

    pub(super) fn next(&mut self) -> Duration {
        let this = self.0;
        self.0 = (this * 2).min(Duration::from_secs(5));
        this
    }
}

/// How long to wait before what has failed so often is tried again: twice as long each time.
pub(super) fn retry_delay(first: Duration, retries: u32) -> Duration {
    first * (1 << retries.min(10))
}

/// Whether a bus is to end, and who still consumes.
#[derive(Debug)]
pub(super) struct Running {
    is_ending: watch::Sender<bool>,
    consumers: watch::Sender<usize>,
}

/// One who consumes, until this is dropped.
pub(super) struct Consuming<'r>(&'r Running);

impl Running {
    pub(super) fn new() -> Self {
        Self { is_ending: watch::Sender::new(false), consumers: watch::Sender::new(0) }
    }

    pub(super) fn consume(&self) -> Consuming<'_> {
        self.consumers.send_modify(|consumers| *consumers += 1);
        Consuming(self)
    }

    pub(super) fn is_ending(&self) -> bool {
        *self.is_ending.borrow()
    }

    /// Until the bus is to end.
    pub(super) async fn ending(&self) {
        // The sender is ours, so that it is there as long as we are.
        let _ = self.is_ending.subscribe().wait_for(|is_ending| *is_ending).await;
    }

    /// Waits so long, or until the bus is to end. Whether it goes on.
    pub(super) async fn pause(&self, so_long: Duration) -> bool {
        timeout(so_long, self.ending()).await.is_err()
    }

    /// Ends it, and waits until nobody consumes.
    pub(super) async fn end(&self) {
        self.is_ending.send_replace(true);
        // As above.
        let _ = self.consumers.subscribe().wait_for(|consumers| *consumers == 0).await;
    }
}

impl Drop for Consuming<'_> {
    fn drop(&mut self) {
        self.0.consumers.send_modify(|consumers| *consumers -= 1);
    }
}

/// Who consumes over a connection which may be lost.
#[async_trait]
pub(super) trait Consumer {
    type Connection: Send;

    fn running(&self) -> &Running;

    /// A connection over which messages come.
    async fn connect(&self) -> Result<Self::Connection, EventSourceError>;

    /// Takes messages until the bus is to end.
    ///
    /// # Errors
    /// Where the connection is lost.
    async fn consume_over(&self, connection: Self::Connection) -> Result<(), EventSourceError>;

    /// Says that the broker does not answer, and when it is asked again.
    fn tell_lost(&self, error: &EventSourceError, pause: Duration);

    /// Consumes until the bus is to end. What can't be reached at first is an error; a connection that is lost later is made
    /// again, as often as it takes.
    async fn keep_consuming(&self) -> Result<(), EventSourceError> {
        let _consuming = self.running().consume();
        let mut connection = self.connect().await?;
        loop {
            let Err(mut error) = self.consume_over(connection).await else { return Ok(()) };
            let mut breaks = Breaks::new();
            connection = loop {
                let pause = breaks.next();
                self.tell_lost(&error, pause);
                if !self.running().pause(pause).await {
                    return Ok(());
                }
                match self.connect().await {
                    Ok(connection) => break connection,
                    Err(again) => error = again,
                }
            };
        }
    }
}

/// Repeats what a broker refuses for the moment, up to so many times. With it comes how often it was repeated.
pub(super) async fn repeat<T, Fut>(
    retries: u32,
    mut attempt: impl FnMut() -> Fut,
) -> (Result<T, EventSourceError>, u32)
where
    Fut: Future<Output = Result<T, EventSourceError>>,
{
    let mut breaks = Breaks::new();
    for retry in 0..retries {
        match attempt().await {
            Ok(done) => return (Ok(done), retry),
            Err(_) => sleep(breaks.next()).await,
        }
    }
    (attempt().await, retries)
}

/// What came, with what is known of it even where it is no event.
pub(super) struct Arrived {
    pub(super) event_type: String,
    pub(super) event: Result<Event, EventSourceError>,
    /// How often it came before.
    pub(super) retries: u32,
}

impl Arrived {
    /// Its type is what the message's own field says, if there is one.
    pub(super) fn new(said: Option<String>, event: Result<Event, EventSourceError>, retries: u32) -> Self {
        let event_type = said.or_else(|| event.as_ref().ok().map(|event| event.event_type.clone()));
        Self { event_type: event_type.unwrap_or_else(|| "unknown".to_owned()), event, retries }
    }

    /// What spans say of it.
    pub(super) fn identity(&self) -> EventIdentity<'_> {
        let identity = self.event.as_ref().map(Event::identity).unwrap_or_default();
        EventIdentity {
            event: EventAttributes { event_type: Some(&self.event_type), ..identity.event },
            ..identity
        }
    }
}

/// An event as it came.
pub(super) fn read(message: &[u8]) -> Result<Event, EventSourceError> {
    serde_json::from_slice(message).map_err(|source| EventSourceError::serialization("a message", source))
}

/// An event as it goes.
pub(super) fn write(event: &Event) -> Result<String, EventSourceError> {
    serde_json::to_string(event).map_err(|source| EventSourceError::serialization(&event.event_type, source))
}

/// Whether it makes no sense to hand a message to the handlers again.
pub(super) fn is_poison(error: &EventSourceError) -> bool {
    matches!(error, EventSourceError::Serialization { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_end_waits_for_who_consumes() {
        let running = std::sync::Arc::new(Running::new());
        let consuming = running.consume();
        let its = std::sync::Arc::clone(&running);
        let end = tokio::spawn(async move { its.end().await });
        running.ending().await;
        assert!(!running.pause(Duration::from_secs(3600)).await);
        assert!(!end.is_finished());
        drop(consuming);
        end.await.unwrap();
    }
}
