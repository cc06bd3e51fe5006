//! What can go wrong.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt;

use serde_json::error::Category;
use spanwright::ErrorType;

use crate::Event;

/// Any error, of a database's or a broker's client.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why an operation failed. No text has any of the events' data, nor credentials.
#[derive(Debug, thiserror::Error, ErrorType)]
#[error_type(rename_all = "PascalCase")]
pub enum EventSourceError {
    /// Somebody else has appended meanwhile.
    #[error("{aggregate_type} {aggregate_id} is at version {actual}, and not at {expected}")]
    #[error_type(rename = "OptimisticLockError")]
    OptimisticLock {
        /// The aggregate's type.
        aggregate_type: String,
        /// The aggregate.
        aggregate_id: String,
        /// The version that it was expected to have.
        expected: u64,
        /// The version that it has.
        actual: u64,
    },
    /// There is no such aggregate.
    #[error("there is no {aggregate_type} {aggregate_id}")]
    #[error_type(rename = "AggregateNotFoundError", expected)]
    AggregateNotFound {
        /// The aggregate's type.
        aggregate_type: String,
        /// The aggregate.
        aggregate_id: String,
    },
    /// What is stored or sent is not what it should be.
    #[error("{what} can't be read or written as JSON: {fault}")]
    #[error_type(rename = "SerializationError")]
    Serialization {
        /// What.
        what: String,
        /// Why.
        fault: String,
    },
    /// A database failed.
    #[error("{system}: {source}")]
    #[error_type(rename = "DatabaseError")]
    Database {
        /// Which: `sqlite`.
        system: &'static str,
        /// How.
        #[source]
        source: BoxError,
    },
    /// A broker failed.
    #[error("{system}: {source}")]
    #[error_type(rename = "EventBusError")]
    EventBus {
        /// Which: `rabbitmq`.
        system: &'static str,
        /// How.
        #[source]
        source: BoxError,
    },
    /// Handlers of an event failed.
    #[error("{event_type} {event_id}: {}", failures(.failed))]
    #[error_type(rename = "HandlerError")]
    Handlers {
        /// The event's type.
        event_type: String,
        /// The event.
        event_id: String,
        /// Which handlers, and how.
        failed: Vec<(String, HandlerError)>,
    },
    /// A subscription's name is taken, or nobody's.
    #[error("the subscription `{name}` {problem}")]
    #[error_type(rename = "SubscriptionError")]
    Subscription {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A component can't be made as its configuration says.
    #[error("{0}")]
    #[error_type(rename = "ConfigurationError")]
    Configuration(String),
}

impl EventSourceError {
    /// A database's client says why it failed.
    pub fn database(system: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Database { system, source: source.into() }
    }

    /// A broker's client says why it failed.
    pub fn event_bus(system: &'static str, source: impl Into<BoxError>) -> Self {
        Self::EventBus { system, source: source.into() }
    }

    /// For a log line's exception.
    pub fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }

    /// What has become of an event that went to several handlers, of which these have failed.
    ///
    /// # Errors
    /// Where there are any.
    pub(crate) fn of_handlers(event: &Event, failed: Vec<(String, HandlerError)>) -> Result<(), Self> {
        if failed.is_empty() {
            return Ok(());
        }
        let (event_type, event_id) = (event.event_type.clone(), event.event_id.clone());
        Err(Self::Handlers { event_type, event_id, failed })
    }

    /// What is no JSON of ours.
    pub fn serialization(what: impl Into<String>, error: serde_json::Error) -> Self {
        Self::Serialization { what: what.into(), fault: fault(&error) }
    }
}

impl From<rusqlite::Error> for EventSourceError {
    fn from(error: rusqlite::Error) -> Self {
        Self::database("sqlite", error)
    }
}

/// Why a handler of events failed: any error, with the name of its type. As `anyhow`'s it is no [`Error`] itself, so that `?`
/// makes one of all that are.
#[derive(Debug)]
pub struct HandlerError {
    error_type: &'static str,
    source: BoxError,
}

impl HandlerError {
    /// A failure that has no type of its own.
    pub fn new(error_type: &'static str, message: impl Into<String>) -> Self {
        Self { error_type, source: message.into().into() }
    }

    /// The error itself: for a log line's exception.
    pub fn as_error(&self) -> &(dyn Error + 'static) {
        &*self.source
    }
}

impl ErrorType for HandlerError {
    fn error_type(&self) -> &'static str {
        self.error_type
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        let ours = (&error as &dyn Any).downcast_ref().map(EventSourceError::error_type);
        Self { error_type: ours.unwrap_or_else(class_name::<E>), source: error.into() }
    }
}

/// As a class is called: without its module. What stands in `<…>` has modules too, and stays out of it.
fn class_name<E>() -> &'static str {
    let full = type_name::<E>();
    let bare = full.split('<').next().unwrap_or(full);
    bare.rsplit("::").next().unwrap_or(bare)
}

/// What is wrong with some JSON. What `serde` says of data of another type quotes them, and so only the rest of that is kept.
fn fault(error: &serde_json::Error) -> String {
    let said = error.to_string();
    if error.classify() != Category::Data || said.starts_with("missing field ") {
        return said;
    }
    let expected = said.rsplit_once(", expected ").map(|(_, expected)| format!("it is not {expected}"));
    expected.unwrap_or_else(|| "it is not as its type says".to_owned())
}

fn failures(failed: &[(String, HandlerError)]) -> String {
    let each: Vec<_> = failed.iter().map(|(handler, error)| format!("`{handler}`: {error}")).collect();
    each.join("; ")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Card {
        #[serde(rename = "number")]
        _number: u64,
        #[serde(rename = "kind")]
        _kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Debit,
    }

    #[test]
    fn what_cannot_be_read_is_told_without_what_is_in_it() {
        for (card, says) in [
            (r#"{"number":"secret, expected"}"#, "it is not u64 at line 1 column 28"),
            (r#"{"number":1,"kind":"secret"}"#, "it is not `Debit` at line 1 column 27"),
            (r#"{"secret":1}"#, "it is not `number` or `kind` at line 1 column 9"),
            (r#"{"kind":"Debit"}"#, "missing field `number` at line 1 column 16"),
            (r#"{"number":secret}"#, "expected value at line 1 column 11"),
        ] {
            let error = serde_json::from_str::<Card>(card).expect_err("it is not right");
            let error = EventSourceError::serialization("a card", error);
            assert_eq!(error.to_string(), format!("a card can't be read or written as JSON: {says}"));
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
}
