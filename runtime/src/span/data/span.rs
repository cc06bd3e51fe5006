//! Finished spans.

use super::arena::{Arena, Attributes, Range, Text};
use super::event::{EventHead, EventRef};
use super::{Outcome, SpanId, SpanKind, TraceId};

/// W3C's trace flags.
pub mod flags {
    /// The trace is sampled.
    pub const SAMPLED: u8 = 1;
    /// The trace id's last 7 bytes are random (Trace Context, level 2).
    pub const RANDOM: u8 = 2;
}

/// How a span went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status<'a> {
    /// Nobody says that it went wrong.
    Unset,
    /// Somebody says that it went well.
    Ok,
    /// It went wrong, and what is said of it; can be empty.
    Error(&'a str),
}

/// Another span that this one has to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other's trace.
    pub trace_id: TraceId,
    /// The other.
    pub span_id: SpanId,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum StatusHead {
    Unset,
    Ok,
    Error(Text),
}

/// A span, of a size that is always the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanHead {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent: SpanId,
    pub(crate) parent_is_remote: bool,
    pub(crate) flags: u8,
    pub(crate) kind: SpanKind,
    pub(crate) outcome: Outcome,
    pub(crate) status: StatusHead,
    pub(crate) trace_state: Text,
    pub(crate) name: Text,
    pub(crate) target: Text,
    pub(crate) start_unix_nanos: u64,
    pub(crate) end_unix_nanos: u64,
    pub(crate) attributes: Range,
    pub(crate) events: Range,
    pub(crate) links: Range,
    pub(crate) dropped_attributes: u32,
    pub(crate) dropped_events: u32,
    pub(crate) dropped_links: u32,
}

/// Finished spans, with all that belongs to them.
#[derive(Clone, Debug, Default)]
pub struct SpanBatch {
    pub(crate) heads: Vec<SpanHead>,
    pub(crate) events: Vec<EventHead>,
    pub(crate) links: Vec<Link>,
    pub(crate) arena: Arena,
}

impl SpanBatch {
    /// Forgets all; the memory is kept.
    #[cfg(feature = "recorder")]
    pub(crate) fn clear(&mut self) {
        self.heads.clear();
        self.events.clear();
        self.links.clear();
        self.arena.clear();
    }

    /// How many spans there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// One of them.
    #[cfg(feature = "console")]
    pub(crate) fn get(&self, at: usize) -> Option<SpanRef<'_>> {
        self.heads.get(at).map(|head| SpanRef { batch: self, head })
    }

    /// The spans, in the order in which they were read.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SpanRef<'_>> {
        self.heads.iter().map(|head| SpanRef { batch: self, head })
    }
}

/// A finished span.
#[derive(Clone, Copy, Debug)]
pub struct SpanRef<'a> {
    batch: &'a SpanBatch,
    head: &'a SpanHead,
}

impl<'a> SpanRef<'a> {
    /// The trace it belongs to.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.head.trace_id
    }

    /// Its own id.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.head.span_id
    }

    /// The span around it; [`SpanId::NONE`] for a root.
    #[must_use]
    pub fn parent(&self) -> SpanId {
        self.head.parent
    }

    /// Whether the parent is a span of another process.
    #[must_use]
    pub fn parent_is_remote(&self) -> bool {
        self.head.parent_is_remote
    }

    /// W3C's trace flags: see [`flags`].
    #[must_use]
    pub fn trace_flags(&self) -> u8 {
        self.head.flags
    }

    /// W3C's `tracestate`, as in `ot=th:c`; can be empty.
    #[must_use]
    pub fn trace_state(&self) -> &'a str {
        self.batch.arena.resolve(self.head.trace_state)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.batch.arena.resolve(self.head.name)
    }

    /// What its callsite's filter matches: the instrumentation scope.
    #[must_use]
    pub fn target(&self) -> &'a str {
        self.batch.arena.resolve(self.head.target)
    }

    /// Its role.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        self.head.kind
    }

    /// When it started, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn start_unix_nanos(&self) -> u64 {
        self.head.start_unix_nanos
    }

    /// When it ended, in nanoseconds since the Unix epoch; never before the start.
    #[must_use]
    pub fn end_unix_nanos(&self) -> u64 {
        self.head.end_unix_nanos
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.head.outcome
    }

    /// How it went: an error for every [outcome](Self::outcome) but [`Outcome::Ok`], unless somebody said otherwise.
    #[must_use]
    pub fn status(&self) -> Status<'a> {
        match self.head.status {
            StatusHead::Unset => Status::Unset,
            StatusHead::Ok => Status::Ok,
            StatusHead::Error(said) => Status::Error(self.batch.arena.resolve(said)),
        }
    }

    /// Its attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        self.batch.arena.attributes(self.head.attributes)
    }

    /// What happened in it, by time.
    pub fn events(&self) -> impl ExactSizeIterator<Item = EventRef<'a>> + use<'a> {
        let batch = self.batch;
        self.head.events.of(&batch.events).iter().map(|head| EventRef { arena: &batch.arena, head })
    }

    /// Other spans that it has to do with.
    #[must_use]
    pub fn links(&self) -> &'a [Link] {
        self.head.links.of(&self.batch.links)
    }

    /// Attributes that did not fit.
    #[must_use]
    pub fn dropped_attributes(&self) -> u32 {
        self.head.dropped_attributes
    }

    /// Events that did not fit.
    #[must_use]
    pub fn dropped_events(&self) -> u32 {
        self.head.dropped_events
    }

    /// Links that did not fit.
    #[must_use]
    pub fn dropped_links(&self) -> u32 {
        self.head.dropped_links
    }
}
