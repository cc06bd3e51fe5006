//! The current span of a thread.
//!
//! A [`Context`] is `Copy`: synchronous calls swap it for their own and back, futures do so at each poll, and
//! the `tracing` layer does so when a foreign span is entered. Nothing inherits silently: what runs elsewhere
//! takes [`Context::current`] along.

#[cfg(not(loom))]
use crate::carried::Held;
use crate::cells::StoreId;
use crate::ids::{SpanId, TraceId};
use crate::local;
use crate::slots::SlotHandle;

/// The trace was chosen to be exported.
pub const SAMPLED: u16 = 1;
/// The parent came from another process.
pub const REMOTE: u16 = 1 << 1;
/// What runs here belongs to the telemetry itself and is not recorded.
pub const SUPPRESSED: u16 = 1 << 2;
/// The trace is recorded; it need not be [`SAMPLED`].
pub const RECORDED: u16 = 1 << 3;
/// The trace's id is random in its last 7 bytes: W3C's "random" flag.
pub const RANDOM: u16 = 1 << 4;
/// The span is an annotated function's.
pub const ANNOTATED: u16 = 1 << 5;
/// Somebody debugs this trace: B3 and Jaeger tell it to who comes next.
pub const DEBUG: u16 = 1 << 6;
/// A remote parent leaves the decision whether the trace is sampled to this process.
pub const UNDECIDED: u16 = 1 << 7;
/// From this bit on: which of the samplers has decided, so that its threshold can be told; zero for none.
pub const SAMPLER_SHIFT: u32 = 8;

/// Where a thread is in which trace, and which store its metrics go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The trace, or none.
    pub trace_id: TraceId,
    /// The current span, or none.
    pub span_id: SpanId,
    /// The current span's open slot, where it is recorded.
    pub slot: SlotHandle,
    /// [`SAMPLED`], [`REMOTE`], [`SUPPRESSED`], [`RECORDED`], [`RANDOM`], [`ANNOTATED`], [`DEBUG`], [`UNDECIDED`], and the
    /// sampler's number.
    pub flags: u16,
    /// Where metric values go.
    pub store: StoreId,
    /// The handle of what the trace [carries](crate::carried), `tracestate` and baggage; zero is nothing.
    pub baggage: u32,
}

impl Context {
    /// No trace, the default store.
    pub const NONE: Self = Self {
        trace_id: TraceId::NONE,
        span_id: SpanId::NONE,
        slot: SlotHandle::NONE,
        flags: 0,
        store: StoreId::DEFAULT,
        baggage: 0,
    };

    /// This thread's context, to be taken along wherever its span is to go on.
    #[inline]
    #[must_use]
    pub fn current() -> Self {
        let context = Self::here();
        #[cfg(not(loom))]
        crate::slots::share(context.slot);
        context
    }

    /// This thread's context, for use in this thread alone: the telemetry's own way to ask.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn here() -> Self {
        local::with(|local| local.context.get())
    }

    /// The flags and the store of this thread's context, which are one word of it.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn here_flags() -> (u16, StoreId) {
        local::with(|local| local.context.flags())
    }

    #[inline]
    pub(crate) const fn to_words(self) -> [u64; 5] {
        let rest = self.flags as u64 | (self.store.to_bits() as u64) << 16 | (self.baggage as u64) << 32;
        [self.trace_id.high, self.trace_id.low, self.span_id.0, self.slot.to_bits(), rest]
    }

    #[inline]
    pub(crate) const fn from_words([high, low, span, slot, rest]: [u64; 5]) -> Self {
        Self {
            trace_id: TraceId { high, low },
            span_id: SpanId(span),
            slot: SlotHandle::from_bits(slot),
            flags: rest as u16,
            store: StoreId::from_bits((rest >> 16) as u16),
            baggage: (rest >> 32) as u32,
        }
    }

    /// Whether this is the thread's context.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn is_here(self) -> bool {
        let different = |pair: (u64, u64)| pair.0 ^ pair.1;
        // Without a call or a branch for each word.
        let pairs = local::with(|local| local.context.words()).into_iter().zip(self.to_words());
        pairs.map(different).fold(0, std::ops::BitOr::bitor) == 0
    }

    /// Makes this the thread's context and returns the one before.
    #[inline]
    pub fn swap(self) -> Self {
        let before = self.exchange();
        #[cfg(not(loom))]
        crate::slots::share(before.slot);
        before
    }

    /// [`swap`](Self::swap), for use in this thread alone.
    #[doc(hidden)]
    #[inline]
    pub fn exchange(self) -> Self {
        local::with(|local| {
            let before = local.context.get();
            local.context.set(self);
            if before.store != self.store {
                crate::cells::switch_store(local, self.store);
            }
            before
        })
    }

    /// Makes this the thread's context, which is `before`.
    #[doc(hidden)]
    #[inline]
    pub fn replace(self, before: Self) {
        debug_assert_eq!(Self::here(), before);
        local::with(|local| {
            local.context.set(self);
            if before.store != self.store {
                crate::cells::switch_store(local, self.store);
            }
        });
    }

    /// Makes this the thread's context until the guard is dropped, which holds what the trace carries.
    #[must_use = "the context is current until this guard is dropped"]
    pub fn attach(self) -> ContextGuard {
        #[cfg(not(loom))]
        let held = Held::new(self.baggage);
        ContextGuard {
            attached: self,
            before: self.swap(),
            #[cfg(not(loom))]
            _held: held,
            _this_thread: std::marker::PhantomData,
        }
    }

    /// Whether the trace is to be exported.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn is_recorded(self) -> bool {
        self.flags & RECORDED != 0
    }

    /// Whether what runs here is the telemetry's own work.
    #[must_use]
    pub const fn is_suppressed(self) -> bool {
        self.flags & SUPPRESSED != 0
    }

    /// The same context, with nothing recorded in it.
    #[must_use]
    pub const fn suppressed(mut self) -> Self {
        self.flags |= SUPPRESSED;
        self
    }
}

/// Restores the context before it when dropped, unless another one has become the thread's meanwhile.
#[derive(Debug)]
pub struct ContextGuard {
    attached: Context,
    before: Context,
    #[cfg(not(loom))]
    _held: Held,
    _this_thread: std::marker::PhantomData<*const ()>,
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        // Guards dropped out of order must not leave a context behind that has ended.
        if self.attached.is_here() {
            self.before.exchange();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn contexts_nest_and_are_restored() {
        let outer = Context { span_id: SpanId(1), ..Context::NONE };
        let inner = Context { span_id: SpanId(2), ..Context::NONE };
        let guard = outer.attach();
        {
            let _inner = inner.attach();
            assert_eq!(Context::current(), inner);
            assert!(inner.is_here() && !outer.is_here());
            assert!(!Context { flags: SAMPLED, ..inner }.is_here());
        }
        assert_eq!(Context::current(), outer);
        drop(guard);
        assert_eq!(Context::current(), Context::NONE);
    }

    #[test]
    fn a_context_stays_within_its_size() {
        assert!(size_of::<Context>() <= 40, "it is in every annotated future, and swapped at each poll");
    }
}
