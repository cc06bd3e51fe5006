//! Baggage: what a request takes along from service to service.

use std::sync::Arc;

use spanwright_core::carried::{self, Carried, Member};
use spanwright_core::context::{Context, ContextGuard};
use spanwright_core::slots::value::Value;

use super::{add_member, baggage_header};
use crate::attribute::{Attribute, AttributeType, Redaction};
use crate::record::RecordAs;

/// Keys and values that go with a trace, through spans, tasks and other services. It never changes; what changes it makes
/// another.
///
/// Bounds are the W3C's: 64 members, 8,192 bytes as a header. Think of who is called: all of it can be read there.
///
/// ```
/// use spanwright::Attribute;
/// use spanwright::propagation::Baggage;
///
/// const ATTR_TENANT_ID: Attribute<str> = Attribute::new("shop.tenant.id");
/// const ATTR_ATTEMPT: Attribute<i64> = Attribute::new("shop.attempt");
///
/// # fn main() -> Result<(), spanwright::propagation::BaggageError> {
/// let baggage = Baggage::current().with(ATTR_TENANT_ID, "tenant-123")?.with(ATTR_ATTEMPT, 2_u8)?;
/// let _attached = baggage.attach();
/// assert_eq!(Baggage::current().get(ATTR_TENANT_ID).as_deref(), Some("tenant-123"));
/// assert_eq!(Baggage::current().get(ATTR_ATTEMPT), Some(2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baggage {
    members: Arc<[Member]>,
}

/// Why a member is not added to baggage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaggageError {
    /// A key is a token: letters, digits and some signs, and not empty.
    #[error("a key of baggage is a token, which `{0}` is not")]
    Key(String),
    /// There would be more than 64 members, or more than 8,192 bytes.
    #[error("baggage has no room for `{0}`")]
    Full(String),
}

/// A type of attributes whose values can be read from baggage. It is sealed: `str`, `bool`, `i64` and `f64`.
pub trait BaggageValue: AttributeType {
    /// The value.
    type Owned;

    #[doc(hidden)]
    fn read(text: &str) -> Option<Self::Owned>;
}

macro_rules! baggage_value {
    ($($type:ty => $owned:ty,)*) => {$(
        impl BaggageValue for $type {
            type Owned = $owned;

            fn read(text: &str) -> Option<$owned> {
                text.parse().ok()
            }
        }
    )*};
}

baggage_value! {
    str => String,
    bool => bool,
    i64 => i64,
    f64 => f64,
}

impl Baggage {
    /// That of the current context.
    #[must_use]
    pub fn current() -> Self {
        Self::of(super::current())
    }

    /// That of a context.
    #[must_use]
    pub fn of(context: Context) -> Self {
        carried::find(context.baggage)
            .map(|carried| Self { members: Arc::clone(&carried.baggage) })
            .unwrap_or_default()
    }

    /// The value of an attribute; nothing where there is none, or what is there is none of its type's.
    #[must_use]
    pub fn get<T: BaggageValue + ?Sized>(&self, attribute: Attribute<T>) -> Option<T::Owned> {
        T::read(self.get_text(attribute.key())?)
    }

    /// The value of a key.
    #[must_use]
    pub fn get_text(&self, key: &str) -> Option<&str> {
        self.iter().find(|(its, _)| *its == key).map(|(_, value)| value)
    }

    /// With the value of an attribute, in place of an earlier one: of a redacted one, what is recorded of it, and nothing of one
    /// that is dropped. "No value" changes nothing.
    ///
    /// # Errors
    /// [`BaggageError::Full`].
    pub fn with<T, V>(self, attribute: Attribute<T>, value: V) -> Result<Self, BaggageError>
    where
        T: AttributeType + ?Sized,
        V: RecordAs<T>,
    {
        let mut text = None;
        value.record_typed(&mut |value| text = text_of(value));
        let Some(text) = text else { return Ok(self) };
        match redacted(attribute.redaction(), text) {
            Some(text) => self.with_text(attribute.key(), &text),
            None => Ok(self),
        }
    }

    /// With the value of a key, in place of an earlier one.
    ///
    /// # Errors
    /// [`BaggageError::Key`] and [`BaggageError::Full`].
    pub fn with_text(self, key: &str, value: &str) -> Result<Self, BaggageError> {
        if !baggage_header::is_token(key) {
            return Err(BaggageError::Key(key.to_owned()));
        }
        let mut members = self.members.to_vec();
        if !add_member(&mut members, Member { key: key.into(), value: value.into(), properties: "".into() }) {
            return Err(BaggageError::Full(key.to_owned()));
        }
        Ok(Self { members: members.into() })
    }

    /// Without a key.
    #[must_use]
    pub fn without(self, key: &str) -> Self {
        Self { members: self.members.iter().filter(|member| &*member.key != key).cloned().collect() }
    }

    /// Keys and values, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.members.iter().map(|member| (&*member.key, &*member.value))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The current context's span, with this baggage, until the guard is dropped. Where the table of baggage is full, it has none.
    #[must_use = "the baggage is current until this guard is dropped"]
    pub fn attach(&self) -> ContextGuard {
        // The span stays the thread's own; what goes with the trace may be the `opentelemetry` API's.
        let current = Context::current();
        let (trace_id, trace_state) = carried::find(super::current().baggage)
            .map(|carried| (carried.trace_id, Arc::clone(&carried.trace_state)))
            .unwrap_or_default();
        let carried = Carried { trace_id, trace_state, baggage: Arc::clone(&self.members) };
        Context { baggage: super::keep(carried), ..current }.attach()
    }
}

fn text_of(value: Value<'_>) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::I64(value) => Some(value.to_string()),
        Value::U64(value) => Some(value.to_string()),
        Value::F64(value) => Some(value.to_string()),
        Value::Str(value) => Some(value.to_owned()),
        Value::Link(..) => None,
    }
}

fn redacted(redaction: Redaction, text: String) -> Option<String> {
    match redaction {
        Redaction::Shown => Some(text),
        redaction => crate::attribute::redacted(redaction, &text).map(Into::into),
    }
}
