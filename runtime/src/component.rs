//! Parts of a program whose spans and metrics are switched while it runs.
//!
//! A component is what annotated functions name by `component = "…"`. Its name has parts between dots, and a switch of
//! `persist` is one of `persist.s3` too, unless that has its own. Who may decide: the library by a default, the operator
//! by the configuration, the program while it runs; each wins over those before, and of one's decisions that of the
//! longest name. Spans and metrics are decided each by itself, by whoever says something about them. The decision is written
//! into the state of the component's callsites, so that a call asks nobody.
//!
//! Invariant: no lock of this module is held while callsites are written to, which ask it.

use std::fmt;

use crate::Enabled;

/// A component, by its name. Made by [`component`].
///
/// ```
/// use spanwright::{Enabled, component, instrument};
///
/// #[instrument(component = "persist.s3", metrics)]
/// fn put(key: &str) {}
///
/// component("persist").set(Enabled::METRICS); // no spans in `persist`, and so none in `persist.s3`
/// component("persist.s3").set(Enabled::ALL); // but there they are wanted
/// put("key");
/// component("persist").reset();
/// component("persist.s3").reset();
/// ```
///
/// Functions without telemetry have no components: then all of this does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Component {
    #[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "there is nothing to switch"))]
    name: &'static str,
}

/// The component of that name, whether or not a function belongs to it.
#[must_use]
pub const fn component(name: &'static str) -> Component {
    Component { name }
}

/// Who has decided how a component is switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decider {
    /// Nobody: all is on.
    Nobody,
    /// Its library: [`Component::set_default`].
    Library,
    /// The configuration: `<PREFIX>_COMPONENTS`, or `Builder::component`.
    Configuration,
    /// The running program: [`Component::set`].
    Program,
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nobody => "nobody",
            Self::Library => "library",
            Self::Configuration => "configuration",
            Self::Program => "program",
        })
    }
}

/// A component and how it is switched now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComponentState {
    /// Its name.
    pub name: String,
    /// What is on.
    pub enabled: Enabled,
    /// Who has decided that; where spans and metrics are decided by two, the one that wins over the other.
    pub decider: Decider,
    /// How many annotated functions belong to it by name, as far as the platform knows them before they run.
    pub functions: usize,
}

/// All the components that functions belong to, that tracers are called after, or that somebody has switched, by name.
///
/// ```
/// for state in spanwright::components() {
///     println!("{}={} by {}", state.name, state.enabled, state.decider);
/// }
/// ```
#[must_use]
pub fn components() -> Vec<ComponentState> {
    #[cfg(feature = "telemetry")]
    return switches::states();
    #[cfg(not(feature = "telemetry"))]
    Vec::new()
}

#[cfg(feature = "telemetry")]
impl Component {
    /// What is on.
    #[must_use]
    pub fn enabled(self) -> Enabled {
        enabled(self.name)
    }

    /// Switches it, from the next calls on. Metrics that are off keep their series and what they have counted.
    pub fn set(self, enabled: impl Into<Enabled>) {
        let said = Said::from(enabled.into());
        switches::change(Decider::Program, |switches| switches.say(self.name, said));
    }

    /// Switches its spans alone: of its metrics the program says no more than before.
    pub fn set_spans(self, on: bool) {
        switches::change(Decider::Program, |switches| switches.say(self.name, Said::spans(on)));
    }

    /// Switches its metrics alone: of its spans the program says no more than before.
    pub fn set_metrics(self, on: bool) {
        switches::change(Decider::Program, |switches| switches.say(self.name, Said::metrics(on)));
    }

    /// Takes back all that the program has said of it: the configuration or the library decides again.
    pub fn reset(self) {
        switches::change(Decider::Program, |switches| switches.unset(self.name));
    }

    /// What holds where neither the configuration nor the program says anything: for a library whose users should not
    /// have its telemetry unless they ask for it.
    ///
    /// ```
    /// use spanwright::{Enabled, component};
    ///
    /// // Projections run for each event: their spans are for looking at them closely.
    /// let is_production = std::env::var("ENVIRONMENT").as_deref() == Ok("production");
    /// component("eventsource.projection").set_default(Enabled { spans: !is_production, metrics: true });
    /// ```
    ///
    /// [`component_default!`](crate::component_default) does so when the telemetry starts.
    pub fn set_default(self, enabled: impl Into<Enabled>) {
        let said = Said::from(enabled.into());
        switches::change(Decider::Library, |switches| switches.say(self.name, said));
    }
}

/// Nothing is on.
#[cfg(not(feature = "telemetry"))]
#[allow(clippy::missing_const_for_fn, clippy::unused_self, reason = "with telemetry they are not and do")]
impl Component {
    /// What is on: nothing.
    #[must_use]
    pub fn enabled(self) -> Enabled {
        Enabled::NONE
    }

    /// Does nothing.
    pub fn set(self, _: impl Into<Enabled>) {}

