//! What the system knows of this process: processor time, memory, threads, files, disk, network, and how it was built.
//!
//! Names are those of Prometheus' client libraries where they have one, so that dashboards made for these work. What can't
//! be read, for want of permission or since the system is another one, is left out.
//!
//! Context switches are not among them: Linux has them for each thread that still runs, and not for the process.

mod build_info;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod network;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub(crate) use build_info::{build_info, target_info};

use crate::registry::{Family, Kind, LabelSet, Source, Value};

/// Metrics of this process, read at each snapshot. On Linux:
///
/// | Metric | What it is |
/// | --- | --- |
/// | `process_cpu_seconds_total` | processor time, of programs' and the system's code |
/// | `process_resident_memory_bytes`, `process_virtual_memory_bytes` | memory |
/// | `process_virtual_memory_max_bytes` | the limit of the latter; 2⁶⁴ - 1 where there is none |
/// | `process_threads` | threads |
/// | `process_open_fds`, `process_max_fds` | file descriptors, and their limit |
/// | `process_start_time_seconds`, `process_uptime_seconds` | when it started, since the Unix epoch, and how long ago |
/// | `process_disk_io_bytes_total{direction}` | what it made disks `read` and `write` |
/// | `process_page_faults_total{type}` | accesses to memory that was not there: `minor`, and `major` ones from disk |
/// | `network_namespace_{receive,transmit}_{bytes,packets,errors}_total{interface}` | all that went through the network interfaces that it sees, also of other processes that see them; of the first 64 interfaces |
///
/// Elsewhere `process_start_time_seconds` and `process_uptime_seconds`, as of when this was made.
///
/// The telemetry adds one to [`Registry::global`](crate::Registry::global), unless
/// [told otherwise](crate::telemetry::Builder::process_metrics).
///
/// ```
/// use std::sync::Arc;
/// use spanwright::Registry;
/// use spanwright::process::ProcessMetrics;
///
/// let (registry, process) = (Registry::new(), Arc::new(ProcessMetrics::new()));
/// registry.add_source(&process);
/// assert!(registry.get_metric("process_uptime_seconds").is_some());
/// ```
#[derive(Debug)]
pub struct ProcessMetrics {
    /// When the process started. It stays what it is where the system's clock is set.
    started: SystemTime,
    /// When this was made, and how long the process had run then.
    made: (Instant, std::time::Duration),
    #[cfg(target_os = "linux")]
    units: linux::Units,
}

impl ProcessMetrics {
    /// Metrics of this process.
    #[must_use]
    pub fn new() -> Self {
        #[cfg(target_os = "linux")]
        let (units, age) = {
            let units = linux::Units::read();
            let age = linux::age(&units).unwrap_or_default();
            (units, age)
        };
        #[cfg(not(target_os = "linux"))]
        let age = std::time::Duration::ZERO;
        Self {
            started: SystemTime::now() - age,
            made: (Instant::now(), age),
            #[cfg(target_os = "linux")]
            units,
        }
    }

    /// When the process started.
    #[cfg(feature = "recorder")]
    pub(crate) fn started(&self) -> SystemTime {
        self.started
    }
}

impl Default for ProcessMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Source for ProcessMetrics {
    fn collect(&self, families: &mut Vec<Family>) {
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (made, age) = self.made;
        let mut out = Families { start: self.started, families };
        out.gauge(
            "process_start_time_seconds",
            "When the process started, in seconds since the Unix epoch.",
            "seconds",
            started.as_secs_f64(),
        );
        out.gauge(
            "process_uptime_seconds",
            "How long the process has run.",
            "seconds",
            (age + made.elapsed()).as_secs_f64(),
        );
        #[cfg(target_os = "linux")]
        {
            linux::collect(&self.units, &mut out);
            network::collect(&mut out);
        }
    }
}

/// Where families go.
struct Families<'a> {
    /// Since when counters count.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux says what is counted"))]
    start: SystemTime,
    families: &'a mut Vec<Family>,
}

impl Families<'_> {
    fn gauge(&mut self, name: &'static str, help: &'static str, unit: &'static str, value: f64) {
        let family = Family { help: help.into(), unit: unit.into(), ..Family::new(name, Kind::Gauge) };
        self.families.push(family.with(LabelSet::default(), Value::Gauge(value)));
    }

    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux says what is counted"))]
    fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        unit: &'static str,
        start: Option<SystemTime>,
        series: impl IntoIterator<Item = (LabelSet, Value)>,
    ) {
        let family =
            Family { help: help.into(), unit: unit.into(), start, ..Family::new(name, Kind::Counter) };
        self.families
            .push(series.into_iter().fold(family, |family, (labels, value)| family.with(labels, value)));
    }
}

#[cfg(test)]
mod tests;
