//! Health: what an orchestrator asks before it sends traffic, or starts the program anew.
//!
//! | Path | Answers | 200 | 503 |
//! | --- | --- | --- | --- |
//! | `/live` | that the process runs; nothing else is asked | always | never |
//! | `/ready` | whether traffic is wanted | no check is unhealthy | a check is unhealthy or shuts down, the program still [starts](not_ready), or it shuts down |
//! | `/health` | how the program is, with all checks | `healthy`, `degraded` | `unhealthy`, `shutting_down` |
//!
//! Checks are added with [`add`], and fields of one's own with [`show`], [`show_with`] and [`show_metric`]. The answer is one
//! JSON object:
//!
//! ```json
//! {
//!   "status": "healthy",
//!   "uptime_seconds": 3600,
//!   "queries_running": 5,
//!   "streams_active": 10,
//!   "memory_usage_mb": 256,
//!   "service": "eventflux",
//!   "version": "1.2.3",
//!   "checks": { "event_pipeline": "ok", "state_backend": "ok", "query_runtime": "degraded" }
//! }
//! ```
//!
//! A check is `ok`, `degraded`, `unhealthy` or `shutting_down`. `/health?detail` says why, and how long it took:
//! `{"status": "degraded", "reason": "the score is 0.4", "duration_ms": 1.5}`.
//!
//! `docs/kubernetes.md` in the repository has the probes of a Deployment.
//!
//! Invariants:
//! - checks and fields run side by side, each with a limit of its own; one that panics, hangs or blocks its thread is
//!   unhealthy and holds up nobody else;
//! - however many ask, one run goes on at a time, and nobody is answered with a run that began before the question;
//! - a check that hangs is not started again while it does.

#![cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the admin server asks"))]

mod asked;
mod check;
mod fields;
mod report;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use check::{Check, HealthCheck, HealthStatus};
use fields::Field;
pub use fields::FieldValue;
pub(crate) use report::Health;

use crate::registry::Registry;

/// How long a check may take unless it says otherwise.
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(1);

/// What was added while the program runs.
static ADDED: Mutex<Added> =
    Mutex::new(Added { checks: Vec::new(), fields: Vec::new(), starting: Vec::new() });

/// What there is besides what the telemetry started with.
#[derive(Clone, Debug, Default)]
struct Added {
    checks: Vec<Check>,
    fields: Vec<Field>,
    /// Why the program is not ready yet, each with its number.
    starting: Vec<(u64, String)>,
}

fn added() -> MutexGuard<'static, Added> {
    ADDED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a check to this process's telemetry, now or later: for programs with `#[spanwright::main]`, and for parts that
/// start after it. It takes the place of one with the same name.
///
/// ```
/// use spanwright::health::{self, Check};
///
/// health::add(Check::new("stock", || async { Ok::<(), String>(()) }));
/// ```
pub fn add(check: Check) {
    let name = check.name.clone();
    let replaced = put(&mut added().checks, check, |other| other.name == name);
    drop(replaced);
}

/// Adds one of that name, and returns the one that it takes the place of: what it holds is to be dropped without the lock.
fn put<T>(all: &mut Vec<T>, one: T, is_named: impl Fn(&T) -> bool) -> Option<T> {
    match all.iter_mut().find(|other| is_named(other)) {
        Some(other) => Some(std::mem::replace(other, one)),
        None => {
            all.push(one);
            None
        }
    }
}

/// Shows a value in the JSON of `/health` that stays what it is. It takes the place of one with the same name; the names
/// that the object has itself win over it.
///
/// ```
/// spanwright::health::show("region", "eu-central-1");
/// ```
pub fn show(name: impl Into<String>, value: impl Into<FieldValue>) {
    show_field(Field::fixed(name.into(), value.into()));
}

/// Shows a value in the JSON of `/health` that is asked for each time, on a thread of its own. Where there is none within a
/// second, or `ask` panics, `null` is shown.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// static QUERIES: AtomicU64 = AtomicU64::new(0);
///
/// spanwright::health::show_with("queries_running", || QUERIES.load(Ordering::Relaxed));
/// ```
pub fn show_with<V: Into<FieldValue>>(name: impl Into<String>, ask: impl Fn() -> V + Send + Sync + 'static) {
    show_field(Field::asked(name.into(), ask));
}

/// Shows a counter or a gauge of the default registry in the JSON of `/health`: all its series together, times `factor`.
/// `null` where there is no such metric.
///
/// ```
/// use spanwright::{Gauge, Metrics, health};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "eventflux")]
/// struct Streams {
///     /// Streams that are open.
///     streams_active: Gauge,
/// }
///
/// Streams::global().streams_active.set(10.0);
/// health::show_metric("streams_active", "eventflux_streams_active", 1.0);
/// health::show_metric("memory_usage_mb", "process_resident_memory_bytes", 1e-6);
/// ```
pub fn show_metric(name: impl Into<String>, metric: impl Into<String>, factor: f64) {
    let metric = metric.into();
    let digits = 10_f64.powi(3);
    show_with(name, move || {
        let family = Registry::global().get_metric(&metric)?;
        let values = family.series.iter().filter_map(|series| series.value.number());
        let sum = values.reduce(|sum, value| sum + value)?;
        // As exact as people read it; else `1e-6` makes 256.00000000000003 of it.
        Some((sum * factor * digits).round() / digits)
    });
}

fn show_field(field: Field) {
    let name = field.name.clone();
    let replaced = put(&mut added().fields, field, |other| other.name == name);
    drop(replaced);
}

/// Turns `/ready` off until the answer is dropped, for this reason, which is shown: while the program still starts, or where
/// it wants no traffic for a while.
///
/// ```
/// # fn load_cache() {}
/// let starting = spanwright::health::not_ready("the cache is being loaded");
/// load_cache();
/// drop(starting);
/// ```
pub fn not_ready(reason: impl Into<String>) -> NotReady {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    added().starting.push((number, reason.into()));
    NotReady(number)
}

/// Keeps the program from being ready; see [`not_ready`].
#[must_use = "the program is ready when this is dropped"]
#[derive(Debug)]
pub struct NotReady(u64);

impl Drop for NotReady {
    fn drop(&mut self) {
        added().starting.retain(|(number, _)| *number != self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shows;

    impl Drop for Shows {
        fn drop(&mut self) {
            show("own_end_of_a_field", true);
        }
    }

    #[test]
    fn what_a_replaced_field_holds_may_say_something_when_it_is_dropped() {
        let (done, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for _ in 0..2 {
                let shows = Shows;
                show_with("own_end", move || {
                    let _ = &shows;
                    true
                });
            }
            done.send(())
        });
        assert!(ended.recv_timeout(Duration::from_secs(20)).is_ok(), "it waits for itself");
    }
}