    /// Does nothing.
    pub fn set_spans(self, _: bool) {}

    /// Does nothing.
    pub fn set_metrics(self, _: bool) {}

    /// Does nothing.
    pub fn reset(self) {}

    /// Does nothing.
    pub fn set_default(self, _: impl Into<Enabled>) {}
}

/// Says, beside the functions of a component, what holds for it where neither the configuration nor the program says
/// anything. What is on may depend on the environment: it is asked once, when the telemetry starts.
///
/// ```
/// spanwright::component_default!("shop.projection", std::env::var_os("SHOP_PROFILE").is_some());
/// # fn main() {}
/// ```
///
/// On platforms where nothing is known of a program before it runs, it does nothing: call
/// [`Component::set_default`] at the start there. It goes where items go. Without telemetry it does nothing, and what it is
/// given has its types checked:
///
/// ```compile_fail
/// spanwright::component_default!("shop.projection", "off"); // neither a `bool` nor an `Enabled`
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! component_default {
    ($name:expr, $enabled:expr $(,)?) => {
        const _: () = {
            // Where nothing runs at the start, nobody names it.
            #[allow(dead_code)]
            const SET: fn() = || $crate::component($name).set_default($enabled);
            $crate::__at_start! { GLOBALS
                static ENTRY: $crate::__private::Global = $crate::__private::Global::new(SET, "");
            }
        };
    };
}

#[cfg(feature = "telemetry")]
use switches::Said;
#[cfg(feature = "telemetry")]
pub(crate) use switches::{configure, enabled};

/// Switches components as the running program does, all at once.
#[cfg(feature = "server")]
pub(crate) fn set_all(components: Vec<(String, Enabled)>) {
    switches::change(Decider::Program, |switches| {
        components.iter().for_each(|(name, enabled)| switches.say(name, Said::from(*enabled)));
    });
}

/// How components are switched by the configuration or the program, as a variable has it; nothing where the program has
/// switched none.
#[cfg(feature = "telemetry")]
pub(crate) fn switched() -> Option<String> {
    let states = components();
    let is_said =
        |state: &&ComponentState| matches!(state.decider, Decider::Configuration | Decider::Program);
    let said = states.iter().filter(is_said);
    let said: Vec<_> = said.map(|state| format!("{}={}", state.name.escape_debug(), state.enabled)).collect();
    states.iter().any(|state| state.decider == Decider::Program).then(|| said.join(","))
}

#[cfg(feature = "telemetry")]
mod switches {
    use std::collections::BTreeMap;
    use std::sync::{PoisonError, RwLock};

    use super::{ComponentState, Decider};
    use crate::Enabled;

