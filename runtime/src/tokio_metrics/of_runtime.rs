//! Metrics with one value for each runtime.

use std::sync::Arc;

use super::{Column, Watched, gauge};
#[cfg(tokio_unstable)]
use crate::registry::Value;
use crate::registry::{Family, LabelSet};

/// The task that waits for the runtime's end.
const OURS: usize = 1;

const STABLE: [Column; 3] = [
    Column::gauge("tokio_workers", "Threads that run tasks.", "", |runtime, _| gauge(runtime.num_workers())),
    Column::gauge("tokio_alive_tasks", "Tasks that have not ended.", "", |runtime, _| {
        gauge(runtime.num_alive_tasks().saturating_sub(OURS))
    }),
    Column::gauge("tokio_global_queue_tasks", "Tasks that wait for any worker.", "", |runtime, _| {
        gauge(runtime.global_queue_depth())
    }),
];

#[cfg(tokio_unstable)]
const UNSTABLE: [Column; 3] = [
    Column::gauge(
        "tokio_blocking_threads",
        "Threads for what blocks, idle ones included.",
        "",
        |runtime, _| gauge(runtime.num_blocking_threads()),
    ),
    Column::gauge(
        "tokio_idle_blocking_threads",
        "Threads for what blocks that have nothing to do.",
        "",
        |runtime, _| gauge(runtime.num_idle_blocking_threads()),
    ),
    Column::gauge("tokio_blocking_queue_tasks", "What blocks and waits for a thread.", "", |runtime, _| {
        gauge(runtime.blocking_queue_depth())
    }),
];

#[cfg(all(tokio_unstable, target_has_atomic = "64"))]
const COUNTED: [Column; 3] = [
    Column::counter("tokio_spawned_tasks_total", "Tasks that were spawned.", "", |runtime, _| {
        Value::Counter(runtime.spawned_tasks_count().saturating_sub(OURS as u64))
    }),
    Column::counter(
        "tokio_remote_schedules_total",
        "Tasks that were woken from outside of the runtime.",
        "",
        |runtime, _| Value::Counter(runtime.remote_schedule_count()),
    ),
    Column::counter(
        "tokio_budget_forced_yields_total",
        "Tasks that had to yield since they had run for long enough.",
        "",
        |runtime, _| Value::Counter(runtime.budget_forced_yield_count()),
    ),
];

/// Where Tokio has an I/O driver at all.
#[cfg(all(tokio_unstable, target_has_atomic = "64", any(feature = "server", feature = "grpc")))]
const OF_IO: [Column; 2] = [
    Column::gauge(
        "tokio_io_driver_fds",
        "File descriptors that the I/O driver watches.",
        "",
        |runtime, _| {
            let (in_all, gone) =
                (runtime.io_driver_fd_registered_count(), runtime.io_driver_fd_deregistered_count());
            Value::Gauge(in_all.saturating_sub(gone) as f64)
        },
    ),
    Column::counter(
        "tokio_io_driver_events_total",
        "Events that the I/O driver has seen.",
        "",
        |runtime, _| Value::Counter(runtime.io_driver_ready_count()),
    ),
];

pub(super) fn collect(all: &[Arc<Watched>], families: &mut Vec<Family>) {
    let mut add = |columns: &[Column]| {
        families.extend(columns.iter().map(|column| {
            let rows = all
                .iter()
                .map(|watched| (LabelSet::from([("runtime", watched.name.clone())]), &watched.metrics, 0));
            column.family(super::start(all), rows)
        }));
    };
    add(&STABLE);
    #[cfg(tokio_unstable)]
    add(&UNSTABLE);
    #[cfg(all(tokio_unstable, target_has_atomic = "64"))]
    add(&COUNTED);
    #[cfg(all(tokio_unstable, target_has_atomic = "64", any(feature = "server", feature = "grpc")))]
    add(&OF_IO);
}
