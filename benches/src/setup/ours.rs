//! Spanwright.

use std::hint::black_box;
use std::time::Duration;

use spanwright::Telemetry;
use spanwright::export::otlp::{OtlpExporter, OtlpSettings};
use spanwright::export::{ExportError, SpanExporter};
use spanwright::span::SpanRef;
use spanwright_benches::metrics;
use spanwright_benches::subjects::{block_on, ours};
use tracing_subscriber::prelude::*;

use super::{Counted, Null, Setup, count, repeat};

pub fn install(state: &str, receiver: &str) -> Setup {
    let builder = Telemetry::builder().service_name("bench").with_subscriber(false).metrics_enabled(false);
    let builder = match state {
        "" => builder.exporter(Counted(Null)),
        "events" => {
            let subscriber = tracing_subscriber::registry().with(spanwright::layer());
            tracing::subscriber::set_global_default(subscriber).expect("no subscriber yet");
            builder.exporter(Counted(Null))
        }
        "logs" => builder,
        "unsampled" => builder.sample_rate(0.0).exporter(Counted(Null)),
        "otlp" => {
            let endpoint = format!("http://{receiver}/v1/traces");
            let settings = OtlpSettings { endpoint, ..OtlpSettings::default() };
            builder.exporter(Counted(OtlpExporter::new(settings).expect("valid settings")))
        }
        other => panic!("no state `{other}`"),
    };
    let telemetry = builder.install().expect("telemetry starts");
    Setup {
        run,
        settle: Box::new(move || {
            telemetry.flush();
        }),
    }
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn export(&mut self, spans: &[SpanRef<'_>], timeout: Duration) -> Result<(), ExportError> {
        count(spans.len());
        self.0.export(spans, timeout)
    }
}

impl SpanExporter for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn export(&mut self, _: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        Ok(())
    }
}

fn run(subject: &str, n: u64) -> u64 {
    match subject {
        "root 3" => repeat!(n, ours::span),
        "child 0" => 1 + ours::within(|| repeat!(n, ours::bare)),
        "child 3" => 1 + ours::within(|| repeat!(n, ours::span)),
        "child 10" => 1 + ours::within(|| repeat!(n, ours::ten)),
        "child 3 async" => 1 + ours::within(|| repeat!(n, async ours::span_future)),
        "polls" => 1 + ours::within(|| repeat!(n, async ours::polled)),
        "events" => 1 + ours::within(|| repeat!(n, ours::events)),
        "child 3 metrics" => 1 + ours::within(|| repeat!(n, ours::both)),
        // Metrics, with exemplars of the span, and without.
        _ => match subject.strip_prefix("within ") {
            Some(subject) => 1 + ours::within(|| (metrics::ours::CONTENDER.run)(subject, n)),
            None => (metrics::ours::CONTENDER.run)(subject, n),
        },
    }
}
