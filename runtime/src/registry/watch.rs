//! State that others can wait for, and that gauges are read from.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::{Family, Kind, LabelSet, Registry, Source, Value};
use crate::export::exposition::names::is_metric_name;
use crate::telemetry;

/// A state that tells when it has changed. Cheap to clone; clones are the same state.
///
/// Who listens sees the latest state, not each one in between: [`subscribe`](Self::subscribe) gives a receiver of
/// [`tokio::sync::watch`]. While nobody does, a change costs a lock that nobody else has. Gauges can be
/// [made of the state](Self::with_gauge); they are worked out when a registry is read, and not at each change.
///
/// ```
/// use spanwright::Registry;
/// use spanwright::registry::Watched;
///
/// #[derive(Clone, Default)]
/// struct TailState {
///     pending: Vec<u64>,
/// }
///
/// struct Aof {
///     tail: Watched<TailState>,
/// }
///
/// impl Aof {
///     fn new(registry: &Registry) -> Self {
///         let tail = Watched::new(TailState::default()).with_gauge(
///             registry,
///             "aof_tail_pending_segments",
///             "Sealed segments that nobody has flushed.",
///             |state| state.pending.len() as f64,
///         );
///         Self { tail }
///     }
///
///     fn seal(&self, segment: u64) {
///         self.tail.update(|state| state.pending.push(segment));
///     }
///
///     fn tail_events(&self) -> tokio::sync::watch::Receiver<TailState> {
///         self.tail.subscribe()
///     }
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let registry = Registry::new();
/// let aof = Aof::new(&registry);
/// let mut rx = aof.tail_events();
/// rx.borrow_and_update(); // The state at the start.
/// aof.seal(7);
/// let pending = registry.get_metric("aof_tail_pending_segments").unwrap();
/// assert_eq!(pending.series[0].value.number(), Some(1.0));
/// # let mut seen = Vec::new();
/// # let mut aof = Some(aof);
/// while rx.changed().await.is_ok() {
///     let state = rx.borrow().clone();
///     println!("{} segments are pending", state.pending.len());
///     # seen.push(state.pending.len());
///     # aof = None;
/// }
/// // The loop ends with the last clone of the state.
/// # assert_eq!(seen, [1]);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Watched<T>(Arc<Inner<T>>);

struct Inner<T> {
    state: watch::Sender<T>,
    /// What registries know, which don't keep it.
    gauges: Mutex<Vec<Arc<dyn Source>>>,
}

impl<T> Watched<T> {
    /// A state that nobody listens to yet.
    #[must_use]
    pub fn new(state: T) -> Self {
        Self(Arc::new(Inner { state: watch::Sender::new(state), gauges: Mutex::default() }))
    }

    /// Listens, from the next change on. The receiver's `changed` fails once all clones of this are gone.
    #[must_use = "a receiver hears nothing once it is dropped"]
    pub fn subscribe(&self) -> watch::Receiver<T> {
        self.0.state.subscribe()
    }

    /// The state now. It can't change before the answer is dropped: keep it for a moment only, and not across an `await`.
    #[must_use]
    pub fn borrow(&self) -> watch::Ref<'_, T> {
        self.0.state.borrow()
    }

    /// Sets the state, and tells who listens. What it was before.
    pub fn replace(&self, state: T) -> T {
        self.0.state.send_replace(state)
    }

    /// Changes the state, and tells who listens. `change` must not look at this state by other ways: it would wait
    /// for itself.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        self.0.state.send_modify(change);
    }

    /// The same where `change` says that it has changed something. What it said.
    pub fn update_if(&self, change: impl FnOnce(&mut T) -> bool) -> bool {
        self.0.state.send_if_modified(change)
    }

    /// How many listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.0.state.receiver_count()
    }
}

