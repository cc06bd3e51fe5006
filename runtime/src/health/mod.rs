//! Health checks: what an orchestrator asks before it sends traffic, or starts the program anew.
//!
//! Invariants:
//! - checks run side by side, each with a limit of its own; one that panics, hangs or blocks its thread is
//!   unhealthy and holds up nobody else;
//! - however many ask, one run goes on at a time, and nobody is answered with a run that began before the question;
//! - a check that hangs is not started again while it does.

#![cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the admin server asks"))]

use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

/// How long a check may take unless it says otherwise.
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(1);

/// What a check that doesn't watch its own limit (because it blocks its thread) gets beyond it.
const GRACE: Duration = Duration::from_millis(100);

type Run = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// A health check: a name, and a question that is asked whenever `/health` or `/ready` is.
///
/// ```
/// use std::time::Duration;
/// use spanwright::health::Check;
///
/// let check = Check::new("disk", || async {
///     let free = 17_u32; // per cent
///     if free > 5 { Ok(()) } else { Err(format!("{free} % free")) }
/// })
/// .limit(Duration::from_millis(200));
/// assert_eq!(check.name(), "disk");
/// ```
#[derive(Clone)]
pub struct Check {
    name: String,
    limit: Duration,
    run: Run,
    /// Whether a run goes on. Publishes nothing else.
    busy: Arc<AtomicBool>,
}

impl Check {
    /// A check by the name `name`, which runs `check` and has [`DEFAULT_LIMIT`] for it.
    ///
    /// What the error displays is shown to whoever asks for `/health`: keep secrets out of it. The check runs on a
    /// thread of its own and may block it; nothing that it does is recorded as a span.
    pub fn new<F, Fut, E>(name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let run: Run = Arc::new(move || {
            let running = check();
            Box::pin(async move { running.await.map_err(|error| error.to_string()) })
        });
        Self { name: name.into(), limit: DEFAULT_LIMIT, run, busy: Arc::default() }
    }

