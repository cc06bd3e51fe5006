//! What is measured besides what the program measures.

use super::Builder;

impl Builder {
    /// Whether the process is measured: see [`ProcessMetrics`](crate::process::ProcessMetrics). It is by default.
    pub fn process_metrics(mut self, measured: bool) -> Self {
        self.code.process_metrics = Some(measured);
        self
    }

    /// Whether Tokio runtimes are measured: see [`watch_runtime`](crate::watch_runtime). They are by default.
    pub fn runtime_metrics(mut self, measured: bool) -> Self {
        self.code.runtime_metrics = Some(measured);
        self
    }

    /// Whether there are the metric `build_info`, which says the service's name and version, the compiler's version, the
    /// target and the profile; and `target_info` with the resource, on the admin server's page. There are by default.
    pub fn build_info(mut self, shown: bool) -> Self {
        self.code.build_info = Some(shown);
        self
    }

    /// Whether what is counted through the crate `metrics` is among ours: see
    /// [`MetricsRecorder`](https://docs.rs/spanwright/latest/spanwright/struct.MetricsRecorder.html). It is by default, where
    /// the program has set no global recorder before. Needs the feature `metrics`.
    pub fn metrics_recorder(mut self, ours: bool) -> Self {
        self.code.metrics_recorder = Some(ours);
        self
    }

    /// Whether it is measured how full the telemetry's own ring buffer and queues are: `spanwright_ring_used_bytes`,
    /// `spanwright_export_queue_items` and their limits. They are by default. What is dropped is always counted.
    pub fn own_metrics(mut self, measured: bool) -> Self {
        self.code.own_metrics = Some(measured);
        self
    }

    /// Whether values of [`Registry::global`](crate::Registry::global) are remembered for 15 minutes, so that code can ask
    /// [`Guard::windows`](crate::Guard::windows) or [`windows`](crate::windows()) for rates and trends: see
    /// [`Windows`](crate::registry::Windows). Not by default.
    pub fn rolling_windows(mut self, remembered: bool) -> Self {
        self.code.rolling_windows = Some(remembered);
        self
    }
}