impl Watched<Option<f64>> {
    /// Makes this the value of a counter or a gauge: looks at it at once and then every so often, and tells who listens where
    /// it has changed. The series with these labels, and maybe others, are added up; nothing where there are none.
    /// Ends once nobody listens any more. A gauge that stays what is not a number has not changed. Each look reads the
    /// metric, and asks all sources, which may read files: on a thread for blocking work, in the context of this future.
    ///
    /// To be spawned on a Tokio runtime that has its timer enabled.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spanwright::registry::Watched;
    /// use spanwright::{Gauge, Metrics, Registry};
    ///
    /// #[derive(Metrics)]
    /// #[metrics(prefix = "pool")]
    /// struct Pool {
    ///     /// Connections that nobody uses.
    ///     idle: Gauge,
    /// }
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    /// # runtime.block_on(async {
    /// let idle = Watched::new(None);
    /// let mut rx = idle.subscribe();
    /// tokio::spawn(idle.follow(Registry::global(), "pool_idle", &[], Duration::from_millis(1)));
    /// Pool::global().idle.set(3.0);
    /// rx.wait_for(|idle| *idle == Some(3.0)).await.unwrap();
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn follow(
        self,
        registry: &Registry,
        name: &str,
        labels: &[(&str, &str)],
        every: Duration,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (registry, name) = (registry.clone(), name.to_owned());
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let metric = Arc::new(Metric { registry, name, labels });
        async move {
            while self.listeners() > 0 {
                let metric = Arc::clone(&metric);
                // It fails where the runtime ends, which drops this too.
                let Ok(value) = crate::spawn_blocking(move || metric.value()).await else { return };
                self.update_if(|known| {
                    let before = std::mem::replace(known, value);
                    before.map(f64::to_bits) != value.map(f64::to_bits)
                });
                tokio::time::sleep(every).await;
            }
        }
    }
}

/// What is followed.
struct Metric {
    registry: Registry,
    name: String,
    labels: Vec<(String, String)>,
}

impl Metric {
    fn value(&self) -> Option<f64> {
        let family = self.registry.get_metric(&self.name)?;
        let labels: Vec<_> =
            self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let series = family.series.iter().filter(|series| series.labels.includes(&labels));
        series.filter_map(|series| series.value.number()).reduce(|one, other| one + other)
    }
}

impl<T: Send + Sync + 'static> Watched<T> {
    /// Shows a number of the state as a gauge in `registry`, until the last clone of this is gone. `read` is called when the
    /// registry is read, and must not look at this state by other ways.
    ///
    /// The name has to be one that Prometheus takes: letters, digits, `_` and `:`, not a digit first. There is no gauge of
    /// any other, which is printed.
    #[must_use]
    pub fn with_gauge(
        self,
        registry: &Registry,
        name: &'static str,
        help: &'static str,
        read: impl Fn(&T) -> f64 + Send + Sync + 'static,
    ) -> Self {
        if !is_metric_name(name) {
            telemetry::report(&format!(
                "the gauge `{name}` of a watched state is not exported: name it with letters, digits and `_`, not a \
                 digit first"
            ));
            return self;
        }
        let gauge = Arc::new(StateGauge { name, help, read, state: self.0.state.clone() });
        registry.add_source(&gauge);
        self.0.gauges.lock().unwrap_or_else(PoisonError::into_inner).push(gauge);
        self
    }
}

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Default> Default for Watched<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&*self.borrow()).finish()
    }
}

/// A number of a state.
struct StateGauge<T, F> {
    name: &'static str,
    help: &'static str,
    read: F,
    /// The same state. It goes with the [`Inner`] that has this gauge.
    state: watch::Sender<T>,
}

impl<T: Send + Sync, F: Fn(&T) -> f64 + Send + Sync> Source for StateGauge<T, F> {
    fn collect(&self, families: &mut Vec<Family>) {
        let value = (self.read)(&self.state.borrow());
        let family = Family { help: self.help.into(), ..Family::new(self.name, Kind::Gauge) };
        families.push(family.with(LabelSet::default(), Value::Gauge(value)));
    }
}

#[cfg(test)]
mod tests {
    use spanwright_core::context::Context;
    use spanwright_core::ids::TraceId;

    use super::*;
    use crate::task::InContext;

    fn value(registry: &Registry, name: &str) -> Option<f64> {
        registry.get_metric(name)?.series[0].value.number()
    }