    /// The time after which the check counts as failed.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The check's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts the check on a thread of its own. Must be called within a Tokio runtime.
    fn start(&self) -> impl Future<Output = CheckReport> + use<> {
        let Self { name, limit, run, busy } = self.clone();
        let started = Instant::now();
        let free = !busy.swap(true, Ordering::AcqRel);
        let task = free.then(|| {
            tokio::task::spawn_blocking(move || {
                let _ended = Ended(busy);
                let _suppressed = crate::span::suppress();
                tokio::runtime::Handle::current().block_on(async { tokio::time::timeout(limit, run()).await })
            })
        });
        async move {
            let error = match task {
                None => Some("the run before, which took too long, has not ended yet".to_owned()),
                Some(task) => match tokio::time::timeout(limit + GRACE, task).await {
                    Ok(Ok(Ok(result))) => result.err(),
                    Ok(Ok(Err(_))) | Err(_) => Some(format!("no answer within {limit:?}")),
                    Ok(Err(_)) => Some("the check panicked".to_owned()),
                },
            };
            CheckReport { name, error, duration: started.elapsed() }
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Notes the end of a run, be it by a panic.
struct Ended(Arc<AtomicBool>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn status(healthy: bool) -> &'static str {
    if healthy { "healthy" } else { "unhealthy" }
}

/// Checks that were added while the program runs.
static ADDED: std::sync::Mutex<Vec<Check>> = std::sync::Mutex::new(Vec::new());

/// Adds a check to this process's telemetry, now or later: for programs with `#[spanwright::main]`, and for parts that
/// start after it. It takes the place of one with the same name.
///
/// ```
/// use spanwright::health::{self, Check};
///
/// health::add(Check::new("stock", || async { Ok::<(), String>(()) }));
/// ```
pub fn add(check: Check) {
    let mut added = ADDED.lock().unwrap_or_else(PoisonError::into_inner);
    added.retain(|other| other.name != check.name);
    added.push(check);
}

/// The checks of the start, and those that were added.
fn merged(first: &[Check], added: Vec<Check>) -> Vec<Check> {
    let is_replaced = |check: &&Check| added.iter().any(|other| other.name == check.name);
    let kept: Vec<Check> = first.iter().filter(|check| !is_replaced(check)).cloned().collect();
    kept.into_iter().chain(added).collect()
}

/// What one check found.
#[derive(Clone, Debug)]
pub(crate) struct CheckReport {
    name: String,
    error: Option<String>,
    duration: Duration,
}

impl CheckReport {
    fn to_json(&self) -> Value {
        let millis = (self.duration.as_secs_f64() * 1e6).round() / 1e3;
        let mut json = json!({ "status": status(self.error.is_none()), "duration_ms": millis });
        if let Some(error) = &self.error {
            json["error"] = error.as_str().into();
        }
        json
    }
}

/// What all checks found.
#[derive(Debug)]
pub(crate) struct Report {
    asked: Instant,
    checks: Vec<CheckReport>,
}

impl Report {
    pub(crate) fn is_healthy(&self) -> bool {
        self.checks.iter().all(|check| check.error.is_none())
    }

    fn checks_json(&self) -> Value {
        self.checks.iter().map(|check| (check.name.clone(), check.to_json())).collect::<Map<_, _>>().into()
    }
}

/// Whether the program can work, and wants to.
#[derive(Debug)]
pub(crate) struct Health {
    service: String,
    version: Option<String>,
    checks: Vec<Check>,
    started: Instant,
    /// Whether `/ready` says no, whatever the checks say. Publishes nothing else.
    shutting_down: AtomicBool,
    last: Mutex<Option<Arc<Report>>>,
}

impl Health {
    /// Of two checks with one name, the later one is kept.
    pub(crate) fn new(service: String, version: Option<String>, all: Vec<Check>) -> Self {
        let mut checks: Vec<Check> = Vec::with_capacity(all.len());
        for check in all {
            checks.retain(|other| other.name != check.name);
            checks.push(check);
        }
        let (shutting_down, last) = (AtomicBool::new(false), Mutex::new(None));
        Self { service, version, checks, started: Instant::now(), shutting_down, last }
    }

    /// Turns `/ready` off, for good.
    pub(crate) fn shut_down(&self) {
        self.shutting_down.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        self.shutting_down.load(Ordering::Relaxed)
    }

    /// Runs the checks, or waits for a run that began after this call. A run goes on when nobody waits for it any
    /// more, so that its checks are not taken for hanging ones.
    pub(crate) async fn report(self: &Arc<Self>) -> Arc<Report> {
        let (health, asked) = (Arc::clone(self), Instant::now());
        let run = tokio::spawn(async move {
            let mut last = health.last.lock().await;
            if let Some(report) = last.as_ref().filter(|report| report.asked >= asked) {
                return Arc::clone(report);
            }
            let report = Arc::new(health.run().await);
            *last = Some(Arc::clone(&report));
            report
        });
        // Nothing panics there, and nobody cancels it but the runtime's own end.
        let failed = |_| {
            let error = Some("the checks could not be run".to_owned());
            let check = CheckReport { name: "spanwright".to_owned(), error, duration: asked.elapsed() };
            Arc::new(Report { asked, checks: vec![check] })
        };
        run.await.unwrap_or_else(failed)
    }

    async fn run(&self) -> Report {
        let asked = Instant::now();
        let added = ADDED.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let all = merged(&self.checks, added);
        let running: Vec<_> = all.iter().map(Check::start).collect();
        // Each has its own thread and its own limit, counted from here: waiting in turn loses nothing.
        let running: Vec<_> = running.into_iter().map(tokio::spawn).collect();
        let mut checks = Vec::with_capacity(running.len());
        for (check, running) in all.iter().zip(running) {
            checks.push(running.await.unwrap_or_else(|_| CheckReport {
                name: check.name.clone(),
                error: Some("the check could not be run".to_owned()),
                duration: asked.elapsed(),
            }));
        }
        Report { asked, checks }
    }

    /// The answer of `/health`.
    pub(crate) fn health_json(&self, report: &Report) -> Value {
        let mut json = json!({
            "status": status(report.is_healthy()),
            "checks": report.checks_json(),
            "service": self.service,
            "uptime_seconds": self.started.elapsed().as_secs(),
        });
        if let Some(version) = &self.version {
            json["version"] = version.as_str().into();
        }
        json
    }

    /// The answer of `/ready`: whether traffic is wanted, and why not. The checks are not run while shutting down.
    pub(crate) async fn ready_json(self: &Arc<Self>) -> (bool, Value) {
        if self.is_shutting_down() {
            return (false, json!({ "status": "not ready", "reason": "shutting down" }));
        }
        let report = self.report().await;
        if report.is_healthy() && !self.is_shutting_down() {
            return (true, json!({ "status": "ready" }));
        }
        (false, json!({ "status": "not ready", "reason": "unhealthy", "checks": report.checks_json() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_is_added_takes_the_place_of_its_namesake() {
        let check = |name: &str, millis| {
            Check::new(name, || async { Ok::<_, String>(()) }).limit(Duration::from_millis(millis))
        };
        let all = merged(&[check("a", 1), check("b", 2)], vec![check("b", 3), check("c", 4)]);
        let all: Vec<_> = all.iter().map(|check| (check.name(), check.limit.as_millis())).collect();
        assert_eq!(all, [("a", 1), ("b", 3), ("c", 4)]);
    }
}
