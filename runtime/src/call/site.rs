//! The callsite: one `static` per annotated item.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use linkme::distributed_slice;
use spanwright_core::callsite::{ASK, DIRECT, METRICS, SHADOW, State, UNREGISTERED};
use spanwright_core::descriptor::{Level, Spec};
use tracing_core::callsite::Identifier;
use tracing_core::field::FieldSet;
use tracing_core::{Callsite, Interest, Kind, Metadata};

use super::metrics::CallMetrics;
use super::shadow::Events;
use crate::registry::Registry;

/// Every annotated item that the linker kept.
#[distributed_slice]
pub static SITES: [&'static Site];

/// One annotated item. Generated code has one `static` of it.
#[derive(Debug)]
pub struct Site {
    state: State,
    spec: &'static Spec,
    /// As what `tracing` knows the span.
    metadata: Metadata<'static>,
    calls: OnceLock<Option<CallMetrics>>,
    /// Which sampler decides where this is a root. Publishes nothing else.
    sampler: AtomicU8,
    pub(super) events: Events,
}

/// The sites that have been registered, for when a filter changes.
static REGISTERED: Mutex<Vec<&'static Site>> = Mutex::new(Vec::new());

impl Site {
    /// The callsite `this`, which is the `static` being initialised.
    #[must_use]
    pub const fn new(spec: &'static Spec, this: &'static Self) -> Self {
        let metadata = Metadata::new(
            spec.name,
            spec.target,
            tracing_level(spec.level),
            Some(spec.file),
            Some(spec.line),
            Some(spec.module),
            FieldSet::new(spec.fields, Identifier(this)),
            Kind::SPAN,
        );
        Self {
            state: State::new(),
            spec,
            metadata,
            calls: OnceLock::new(),
            sampler: AtomicU8::new(0),
            events: Events::new(),
        }
    }

    /// What listens, by one relaxed load.
    #[inline(always)]
    pub(super) fn bits(&self) -> u32 {
        self.state.bits()
    }

    /// What is known of it at compile time.
    #[must_use]
    pub const fn spec(&self) -> &'static Spec {
        self.spec
    }

    /// The number of the sampler that decides where this is a root.
    #[inline]
    pub(super) fn sampler(&self) -> u32 {
        self.sampler.load(Ordering::Relaxed).into()
    }

    pub(super) const fn tracing_metadata(&'static self) -> &'static Metadata<'static> {
        &self.metadata
    }

    /// The function's metrics, where it has any.
    #[inline]
    pub(super) fn calls(&'static self) -> Option<&'static CallMetrics> {
        let register = || CallMetrics::register(self.spec, self.spec.calls?, Registry::global());
        self.calls.get_or_init(register).as_ref()
    }

    /// Registers the callsite, where nobody has yet, and gives the bits now in force.
    #[cold]
    pub(super) fn register(&'static self) -> u32 {
        if self.state.bits() & UNREGISTERED != 0 {
            let metrics = self.metrics();
            // The lock keeps a change of the filter from coming in between what it says and what is set.
            let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
            self.sampler.store(crate::span::sampler_of(self.spec) as u8, Ordering::Relaxed);
            // Until `tracing` has answered, it is asked each time.
            let ask = if crate::telemetry::is_enabled() { ASK } else { 0 };
            if self.state.register(metrics | ask | self.direct()) {
                registered.push(self);
                drop(registered);
                tracing_core::callsite::register(self);
            }
        }
        self.state.bits()
    }

    /// Takes over what our own span filter says now.
    fn refresh(&'static self) {
        self.sampler.store(crate::span::sampler_of(self.spec) as u8, Ordering::Relaxed);
        self.state.set(DIRECT | METRICS, self.direct() | self.metrics());
    }

    fn metrics(&'static self) -> u32 {
        let has_calls = self.calls().is_some();
        if has_calls && crate::telemetry::is_enabled() { METRICS } else { 0 }
    }

    fn direct(&self) -> u32 {
        if crate::span::wants(self.spec.target, self.spec.level) { DIRECT } else { 0 }
    }
}

impl Callsite for Site {
    fn set_interest(&self, interest: Interest) {
        let bits = if !crate::telemetry::is_enabled() {
            0
        } else if interest.is_always() {
            SHADOW
        } else if interest.is_sometimes() {
            ASK
        } else {
            0
        };
        self.state.set(SHADOW | ASK, bits);
    }

    fn metadata(&self) -> &Metadata<'_> {
        &self.metadata
    }
}

/// How `tracing` knows the callsite with this description, once it has been registered.
pub(crate) fn metadata_of(spec: &'static Spec) -> Option<&'static Metadata<'static>> {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    let site: &'static Site = registered.iter().find(|site| std::ptr::eq(site.spec, spec))?;
    Some(site.tracing_metadata())
}

/// Registers every annotated item and every global metrics struct that the linker kept, so that their series exist
/// from the start.
pub(crate) fn register_all() {
    for site in SITES {
        site.register();
    }
    for initialise in crate::metric::GLOBALS {
        initialise();
    }
}

/// Makes every annotated function its bare body for good, in a forked child, where nothing may be locked.
pub(crate) fn silence_all() {
    SITES.iter().for_each(|site| site.state.set(u32::MAX, 0));
}

/// Asks our span filter again for every callsite.
pub(crate) fn refresh_all() {
    for site in REGISTERED.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        site.refresh();
    }
}

/// Whether `metadata` is one of our callsites'.
pub(super) fn is_registered(metadata: &Metadata<'_>) -> bool {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    registered.iter().any(|site| std::ptr::addr_eq(&site.metadata, metadata))
}

/// `tracing`'s name of a level.
pub(crate) const fn tracing_level(level: Level) -> tracing_core::Level {
    match level {
        Level::ERROR => tracing_core::Level::ERROR,
        Level::WARN => tracing_core::Level::WARN,
        Level::INFO => tracing_core::Level::INFO,
        Level::DEBUG => tracing_core::Level::DEBUG,
        _ => tracing_core::Level::TRACE,
    }
}
