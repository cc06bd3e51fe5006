//! Events: what is logged, and what happens within spans.

use spanwright_core::cells::StoreId;

use super::arena::{Arena, Attributes, Range, Text};
use super::{Level, SpanId, TraceId};

/// An event, of a size that is always the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventHead {
    /// The store that was current: a test's, perhaps.
    pub(crate) store: StoreId,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) flags: u8,
    pub(crate) at_unix_nanos: u64,
    pub(crate) level: Level,
    pub(crate) target: Text,
    pub(crate) name: Text,
    pub(crate) message: Text,
    pub(crate) attributes: Range,
    pub(crate) dropped_attributes: u32,
}

/// Events, with all that belongs to them.
#[derive(Clone, Debug, Default)]
pub struct EventBatch {
    pub(crate) heads: Vec<EventHead>,
    pub(crate) arena: Arena,
}

impl EventBatch {
    /// Forgets all; the memory is kept.
    #[cfg(feature = "recorder")]
    pub(crate) fn clear(&mut self) {
        self.heads.clear();
        self.arena.clear();
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// The events, in the order in which they were read.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = EventRef<'_>> {
        self.heads.iter().map(|head| EventRef { arena: &self.arena, head })
    }
}

/// An event: a `tracing` event, or the exception of an annotated function.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    pub(super) arena: &'a Arena,
    pub(super) head: &'a EventHead,
}

impl<'a> EventRef<'a> {
    /// The store that was current where it happened.
    pub(crate) fn store(&self) -> StoreId {
        self.head.store
    }

    /// The trace it happened in, or [`TraceId::NONE`].
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.head.trace_id
    }

    /// The span it happened in, or [`SpanId::NONE`].
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.head.span_id
    }

    /// W3C's trace flags of the trace: see [`flags`](super::flags).
    #[must_use]
    pub fn trace_flags(&self) -> u8 {
        self.head.flags
    }

    /// When, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn unix_nanos(&self) -> u64 {
        self.head.at_unix_nanos
    }

    /// Its level.
    #[must_use]
    pub fn level(&self) -> Level {
        self.head.level
    }

    /// What its callsite's filter matches: the instrumentation scope.
    #[must_use]
    pub fn target(&self) -> &'a str {
        self.arena.resolve(self.head.target)
    }

    /// Its name within a span: `exception`, or its message, or for one without a message its callsite.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.arena.resolve(self.head.name)
    }

    /// What it says; can be empty.
    #[must_use]
    pub fn message(&self) -> &'a str {
        self.arena.resolve(self.head.message)
    }

    /// Its other fields, and where it stands in the code.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        self.arena.attributes(self.head.attributes)
    }

    /// Attributes that did not fit.
    #[must_use]
    pub fn dropped_attributes(&self) -> u32 {
        self.head.dropped_attributes
    }
}
