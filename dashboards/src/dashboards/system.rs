//! What the process takes of its machine, at a glance.

use spanwright_catalog::Catalog;

use super::panel::{Panel, Query};
use crate::promql::{Scope, by_labels};
use crate::units;

/// A panel of each resource that the process tells of.
pub(super) fn panels(catalog: &Catalog, scope: &Scope) -> Vec<Panel> {
    let rates = |by: &[&str], name: &str| scope.sum_of_rates(by, name, &[]);
    let query =
        |name: &str, expr: String, legend: &str| catalog.metric(name).map(|_| Query::new(expr, legend));
    let (cpu, memory) = ("process_cpu_seconds_total", "process_resident_memory_bytes");
    let (busy, disk) = ("tokio_worker_busy_seconds_total", "process_disk_io_bytes_total");
    let runtime = ["instance", "runtime"];
    let busy_share = format!("avg{} ({})", by_labels(&runtime), scope.rate(busy, &[]));
    let network = ["receive", "transmit"].map(|way| {
        let name = format!("network_namespace_{way}_bytes_total");
        query(&name, rates(&["instance"], &name), &format!("{{{{instance}}}} {way}"))
    });
    let all = [
        ("CPU usage over time", units::SHARE, vec![query(cpu, rates(&["instance"], cpu), "{{instance}}")]),
        ("Memory usage over time", "bytes", vec![query(memory, scope.select(memory, &[]), "{{instance}}")]),
        ("Thread pool utilization", units::SHARE, vec![query(busy, busy_share, "{{instance}} {{runtime}}")]),
        (
            "Disk I/O",
            "binBps",
            vec![query(disk, rates(&["instance", "direction"], disk), "{{instance}} {{direction}}")],
        ),
        ("Network throughput", "binBps", network.into()),
    ];
    all.into_iter()
        .map(|(title, unit, queries)| Panel::new(title, unit, queries.into_iter().flatten().collect()))
        .filter(|panel| !panel.queries.is_empty())
        .collect()
}
