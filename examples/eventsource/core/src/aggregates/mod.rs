//! Aggregates: what their events have made of them.

mod repository;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Event, EventSourceError, Payload};

pub use repository::AggregateRepository;

/// What an aggregate is, and what events make of it.
pub trait State: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// An event has happened. One that is not known changes nothing.
    ///
    /// # Errors
    /// Where it does not say what events of its type do.
    fn apply(&mut self, event: &Event) -> Result<(), EventSourceError>;
}

/// An aggregate at some version, with what has happened since it was loaded.
#[derive(Clone, Debug)]
pub struct Aggregate<S> {
    id: String,
    aggregate_type: String,
    version: u64,
    state: S,
    uncommitted: Vec<Event>,
    tenant_id: Option<String>,
    actor_id: Option<String>,
}

impl<S: State> Aggregate<S> {
    pub(crate) fn new(aggregate_type: &str, id: &str, version: u64, state: S) -> Self {
        let (id, aggregate_type) = (id.to_owned(), aggregate_type.to_owned());
        Self { id, aggregate_type, version, state, uncommitted: Vec::new(), tenant_id: None, actor_id: None }
    }

    /// What happens from here on, does for that tenant.
    #[must_use]
    pub fn for_tenant(mut self, tenant_id: impl Into<String>) -> Self {
        self.tenant_id = Some(tenant_id.into());
        self
    }

    /// What happens from here on, is done by that one.
    #[must_use]
    pub fn by(mut self, actor_id: impl Into<String>) -> Self {
        self.actor_id = Some(actor_id.into());
        self
    }

    /// Something happens. It is stored once the aggregate is saved.
    ///
    /// # Errors
    /// Where the state can't take it.
    pub fn raise<P: Payload>(&mut self, payload: &P) -> Result<(), EventSourceError> {
        let mut event = Event::new(&self.aggregate_type, &self.id, self.version + 1, payload)?;
        event.tenant_id.clone_from(&self.tenant_id);
        event.actor_id.clone_from(&self.actor_id);
        self.replay(&event)?;
        self.uncommitted.push(event);
        Ok(())
    }

    /// What has happened.
    pub(crate) fn replay(&mut self, event: &Event) -> Result<(), EventSourceError> {
        self.state.apply(event)?;
        self.version = event.version;
        Ok(())
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its version, with what is not stored yet.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// What it is.
    #[must_use]
    pub const fn state(&self) -> &S {
        &self.state
    }

    /// What is not stored yet.
    #[must_use]
    pub fn uncommitted(&self) -> &[Event] {
        &self.uncommitted
    }

    /// The version that is stored.
    pub(crate) fn stored_version(&self) -> u64 {
        self.version - self.uncommitted.len() as u64
    }

    pub(crate) fn committed(&mut self) {
        self.uncommitted.clear();
    }
}
