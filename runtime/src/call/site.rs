//! The callsite: one `static` per annotated item.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use linkme::distributed_slice;
use spanwright_core::callsite::{ASK, DIRECT, METRICS, SHADOW, State, UNREGISTERED};
use spanwright_core::descriptor::{Level, Spec};
use spanwright_core::kept::Kept;
use spanwright_core::segment::definitions;
use tracing_core::callsite::Identifier;
use tracing_core::field::FieldSet;
use tracing_core::{Callsite, Interest, Kind, Metadata};

use super::metrics::CallMetrics;
use super::shadow::Events;
#[cfg(feature = "recorder")]
use super::times::Times;
use crate::enabled::Enabled;
use crate::registry::Registry;

/// Every annotated item that the linker kept.
#[distributed_slice]
pub static SITES: [Site];

/// One annotated item. Generated code has one `static` of it.
pub struct Site {
    state: State,
    spec: &'static Spec,
    /// The same as bytes that are found in the binary; of what is made while the program runs, none.
    #[cfg_attr(not(feature = "catalog"), allow(dead_code, reason = "who reads it is not this program"))]
    record: &'static str,
    /// The `static` that this is.
    this: &'static Self,
    /// As what `tracing` knows the span. Made when it is needed first: made at compile time, it would be a fifth of what an
    /// annotation takes to compile.
    metadata: Kept<Metadata<'static>>,
    calls: Kept<Option<CallMetrics>>,
    /// Which sampler decides where this is a root. Publishes nothing else.
    sampler: AtomicU8,
    /// How it is switched: `SPANS_OFF`, `METRICS_OFF`. Publishes nothing else.
    switched: AtomicU8,
    pub(super) events: Events,
    /// How long its calls' futures were polled and waited.
    #[cfg(feature = "recorder")]
    pub(super) times: Times,
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not all of it: it holds itself.
        f.debug_struct("Site").field("spec", self.spec).finish_non_exhaustive()
    }
}

const SPANS_OFF: u8 = 1;
const METRICS_OFF: u8 = 1 << 1;

/// The sites that have been registered, for when a filter or a switch changes. Locked while one of them is told so.
static REGISTERED: Mutex<Vec<&'static Site>> = Mutex::new(Vec::new());

