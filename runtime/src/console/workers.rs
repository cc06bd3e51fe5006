//! Runtimes, their workers, and the process, as their metrics say.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::{Value, json};

use super::functions::value_of;
use crate::registry::{Series, Snapshot};

/// Remembers what counters said before.
#[derive(Debug, Default)]
pub(super) struct Workers {
    before: HashMap<Counter, f64>,
    at: Option<Instant>,
    json: Option<String>,
    has_runtimes: bool,
}

/// A counter of a runtime's worker.
type Counter = (&'static str, String, String);

/// Counters of workers whose rise is shown.
const COUNTED: [&str; 3] =
    ["tokio_worker_busy_seconds_total", "tokio_worker_polls_total", "tokio_worker_steals_total"];
const CPU: &str = "process_cpu_seconds_total";

impl Workers {
    /// Takes in what the registries say, and tells it.
    pub(super) fn tick(&mut self, snapshot: &Snapshot, now: Instant, at_ms: u64) -> String {
        let seconds = self.at.map(|at| now.duration_since(at).as_secs_f64()).filter(|it| *it > 0.0);
        let mut after = HashMap::new();
        for family in COUNTED {
            for series in series(snapshot, family) {
                after.extend(series.value.number().map(|value| (key(family, series), value)));
            }
        }
        let cpu_key = (CPU, String::new(), String::new());
        after.extend(value_of(snapshot, CPU, &[]).map(|value| (cpu_key.clone(), value)));
        let before = &self.before;
        let rate = |key: &Counter| {
            let rise = after.get(key)? - before.get(key)?;
            Some((rise / seconds?).max(0.0))
        };
        let workers: Vec<Value> =
            series(snapshot, COUNTED[0]).iter().map(|series| worker(snapshot, series, &rate)).collect();
        let json = json!({
            "at_ms": at_ms,
            "runtimes": series(snapshot, "tokio_workers").iter().map(|one| runtime(snapshot, one)).collect::<Vec<_>>(),
            "workers": workers,
            "process": {
                "cpu": rate(&cpu_key),
                "resident_bytes": value_of(snapshot, "process_resident_memory_bytes", &[]),
                "threads": value_of(snapshot, "process_threads", &[]),
                "open_fds": value_of(snapshot, "process_open_fds", &[]),
            },
        });
        self.has_runtimes = !series(snapshot, "tokio_workers").is_empty();
        (self.before, self.at) = (after, Some(now));
        let json = json.to_string();
        self.json = Some(json.clone());
        json
    }

    /// Whether there were runtimes to tell of.
    pub(super) fn has_runtimes(&self) -> bool {
        self.has_runtimes
    }

    /// What was told last.
    pub(super) fn last(&self) -> Option<String> {
        self.json.clone()
    }
}

fn series<'s>(snapshot: &'s Snapshot, family: &str) -> &'s [Series] {
    snapshot.family(family).map_or(&[], |family| &family.series)
}

fn label(series: &Series, name: &str) -> String {
    series.labels.get(name).unwrap_or_default().to_owned()
}

fn key(family: &'static str, series: &Series) -> Counter {
    (family, label(series, "runtime"), label(series, "worker"))
}

fn runtime(snapshot: &Snapshot, workers: &Series) -> Value {
    let name = label(workers, "runtime");
    let of = |family| value_of(snapshot, family, &[("runtime", &name)]);
    json!({
        "runtime": name,
        "workers": workers.value.number(),
        "tasks": of("tokio_alive_tasks"),
        "queue": of("tokio_global_queue_tasks"),
        "blocking_threads": of("tokio_blocking_threads"),
        "idle_blocking_threads": of("tokio_idle_blocking_threads"),
        "blocking_queue": of("tokio_blocking_queue_tasks"),
    })
}

fn worker(snapshot: &Snapshot, busy: &Series, rate: &dyn Fn(&Counter) -> Option<f64>) -> Value {
    let (runtime, worker) = (label(busy, "runtime"), label(busy, "worker"));
    let of = |family| value_of(snapshot, family, &[("runtime", &runtime), ("worker", &worker)]);
    json!({
        "utilisation": rate(&key(COUNTED[0], busy)).map(|share| share.min(1.0)),
        "parked": of("tokio_worker_parked").map(|parked| parked != 0.0),
        "queue": of("tokio_worker_local_queue_tasks"),
        "polls": rate(&key(COUNTED[1], busy)),
        "steals": rate(&key(COUNTED[2], busy)),
        "mean_poll_us": of("tokio_worker_mean_poll_seconds").map(|seconds| seconds * 1e6),
        "runtime": runtime,
        "worker": worker,
    })
}
