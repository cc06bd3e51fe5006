//! Metrics with one value for each worker of each runtime.

use std::sync::Arc;

use super::{Column, Watched};
use crate::registry::{Family, LabelSet, Text, Value};

#[cfg(target_has_atomic = "64")]
const STABLE: [Column; 3] = [
    Column::counter(
        "tokio_worker_busy_seconds_total",
        "How long the worker had something to do.",
        "seconds",
        |runtime, worker| Value::FloatCounter(runtime.worker_total_busy_duration(worker).as_secs_f64()),
    ),
    Column::counter(
        "tokio_worker_parks_total",
        "How often the worker had nothing to do.",
        "",
        |runtime, worker| Value::Counter(runtime.worker_park_count(worker)),
    ),
    // It counts both ways, so it is odd in between.
    Column::gauge("tokio_worker_parked", "Whether the worker has nothing to do.", "", |runtime, worker| {
        Value::Gauge((runtime.worker_park_unpark_count(worker) % 2) as f64)
    }),
];

#[cfg(all(tokio_unstable, target_has_atomic = "64"))]
const UNSTABLE: [Column; 8] = [
    Column::gauge(
        "tokio_worker_local_queue_tasks",
        "Tasks that wait for this worker.",
        "",
        |runtime, worker| super::gauge(runtime.worker_local_queue_depth(worker)),
    ),
    Column::counter("tokio_worker_polls_total", "Polls of tasks.", "", |runtime, worker| {
        Value::Counter(runtime.worker_poll_count(worker))
    }),
    Column::gauge(
        "tokio_worker_mean_poll_seconds",
        "How long a poll takes, as a moving average with more weight on the latest.",
        "seconds",
        |runtime, worker| Value::Gauge(runtime.worker_mean_poll_time(worker).as_secs_f64()),
    ),
    Column::counter(
        "tokio_worker_steals_total",
        "Tasks that the worker took from others' queues.",
        "",
        |runtime, worker| Value::Counter(runtime.worker_steal_count(worker)),
    ),
    Column::counter(
        "tokio_worker_steal_operations_total",
        "How often the worker took tasks from others' queues.",
        "",
        |runtime, worker| Value::Counter(runtime.worker_steal_operations(worker)),
    ),
    Column::counter(
        "tokio_worker_noops_total",
        "How often the worker was woken and found nothing to do.",
        "",
        |runtime, worker| Value::Counter(runtime.worker_noop_count(worker)),
    ),
    Column::counter(
        "tokio_worker_local_schedules_total",
        "Tasks that the worker woke itself.",
        "",
        |runtime, worker| Value::Counter(runtime.worker_local_schedule_count(worker)),
    ),
    Column::counter(
        "tokio_worker_overflows_total",
        "How often the worker's queue was full, and half of it went to the global one.",
        "",
        |runtime, worker| Value::Counter(runtime.worker_overflow_count(worker)),
    ),
];

#[cfg(target_has_atomic = "64")]
pub(super) fn collect(all: &[Arc<Watched>], families: &mut Vec<Family>) {
    let names: Arc<[Text]> = Arc::new(["runtime".into(), "worker".into()]);
    let workers = || {
        all.iter().flat_map(|watched| {
            let numbers = 0..watched.metrics.num_workers();
            numbers.map(|worker| {
                (LabelSet::new(Arc::clone(&names), labels(watched, worker)), &watched.metrics, worker)
            })
        })
    };
    let mut add = |columns: &[Column]| {
        families.extend(columns.iter().map(|column| column.family(super::start(all), workers())));
    };
    add(&STABLE);
    #[cfg(tokio_unstable)]
    add(&UNSTABLE);
}

/// Tokio keeps them in 64-bit atomics only.
#[cfg(not(target_has_atomic = "64"))]
pub(super) fn collect(_: &[Arc<Watched>], _: &mut Vec<Family>) {}

#[cfg(target_has_atomic = "64")]
fn labels(watched: &Watched, worker: usize) -> [Text; 2] {
    [watched.name.clone(), worker.to_string().into()]
}
