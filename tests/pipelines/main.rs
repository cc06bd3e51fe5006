//! Pipelines with settings of their own: sampling, the tail policy, limits, queues, several exporters. Telemetry is the
//! process's, so the tests take turns.

mod queues;
mod sampling;
mod tail;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spanwright::export::exposition::to_text;
use spanwright::export::{ExportError, LogExporter, SpanExporter};
use spanwright::span::{EventData, EventRef, SpanData, SpanRef};
use spanwright::telemetry::Builder;
use spanwright::{Guard, Registry, Telemetry};

/// What an exporter was given.
#[derive(Clone, Debug, Default)]
struct Collected {
    spans: Arc<Mutex<Vec<SpanData>>>,
    events: Arc<Mutex<Vec<EventData>>>,
    /// The most events in one export.
    largest: Arc<AtomicUsize>,
}

impl Collected {
    fn spans(&self) -> Vec<SpanData> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.spans().into_iter().map(|span| span.name.into_owned()).collect();
        names.sort();
        names
    }

    fn events(&self) -> Vec<EventData> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl SpanExporter for Collected {
    fn name(&self) -> &'static str {
        "collected"
    }

    fn export(&mut self, spans: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        self.spans.lock().unwrap().extend(spans.iter().copied().map(SpanData::from));
        Ok(())
    }
}

impl LogExporter for Collected {
    fn name(&self) -> &'static str {
        "collected"
    }

    fn export(&mut self, events: &[EventRef<'_>], _: Duration) -> Result<(), ExportError> {
        self.largest.fetch_max(events.len(), Ordering::Relaxed);
        self.events.lock().unwrap().extend(events.iter().copied().map(EventData::from));
        Ok(())
    }
}

/// A telemetry for one test.
struct Installed {
    guard: Option<Guard>,
    collected: Collected,
    _turn: MutexGuard<'static, ()>,
}

impl Installed {
    fn flush(&self) -> bool {
        self.guard.as_ref().unwrap().flush()
    }

    fn start(&mut self, settings: impl FnOnce(Builder) -> Builder) {
        let builder =
            Telemetry::builder().service_name("pipelines").metrics_enabled(false).log_filter("info");
        let builder = builder.exporter(self.collected.clone()).log_exporter(self.collected.clone());
        let guard = settings(builder).install().expect("telemetry starts");
        assert!(guard.problems().iter().all(|problem| problem.is_warning()), "{:?}", guard.problems());
        self.guard = Some(guard);
    }
}

fn install(settings: impl FnOnce(Builder) -> Builder) -> Installed {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut installed = Installed { guard: None, collected: Collected::default(), _turn: turn };
    installed.start(settings);
    installed
}

/// The value of one of the telemetry's own counters; all series of it, where `label` is empty.
fn own(name: &str, label: &str) -> u64 {
    let text = to_text(&Registry::global().snapshot());
    let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
}
