//! What is sampled rather than counted: buffers, memory, trends.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use spanwright::Metrics as _;
use spanwright::process::ProcessMetrics;
use spanwright::registry::{Family, Source as _};
use tokio::time::MissedTickBehavior;

use crate::engine::EventFlux;
use crate::metrics::{Component, OfBuild, PipelineFamilies, SystemMetrics};

/// The layer under queries, streams and processors from which all exporters get what is sampled. Nothing of it is on the way of an
/// event.
#[derive(Debug)]
pub struct MetricsCollector {
    engine: EventFlux,
    process: ProcessMetrics,
    last: Mutex<Sampled>,
}

/// What was seen the last time.
#[derive(Debug)]
struct Sampled {
    at: Instant,
    /// Seconds that the process has had a processor.
    cpu: Option<f64>,
    /// What is shown of the uptime.
    uptime: u64,
}

/// How often it is collected.
const EVERY: Duration = Duration::from_secs(1);

impl MetricsCollector {
    /// Collects of this processor.
    #[must_use]
    pub fn new(engine: &EventFlux) -> Self {
        let last = Sampled { at: Instant::now(), cpu: None, uptime: 0 };
        Self { engine: engine.clone(), process: ProcessMetrics::new(), last: Mutex::new(last) }
    }

    /// Collects each second. Never ends.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.collect();
        }
    }

    /// Collects once.
    pub fn collect(&self) {
        let metrics = SystemMetrics::global();
        let _timer = metrics.collection_seconds.start_timer();
        metrics.collections_total.inc();
        let streams = self.engine.streams();
        metrics.build_info.with(OfBuild { version: env!("CARGO_PKG_VERSION") }).set(1.0);
        metrics.streams_active.set(streams.len() as f64);
        let buffers: usize = streams.iter().map(|stream| stream.junction.show()).sum();
        let pipelines = PipelineFamilies::global().snapshot();
        let scores = self.engine.queries().iter().map(|query| query.show(&pipelines)).fold(1.0, f64::min);
        metrics.health_score.set(scores);
        metrics.custom_metrics_active.set(self.engine.custom_families() as f64);
        self.engine.state().show();
        let memory = |component, bytes: f64| metrics.memory_usage_bytes.with(component).set(bytes);
        memory(Component::Buffers, buffers as f64);
        memory(Component::State, self.engine.state().used() as f64);
        memory(Component::Sinks, self.engine.sink_bytes() as f64);
        // The system is asked once for all of it.
        let mut process = Vec::new();
        self.process.collect(&mut process);
        memory(Component::Process, sum(&process, "process_resident_memory_bytes").unwrap_or_default());
        metrics.threads_active.set(sum(&process, "process_threads").unwrap_or_default());
        self.sample(&process);
    }

    fn sample(&self, process: &[Family]) {
        let metrics = SystemMetrics::global();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, cpu) = (Instant::now(), sum(process, "process_cpu_seconds_total"));
        let elapsed = now.duration_since(last.at).as_secs_f64();
        if let (Some(cpu), Some(before), true) = (cpu, last.cpu, elapsed > 0.0) {
            metrics.cpu_usage_percent.set(100.0 * (cpu - before).max(0.0) / elapsed);
        }
        let uptime = sum(process, "process_uptime_seconds").unwrap_or_default() as u64;
        metrics.uptime_seconds.add(uptime.saturating_sub(last.uptime));
        *last = Sampled { at: now, cpu, uptime: uptime.max(last.uptime) };
    }
}

/// All series of one of these metrics; nothing where the system does not say it.
fn sum(families: &[Family], name: &str) -> Option<f64> {
    let family = families.iter().find(|family| family.name == *name)?;
    family.series.iter().filter_map(|series| series.value.number()).reduce(|one, other| one + other)
}
