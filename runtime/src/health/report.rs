//! All checks together, and what is said of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::{Added, Check, Field, HealthStatus};

/// What one check found.
#[derive(Clone, Debug)]
struct CheckReport {
    name: String,
    status: HealthStatus,
    duration: Duration,
}

impl CheckReport {
    /// One word.
    fn word(&self) -> &'static str {
        match self.status {
            HealthStatus::Healthy => "ok",
            HealthStatus::Degraded(_) => "degraded",
            HealthStatus::Unhealthy(_) => "unhealthy",
            HealthStatus::ShuttingDown => "shutting_down",
        }
    }

    /// Why, and how long it took.
    fn detail(&self) -> Value {
        let millis = (self.duration.as_secs_f64() * 1e6).round() / 1e3;
        let mut json = json!({ "status": self.word(), "duration_ms": millis });
        if let HealthStatus::Degraded(reason) | HealthStatus::Unhealthy(reason) = &self.status {
            json["reason"] = reason.as_str().into();
        }
        json
    }
}

/// What all checks found.
#[derive(Debug)]
pub(crate) struct Report {
    asked: Instant,
    checks: Vec<CheckReport>,
    fields: Vec<(String, Value)>,
}

impl Report {
    fn has(&self, is_wanted: fn(&HealthStatus) -> bool) -> bool {
        self.checks.iter().any(|check| is_wanted(&check.status))
    }

    /// Whether no check is unhealthy.
    fn is_well(&self) -> bool {
        !self.has(|status| matches!(status, HealthStatus::Unhealthy(_)))
    }

    /// Whether a part says that it comes to its end.
    fn is_ending(&self) -> bool {
        self.has(|status| *status == HealthStatus::ShuttingDown)
    }

    fn status(&self) -> &'static str {
        if !self.is_well() {
            "unhealthy"
        } else if self.is_ending() {
            "shutting_down"
        } else if self.has(|status| *status != HealthStatus::Healthy) {
            "degraded"
        } else {
            "healthy"
        }
    }

    fn checks_json(&self, detail: bool) -> Value {
        let one = |check: &CheckReport| if detail { check.detail() } else { check.word().into() };
        self.checks.iter().map(|check| (check.name.clone(), one(check))).collect::<Map<_, _>>().into()
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

    /// The service's name and its version.
    #[cfg(feature = "console")]
    pub(crate) fn names(&self) -> (&str, Option<&str>) {
        (&self.service, self.version.as_deref())
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
    async fn report(self: &Arc<Self>) -> Arc<Report> {
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
            let status = HealthStatus::unhealthy("the checks could not be run");
            let check = CheckReport { name: "spanwright".to_owned(), status, duration: asked.elapsed() };
            Arc::new(Report { asked, checks: vec![check], fields: Vec::new() })
        };
        run.await.unwrap_or_else(failed)
    }

    async fn run(&self) -> Report {
        let asked = Instant::now();
        let Added { checks: added, fields, .. } = super::added().clone();
        // Each has its own thread and its own limit, counted from here: waiting in turn loses nothing.
        let running: Vec<_> = merged(&self.checks, added).into_iter().map(start).collect();
        let fields: Vec<_> = fields.iter().map(Field::start).map(tokio::spawn).collect();
        let mut report = Report { asked, checks: Vec::new(), fields: Vec::new() };
        for (name, running) in running {
            let failed = |_| (HealthStatus::unhealthy("the check could not be run"), asked.elapsed());
            let (status, duration) = running.await.unwrap_or_else(failed);
            report.checks.push(CheckReport { name, status, duration });
        }
        for field in fields {
            // Nothing panics there.
            report.fields.extend(field.await);
        }
        report
    }

    /// The answer of `/health`, and whether it is a good one.
    pub(crate) async fn health_json(self: &Arc<Self>, detail: bool) -> (bool, Value) {
        let report = self.report().await;
        let is_ending = self.is_shutting_down() || report.is_ending();
        let mut json: Map<String, Value> = report.fields.iter().cloned().collect();
        let mut set = |name: &str, value: Value| json.insert(name.to_owned(), value);
        set("status", if self.is_shutting_down() { "shutting_down" } else { report.status() }.into());
        set("uptime_seconds", self.started.elapsed().as_secs().into());
        set("service", self.service.as_str().into());
        if let Some(version) = &self.version {
            set("version", version.as_str().into());
        }
        set("checks", report.checks_json(detail));
        (report.is_well() && !is_ending, json.into())
    }

    /// The answer of `/ready`: whether traffic is wanted, and why not. The checks are not run where it is not.
    pub(crate) async fn ready_json(self: &Arc<Self>, detail: bool) -> (bool, Value) {
        let shutting_down = || (false, json!({ "status": "not ready", "reason": "shutting down" }));
        if self.is_shutting_down() {
            return shutting_down();
        }
        let starting = super::added().starting.first().map(|(_, reason)| reason.clone());
        if let Some(reason) = starting {
            return (false, json!({ "status": "not ready", "reason": reason }));
        }
        let report = self.report().await;
        if self.is_shutting_down() || (report.is_well() && report.is_ending()) {
            return shutting_down();
        }
        if report.is_well() {
            return (true, json!({ "status": "ready" }));
        }
        let checks = report.checks_json(detail);
        (false, json!({ "status": "not ready", "reason": "unhealthy", "checks": checks }))
    }
}

/// Starts a check. Must be called within a Tokio runtime.
fn start(check: Check) -> (String, tokio::task::JoinHandle<(HealthStatus, Duration)>) {
    let (started, running) = (Instant::now(), check.asked.start());
    let run = async move {
        let status = running.await.unwrap_or_else(HealthStatus::unhealthy);
        (status, started.elapsed())
    };
    (check.name, tokio::spawn(run))
}

/// The checks of the start, and those that were added.
fn merged(first: &[Check], added: Vec<Check>) -> Vec<Check> {
    let is_replaced = |check: &&Check| added.iter().any(|other| other.name == check.name);
    let kept: Vec<Check> = first.iter().filter(|check| !is_replaced(check)).cloned().collect();
    kept.into_iter().chain(added).collect()
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
        let all: Vec<_> = all.iter().map(|check| (check.name(), check.asked.limit.as_millis())).collect();
        assert_eq!(all, [("a", 1), ("b", 3), ("c", 4)]);
    }

    #[test]
    fn a_part_that_comes_to_its_end_is_not_ready() {
        let ends = |status: HealthStatus| {
            Check::new("part", move || {
                let status = status.clone();
                async move { status }
            })
        };
        let said = |checks| {
            let health = Arc::new(Health::new("shop".to_owned(), None, checks));
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
            runtime.block_on(async { (health.health_json(false).await, health.ready_json(false).await) })
        };
        let ((well, health), (ready, why)) = said(vec![ends(HealthStatus::ShuttingDown)]);
        assert_eq!((well, &health["status"]), (false, &json!("shutting_down")));
        assert_eq!(health["checks"], json!({ "part": "shutting_down" }));
        assert_eq!((ready, why), (false, json!({ "status": "not ready", "reason": "shutting down" })));
        let failed = Check::new("disk", || async { Err::<(), _>("it is full") });
        let ((well, health), _) = said(vec![ends(HealthStatus::ShuttingDown), failed]);
        assert_eq!((well, &health["status"]), (false, &json!("unhealthy")), "it is worse");
        let ((well, health), (ready, _)) = said(vec![ends(HealthStatus::degraded("slow"))]);
        assert_eq!((well, &health["status"], ready), (true, &json!("degraded"), true));
    }
}
