//! What has happened.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::EventSourceError;
use crate::observability::attributes::{
    ActorAttributes, AggregateAttributes, EventAttributes, EventIdentity,
};

/// An event, as it is stored and published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its own id, a UUID.
    pub event_id: String,
    /// What has happened: `OrderCreated`.
    pub event_type: String,
    /// Whose event it is, a UUID.
    pub aggregate_id: String,
    /// What that is: `Order`.
    pub aggregate_type: String,
    /// The aggregate's version after it, from 1.
    pub version: u64,
    /// Where it is among all events of its store, from 1; set by the store.
    #[serde(default)]
    pub position: Option<u64>,
    /// When, in milliseconds since 1970.
    pub occurred_at: u64,
    /// For whom.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// By whom.
    #[serde(default)]
    pub actor_id: Option<String>,
    /// What the [`Payload`] says.
    pub data: Value,
}

/// What an event of one type says.
pub trait Payload: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of the type: `OrderCreated`.
    const EVENT_TYPE: &'static str;
}

impl Event {
    /// An event of an aggregate which is at this version with it.
    ///
    /// # Errors
    /// Where the payload is nothing that JSON can say, as a map whose keys are no text.
    pub fn new<P: Payload>(
        aggregate_type: &str,
        aggregate_id: &str,
        version: u64,
        payload: &P,
    ) -> Result<Self, EventSourceError> {
        let data = serde_json::to_value(payload)
            .map_err(|source| EventSourceError::serialization(P::EVENT_TYPE, source))?;
        Ok(Self {
            event_id: new_id(),
            event_type: P::EVENT_TYPE.to_owned(),
            aggregate_id: aggregate_id.to_owned(),
            aggregate_type: aggregate_type.to_owned(),
            version,
            position: None,
            occurred_at: now_millis(),
            tenant_id: None,
            actor_id: None,
            data,
        })
    }

    /// What it says, if it is of that type.
    ///
    /// # Errors
    /// Where it is of that type, but says something else.
    pub fn payload<P: Payload>(&self) -> Result<Option<P>, EventSourceError> {
        if self.event_type != P::EVENT_TYPE {
            return Ok(None);
        }
        let payload = P::deserialize(&self.data)
            .map_err(|source| EventSourceError::serialization(self.describe(), source))?;
        Ok(Some(payload))
    }

    /// What spans say of it.
    #[must_use]
    pub fn identity(&self) -> EventIdentity<'_> {
        EventIdentity {
            aggregate: AggregateAttributes {
                aggregate_id: Some(&self.aggregate_id),
                aggregate_type: Some(&self.aggregate_type),
            },
            event: EventAttributes {
                event_id: Some(&self.event_id),
                event_type: Some(&self.event_type),
                event_count: None,
            },
            actor: self.actor(),
        }
    }

    /// For whom and by whom, for a span.
    #[must_use]
    pub fn actor(&self) -> ActorAttributes<'_> {
        ActorAttributes { tenant_id: self.tenant_id.as_deref(), actor_id: self.actor_id.as_deref() }
    }

    /// Which one it is, for an error's text.
    fn describe(&self) -> String {
        format!("{} {}", self.event_type, self.event_id)
    }
}

/// A new UUID.
#[must_use]
pub fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// Milliseconds since 1970.
#[must_use]
pub fn now_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