/// Calls `each` with what is known of every registered site.
#[cfg(feature = "recorder")]
pub(super) fn for_each_times(mut each: impl FnMut(&'static Spec, &Times)) {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    registered.iter().for_each(|site| each(site.spec, &site.times));
}

impl Site {
    /// The callsite `this`, which is the `static` being initialised; `record` is its record.
    #[must_use]
    pub const fn new(spec: &'static Spec, record: &'static str, this: &'static Self) -> Self {
        Self {
            state: State::new(),
            spec,
            record,
            this,
            metadata: Kept::new(),
            calls: Kept::new(),
            sampler: AtomicU8::new(0),
            switched: AtomicU8::new(0),
            events: Events::new(),
            #[cfg(feature = "recorder")]
            times: Times::new(),
        }
    }

    /// A callsite that `tracing` does not know, kept for good.
    pub(crate) fn unseen(spec: &'static Spec) -> &'static Self {
        let site: &'static Self = Box::leak(Box::new(Self::new(spec, "", &UNSEEN)));
        definitions::spec(spec);
        let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
        site.sampler.store(crate::span::sampler_of(spec) as u8, Ordering::Relaxed);
        site.ask_switches();
        site.state.register(site.direct());
        registered.push(site);
        site
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

    pub(super) fn tracing_metadata(&self) -> &'static Metadata<'static> {
        let Self { spec, this, metadata, .. } = self;
        metadata.get_or_make(|| {
            Metadata::new(
                spec.name,
                spec.target,
                tracing_level(spec.level),
                Some(spec.file),
                Some(spec.line),
                Some(spec.module),
                FieldSet::new(spec.fields, Identifier(*this)),
                Kind::SPAN,
            )
        })
    }

    /// The function's metrics, where it has any.
    #[inline]
    pub(super) fn calls(&'static self) -> Option<&'static CallMetrics> {
        self.calls.get().unwrap_or_else(|| self.make_calls()).as_ref()
    }

    /// Registers them, once.
    #[cold]
    fn make_calls(&self) -> &'static Option<CallMetrics> {
        static MAKING: Mutex<()> = Mutex::new(());
        let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let register = || CallMetrics::register(self.spec, self.spec.calls?, Registry::global());
        self.calls.get_or_make(register)
    }

    /// Registers the callsite, where nobody has yet, and gives the bits now in force.
    #[cold]
    pub(super) fn register(&'static self) -> u32 {
        if self.state.bits() & UNREGISTERED != 0 {
            definitions::spec(self.spec);
            let has_metrics = self.calls().is_some();
            // The lock keeps a change of the filter from coming in between what it says and what is set.
            let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
            self.sampler.store(crate::span::sampler_of(self.spec) as u8, Ordering::Relaxed);
            let enabled = self.ask_switches();
            let metrics = if has_metrics && enabled.metrics { METRICS } else { 0 };
            // Until `tracing` has answered, it is asked each time.
            let ask = if enabled.spans { ASK } else { 0 };
            if self.state.register(metrics | ask | self.direct()) {
                registered.push(self);
                drop(registered);
                tracing_core::callsite::register(self);
            }
        }
        self.state.bits()
    }

    /// Takes over what our own span filter and the switches say now. What `tracing` wants is asked anew where the interest
    /// cache is rebuilt.
    fn refresh(&self) {
        self.sampler.store(crate::span::sampler_of(self.spec) as u8, Ordering::Relaxed);
        let enabled = self.ask_switches();
        let metrics =
            if enabled.metrics && self.calls.get().is_some_and(Option::is_some) { METRICS } else { 0 };
        let shadow = if enabled.spans { 0 } else { SHADOW | ASK };
        self.state.set(DIRECT | METRICS | shadow, self.direct() | metrics);
    }

    /// What the switch of all telemetry and the component's say now.
    fn ask_switches(&self) -> Enabled {
        let is_on = crate::telemetry::is_enabled();
        let enabled = if is_on { crate::component::enabled(self.spec.component) } else { Enabled::NONE };
        let spans = if enabled.spans { 0 } else { SPANS_OFF };
        let metrics = if enabled.metrics { 0 } else { METRICS_OFF };
        self.switched.store(spans | metrics, Ordering::Relaxed);
        enabled
    }

    /// How it is switched, as part of its component and of all telemetry.
    #[inline]
    pub(crate) fn enabled(&self) -> Enabled {
        let switched = self.switched.load(Ordering::Relaxed);
        Enabled { spans: switched & SPANS_OFF == 0, metrics: switched & METRICS_OFF == 0 }
    }

    fn direct(&self) -> u32 {
        let wants = self.enabled().spans && crate::span::wants(self.spec.target, self.spec.level);
        if wants { DIRECT } else { 0 }
    }
}

/// Stands where `tracing` asks for a callsite of which it knows nothing.
static UNSEEN: Site = Site::new(&UNSEEN_SPEC, "", &UNSEEN);
static UNSEEN_SPEC: Spec = Spec { name: "unseen", ..Spec::of_target("spanwright") };

impl Callsite for Site {
    fn set_interest(&self, interest: Interest) {
        // Nobody switches the component between the question and what follows from its answer.
        let _unswitched = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = if !self.enabled().spans {
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
        self.tracing_metadata()
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
    for global in crate::metric::GLOBALS {
        global.initialise();
    }
}

/// The descriptions of all annotated items that are known: by the linker, and by their first call.
pub(crate) fn specs() -> impl Iterator<Item = &'static Spec> {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut known = HashSet::new();
    // Tracers' names are no functions.
    let all = SITES.iter().chain(registered).filter(|site| !std::ptr::eq(site.this, &UNSEEN)).map(Site::spec);
    all.filter(move |spec| known.insert(std::ptr::from_ref(*spec).addr()))
}

/// The descriptions of all annotated items that are known, each with its record: by the linker, and by their first call. What
/// is described while the program runs has none.
#[cfg(feature = "catalog")]
pub(crate) fn records() -> impl Iterator<Item = (&'static Spec, &'static str)> {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let all = SITES.iter().chain(registered).map(|site| (site.spec, site.record));
    all.filter(|(_, record)| !record.is_empty())
}

/// Makes every annotated function its bare body for good, in a forked child, where nothing may be locked.
pub(crate) fn silence_all() {
    for site in SITES {
        site.switched.store(SPANS_OFF | METRICS_OFF, Ordering::Relaxed);
        site.state.set(u32::MAX, 0);
    }
}

/// Asks our span filter and the switches again for every callsite.
pub(crate) fn refresh_all() {
    for site in REGISTERED.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        site.refresh();
    }
}

/// Whether `metadata` is one of our callsites'.
pub(super) fn is_registered(metadata: &Metadata<'_>) -> bool {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    registered.iter().any(|site| std::ptr::addr_eq(site.tracing_metadata(), metadata))
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The description of a callsite of a test, kept for good.
    pub(in crate::call) fn spec(target: &'static str, component: &'static str) -> &'static Spec {
        Box::leak(Box::new(Spec { name: "test", target, component, ..UNSEEN_SPEC }))
    }

    #[test]
    fn what_tracing_wants_waits_while_components_are_switched() {
        let site = Site::unseen(spec("site_tests", "site_tests.raced"));
        let switching = REGISTERED.lock().unwrap();
        std::thread::scope(|scope| {
            let told = scope.spawn(|| site.set_interest(Interest::always()));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert_eq!(site.bits() & SHADOW, 0);
            drop(switching);
            told.join().unwrap();
        });
        assert_eq!(site.bits() & SHADOW, SHADOW);
        crate::component("site_tests.raced").set_spans(false);
        assert_eq!(site.bits() & SHADOW, 0);
        site.set_interest(Interest::always());
        assert_eq!(site.bits() & SHADOW, 0);
        crate::component("site_tests.raced").reset();
    }
}