    #[test]
    fn who_listens_is_told_of_changes_alone() {
        let watched = Watched::new(1);
        let mut receiver = watched.subscribe();
        assert!(!receiver.has_changed().unwrap());
        assert!(!watched.update_if(|_| false) && !receiver.has_changed().unwrap());
        watched.clone().update(|state| *state += 1);
        assert!(receiver.has_changed().unwrap());
        assert_eq!(*receiver.borrow_and_update(), 2);
        assert_eq!(watched.replace(5), 2);
        assert_eq!((*watched.borrow(), *receiver.borrow_and_update(), watched.listeners()), (5, 5, 1));
        assert_eq!(format!("{watched:?}"), "Watched(5)");
        drop(watched);
        assert!(receiver.has_changed().is_err(), "there will be no other change");
    }

    #[test]
    fn gauges_follow_the_state_and_go_with_it() {
        let registry = Registry::new();
        let watched = Watched::new(vec![1, 2])
            .with_gauge(&registry, "items", "Items.", |items| items.len() as f64)
            .with_gauge(&registry, "sum", "Their sum.", |items| items.iter().sum::<i32>().into());
        let clone = watched.clone();
        clone.update(|items| items.push(3));
        assert_eq!((value(&registry, "items"), value(&registry, "sum")), (Some(3.0), Some(6.0)));
        drop(watched);
        assert_eq!(value(&registry, "items"), Some(3.0));
        let receiver = clone.subscribe();
        drop(clone);
        assert_eq!(value(&registry, "items"), None);
        assert!(receiver.has_changed().is_err());
    }

    #[test]
    fn a_metric_is_followed_until_nobody_listens() {
        let registry = Registry::new();
        let items = Watched::new(1.0).with_gauge(&registry, "items", "Items.", |items| *items);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let followed = Watched::new(None);
            let mut receiver = followed.subscribe();
            let every = Duration::from_millis(1);
            let following = tokio::spawn(followed.follow(&registry, "items", &[], every));
            receiver.wait_for(|value| *value == Some(1.0)).await.unwrap();
            items.update(|items| *items = f64::NAN);
            items.replace(2.0);
            receiver.wait_for(|value| *value == Some(2.0)).await.unwrap();
            drop(items);
            receiver.wait_for(Option::is_none).await.unwrap();
            drop(receiver);
            following.await.unwrap();
        });
    }

    #[test]
    fn a_gauge_that_stays_no_number_does_not_change() {
        let registry = Registry::new();
        let (asked, mut answers) = watch::channel(0);
        let _items = Watched::new(f64::NAN).with_gauge(&registry, "items", "Items.", move |items| {
            asked.send_modify(|times| *times += 1);
            *items
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let followed = Watched::new(None);
            let mut receiver = followed.subscribe();
            tokio::spawn(followed.follow(&registry, "items", &[], Duration::from_millis(1)));
            receiver.wait_for(|value: &Option<f64>| value.is_some_and(f64::is_nan)).await.unwrap();
            answers.wait_for(|times| *times > 5).await.unwrap();
            assert!(!receiver.has_changed().unwrap());
        });
    }

    #[test]
    fn a_metric_is_looked_at_on_another_thread_in_the_same_context() {
        let registry = Registry::new();
        let (looks, mut seen) = watch::channel(None);
        let _items = Watched::new(1.0).with_gauge(&registry, "items", "Items.", move |items| {
            looks.send_replace(Some((std::thread::current().id(), Context::here().trace_id)));
            *items
        });
        let trace_id = TraceId { high: 1, low: 2 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let followed = Watched::new(None);
            let _receiver = followed.subscribe();
            let following = followed.follow(&registry, "items", &[], Duration::from_millis(1));
            tokio::spawn(following.in_context(Context { trace_id, ..Context::NONE }));
            let (thread, its_trace) = seen.wait_for(Option::is_some).await.unwrap().unwrap();
            assert_ne!(thread, std::thread::current().id());
            assert_eq!(its_trace, trace_id);
        });
    }

    #[test]
    fn a_gauge_with_a_name_that_is_none_is_left_out() {
        let registry = Registry::new();
        let _watched = Watched::new(0).with_gauge(&registry, "an invalid name", "", |_| 0.0);
        assert!(registry.snapshot().families.is_empty());
    }

    #[test]
    fn a_gauge_that_panics_does_not_stop_the_state() {
        let registry = Registry::new();
        let watched = Watched::new(0).with_gauge(&registry, "panics", "", |_| panic!("in a gauge"));
        assert!(registry.snapshot().families.is_empty());
        watched.update(|state| *state = 1);
        assert_eq!(*watched.borrow(), 1);
    }
}
