//! What Tokio knows of its runtimes: workers, tasks, queues.
//!
//! A runtime is watched from [`watch_runtime`] until its end. Reading it needs a handle to it, which keeps its memory and its
//! driver's file descriptors alive, and Tokio has no weak ones. So a task that waits for ever is put onto the runtime: when
//! that ends it drops its tasks, and with this one the handle goes too. The task costs what any idle one does, and is
//! not counted in the metrics.

mod of_runtime;
mod of_worker;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::runtime::{Handle, Id, RuntimeMetrics};

use crate::registry::{Family, Kind, LabelSet, Source, Text, Value};

/// Watches another Tokio runtime until it ends: its metrics are among the telemetry's, with the label `runtime="name"`.
/// Where that name is another runtime's already, `-2` is appended, or the next number that is free. A runtime that is
/// watched already gets this name.
///
/// The runtime in which the telemetry is installed, and that of `#[spanwright::main]`, are watched by themselves, by the
/// name that Tokio has for them, or else as `main`.
///
/// | Metric | What it is |
/// | --- | --- |
/// | `tokio_workers` | threads that run tasks |
/// | `tokio_alive_tasks` | tasks that have not ended |
/// | `tokio_global_queue_tasks` | tasks that wait for any worker |
/// | `tokio_worker_busy_seconds_total{worker}` | how long a worker had something to do |
/// | `tokio_worker_parks_total{worker}` | how often it had nothing |
/// | `tokio_worker_parked{worker}` | 1 while it has nothing |
///
/// Programs that are built with `--cfg tokio_unstable` also have `tokio_blocking_threads`, `tokio_idle_blocking_threads`,
/// `tokio_blocking_queue_tasks`, `tokio_spawned_tasks_total`, `tokio_remote_schedules_total`,
/// `tokio_budget_forced_yields_total`, `tokio_io_driver_fds`, `tokio_io_driver_events_total`, and of each worker
/// `tokio_worker_local_queue_tasks`, `_polls_total`, `_mean_poll_seconds`, `_steals_total`, `_steal_operations_total`,
/// `_noops_total`, `_local_schedules_total` and `_overflows_total`.
///
/// ```
/// let runtime = tokio::runtime::Runtime::new()?;
/// spanwright::watch_runtime(runtime.handle(), "background");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn watch_runtime(runtime: &Handle, name: impl Into<String>) {
    let id = runtime.id();
    let is_new = {
        let mut all = watched();
        let name = free_name(&all, id, name.into());
        match all.iter_mut().find(|watched| watched.id == id) {
            Some(watched) => {
                *watched = Arc::new(Watched { name, metrics: watched.metrics.clone(), ..**watched });
                false
            }
            None => {
                let (metrics, since) = (runtime.metrics(), SystemTime::now());
                all.push(Arc::new(Watched { id, name, metrics, since }));
                true
            }
        }
    };
    if is_new {
        // Where the runtime has ended already, it drops this at once.
        let until_the_end = Leave(id);
        drop(runtime.spawn(async move {
            let _until_the_end = until_the_end;
            std::future::pending::<()>().await;
        }));
    }
}

/// Watches the runtime that the caller is in, if it is in one that is not watched yet.
pub(crate) fn watch_current_runtime() {
    let Ok(runtime) = Handle::try_current() else { return };
    if watched().iter().any(|watched| watched.id == runtime.id()) {
        return;
    }
    watch_by_its_name(&runtime);
}

/// Watches a runtime by the name that Tokio has for it.
pub(crate) fn watch_by_its_name(runtime: &Handle) {
    watch_runtime(runtime, runtime.name().unwrap_or("main"));
}

/// The metrics of all runtimes that are [watched](watch_runtime). The telemetry adds them to
/// [`Registry::global`](crate::Registry::global), unless [told otherwise](crate::telemetry::Builder::runtime_metrics).
///
/// ```
/// use std::sync::Arc;
/// use spanwright::{Registry, Runtimes, watch_runtime};
///
/// let runtime = tokio::runtime::Runtime::new()?;
/// watch_runtime(runtime.handle(), "mine");
/// let (registry, runtimes) = (Registry::new(), Arc::new(Runtimes::new()));
/// registry.add_source(&runtimes);
/// let workers = registry.get_metric("tokio_workers").unwrap();
/// assert!(workers.series(&[("runtime", "mine")]).is_some());
///
/// drop(runtime);
/// assert!(registry.get_metric("tokio_workers").is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Runtimes(());

impl Runtimes {
    /// The metrics of all runtimes that are watched.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl Source for Runtimes {
    fn collect(&self, families: &mut Vec<Family>) {
        let all = watched().clone();
        if all.is_empty() {
            return;
        }
        of_runtime::collect(&all, families);
        of_worker::collect(&all, families);
    }
}

/// A runtime that has not ended.
#[derive(Debug)]
struct Watched {
    id: Id,
    name: Text,
    /// They have a handle to the runtime.
    metrics: RuntimeMetrics,
    /// The runtime has counted since before that.
    since: SystemTime,
}

static WATCHED: Mutex<Vec<Arc<Watched>>> = Mutex::new(Vec::new());

fn watched() -> MutexGuard<'static, Vec<Arc<Watched>>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name that no other runtime has.
fn free_name(all: &[Arc<Watched>], id: Id, name: String) -> Text {
    let is_free = |name: &str| all.iter().all(|watched| watched.id == id || watched.name != *name);
    if is_free(&name) {
        return name.into();
    }
    // As many names as there are runtimes can be taken.
    let numbered = (2..).map(|number: u64| format!("{name}-{number}"));
    numbered.take(all.len() + 1).find(|name| is_free(name)).unwrap_or(name).into()
}

/// Forgets a runtime when dropped, which its end does.
struct Leave(Id);

impl Drop for Leave {
    fn drop(&mut self) {
        let mut all = watched();
        let at = all.iter().position(|watched| watched.id == self.0);
        let gone = at.map(|at| all.swap_remove(at));
        // The handle is dropped without the lock.
        drop(all);
        drop(gone);
    }
}

/// How a metric is read: from a runtime, and the number of one of its workers where it is about them.
type Read = fn(&RuntimeMetrics, usize) -> Value;

/// What a metric is called and how it is read.
struct Column {
    name: &'static str,
    help: &'static str,
    unit: &'static str,
    kind: Kind,
    read: Read,
}

impl Column {
    const fn gauge(name: &'static str, help: &'static str, unit: &'static str, read: Read) -> Self {
        Self { name, help, unit, kind: Kind::Gauge, read }
    }

    const fn counter(name: &'static str, help: &'static str, unit: &'static str, read: Read) -> Self {
        Self { name, help, unit, kind: Kind::Counter, read }
    }

    /// The family, with a series for each row.
    fn family<'a>(
        &self,
        start: SystemTime,
        rows: impl Iterator<Item = (LabelSet, &'a RuntimeMetrics, usize)>,
    ) -> Family {
        let mut family = Family::new(self.name, self.kind);
        family.help = self.help.into();
        family.unit = self.unit.into();
        family.start = (self.kind == Kind::Counter).then_some(start);
        rows.fold(family, |family, (labels, runtime, worker)| {
            family.with(labels, (self.read)(runtime, worker))
        })
    }
}

/// Since when all of them have counted.
fn start(all: &[Arc<Watched>]) -> SystemTime {
    all.iter().map(|watched| watched.since).min().unwrap_or(SystemTime::UNIX_EPOCH)
}

fn gauge(value: usize) -> Value {
    Value::Gauge(value as f64)
}

#[cfg(test)]
mod tests;