    /// What is said of one component, or nothing of one of the two.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(super) struct Said {
        spans: Option<bool>,
        metrics: Option<bool>,
    }

    impl Said {
        pub(super) const fn spans(on: bool) -> Self {
            Self { spans: Some(on), metrics: None }
        }

        pub(super) const fn metrics(on: bool) -> Self {
            Self { spans: None, metrics: Some(on) }
        }
    }

    impl From<Enabled> for Said {
        fn from(Enabled { spans, metrics }: Enabled) -> Self {
            Self { spans: Some(spans), metrics: Some(metrics) }
        }
    }

    /// What one of the deciders has said.
    #[derive(Debug)]
    pub(super) struct Switches(BTreeMap<String, Said>);

    impl Switches {
        const fn new() -> Self {
            Self(BTreeMap::new())
        }

        /// Adds to what has been said of the component, or replaces it.
        pub(super) fn say(&mut self, name: &str, said: Said) {
            let now = self.0.entry(name.to_owned()).or_default();
            *now = Said { spans: said.spans.or(now.spans), metrics: said.metrics.or(now.metrics) };
        }

        pub(super) fn unset(&mut self, name: &str) {
            self.0.remove(name);
        }

        /// What is said of spans, or of metrics, by the longest name that is this one's or begins it.
        fn find(&self, name: &str, of: impl Fn(&Said) -> Option<bool>) -> Option<bool> {
            let mut part = name;
            loop {
                if let Some(on) = self.0.get(part).and_then(&of) {
                    return Some(on);
                }
                part = part.rsplit_once('.')?.0;
            }
        }
    }

    /// What was said, the one that wins first.
    static SWITCHES: RwLock<[(Decider, Switches); 3]> = RwLock::new([
        (Decider::Program, Switches::new()),
        (Decider::Configuration, Switches::new()),
        (Decider::Library, Switches::new()),
    ]);

    fn decided(name: &str) -> (Enabled, Decider) {
        let all = SWITCHES.read().unwrap_or_else(PoisonError::into_inner);
        let nobody = (all.len(), (true, Decider::Nobody));
        let find = |of: fn(&Said) -> Option<bool>| {
            let said = |(rank, (decider, switches)): (usize, &(Decider, Switches))| {
                Some((rank, (switches.find(name, of)?, *decider)))
            };
            all.iter().enumerate().find_map(said).unwrap_or(nobody)
        };
        let (of_spans, (spans, spans_by)) = find(|said| said.spans);
        let (of_metrics, (metrics, metrics_by)) = find(|said| said.metrics);
        let decider = if of_spans <= of_metrics { spans_by } else { metrics_by };
        (Enabled { spans, metrics }, decider)
    }

    /// What is on of a component; all, of what belongs to none.
    pub(crate) fn enabled(name: &str) -> Enabled {
        if name.is_empty() { Enabled::ALL } else { decided(name).0 }
    }

    /// Changes what one of them says, and tells the callsites.
    pub(super) fn change(decider: Decider, change: impl FnOnce(&mut Switches)) {
        {
            let mut all = SWITCHES.write().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, switches)) = all.iter_mut().find(|(its, _)| *its == decider) {
                change(switches);
            }
        }
        crate::span::refresh();
    }

    /// Takes over what the configuration says, and nothing else of what it has said before.
    pub(crate) fn configure(components: Vec<(String, Enabled)>) {
        let components = components.into_iter().map(|(name, enabled)| (name, enabled.into())).collect();
        change(Decider::Configuration, |switches| switches.0 = components);
    }

    pub(super) fn states() -> Vec<ComponentState> {
        let mut functions: BTreeMap<String, usize> = BTreeMap::new();
        let sites = crate::call::specs().map(|spec| spec.component);
        for name in sites.filter(|component| !component.is_empty()) {
            *functions.entry(name.to_owned()).or_default() += 1;
        }
        for name in crate::call::tracer_names() {
            functions.entry(name.to_owned()).or_default();
        }
        for (_, switches) in SWITCHES.read().unwrap_or_else(PoisonError::into_inner).iter() {
            for name in switches.0.keys() {
                functions.entry(name.clone()).or_default();
            }
        }
        let state = |(name, functions): (String, usize)| {
            let (enabled, decider) = decided(&name);
            ComponentState { name, enabled, decider, functions }
        };
        functions.into_iter().map(state).collect()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_longest_name_wins_and_parts_are_whole() {
            let mut switches = Switches::new();
            switches.say("persist", Enabled::NONE.into());
            switches.say("persist.s3", Said::spans(true));
            let found =
                |name| (switches.find(name, |said| said.spans), switches.find(name, |said| said.metrics));
            assert_eq!(found("persist"), (Some(false), Some(false)));
            assert_eq!(found("persist.s3.get"), (Some(true), Some(false)), "each by itself");
            assert_eq!(found("persist.db"), (Some(false), Some(false)));
            assert_eq!(["persistent", "s3"].map(found), [(None, None); 2]);
            switches.unset("persist.s3");
            assert_eq!(switches.find("persist.s3", |said| said.spans), Some(false));
        }
    }
}

#[cfg(all(test, feature = "telemetry"))]
mod tests {
    use super::*;

    #[test]
    fn the_program_wins_over_the_configuration_and_that_over_the_library() {
        let state = |name: &str| {
            let states = components();
            let found = states.iter().find(|state| state.name == name).unwrap();
            (found.enabled, found.decider)
        };
        let part = component("component_tests.part");
        part.set_default(false);
        assert_eq!(state("component_tests.part"), (Enabled::NONE, Decider::Library));
        component("component_tests").set(Enabled::METRICS);
        assert_eq!(state("component_tests.part"), (Enabled::METRICS, Decider::Program));
        part.set_spans(true);
        assert_eq!(part.enabled(), Enabled::ALL);
        part.set_metrics(false);
        assert_eq!(state("component_tests.part"), (Enabled::SPANS, Decider::Program));
        part.reset();
        component("component_tests").reset();
        assert_eq!(state("component_tests.part"), (Enabled::NONE, Decider::Library));
    }

    #[test]
    fn what_is_said_of_metrics_says_nothing_of_spans() {
        let (whole, part) = (component("component_inh"), component("component_inh.a"));
        part.set_metrics(false);
        whole.set_spans(false);
        assert_eq!((part.enabled(), whole.enabled()), (Enabled::NONE, Enabled::METRICS));
        whole.set_spans(true);
        assert_eq!(part.enabled(), Enabled::SPANS);
        part.set_default(Enabled::METRICS);
        whole.reset();
        assert_eq!(part.enabled(), Enabled::NONE, "of spans only the library says something");
        part.reset();
        assert_eq!(part.enabled(), Enabled::METRICS);
    }

    #[test]
    fn of_two_threads_neither_takes_back_what_the_other_says() {
        let both = component("component_threads");
        for _ in 0..200 {
            let start = std::sync::Barrier::new(2);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    start.wait();
                    both.set_spans(false);
                });
                start.wait();
                both.set_metrics(false);
            });
            assert_eq!(both.enabled(), Enabled::NONE);
            both.reset();
        }
    }
}
