//! What is installed in a process that measures: one contender, in one state, since their global states exclude each
//! other.

mod fastrace;
mod none;
mod ours;
mod sdk;
mod tracing;

use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use spanwright_benches::metrics;

/// What is installed.
pub struct Setup {
    /// Runs a subject so many times, and tells how many spans that makes.
    pub run: fn(&str, u64) -> u64,
    /// Waits until all spans are exported.
    pub settle: Box<dyn Fn()>,
}

/// Spans that exporters were given.
static EXPORTED: AtomicU64 = AtomicU64::new(0);

/// Counts spans that an exporter is given.
fn count(spans: usize) {
    EXPORTED.fetch_add(spans as u64, Ordering::Relaxed);
}

/// How many spans exporters were given.
pub fn exported() -> u64 {
    EXPORTED.load(Ordering::Relaxed)
}

/// Installs a contender, whose state is what stands behind its name: `sdk unsampled`. With `otlp` spans are sent to
/// `receiver`, otherwise to nobody.
pub fn install(name: &str, receiver: &str) -> Setup {
    let (name, state) = name.split_once(' ').unwrap_or((name, ""));
    match name {
        // What is called is set up by its first call, beside nobody else's.
        "metrics" => Setup { run: metrics::contender(state).run, settle: Box::new(|| {}) },
        "none" => none::install(),
        "spanwright" => ours::install(state, receiver),
        "fastrace" => fastrace::install(state, receiver),
        "sdk" => sdk::install(state, receiver),
        "tracing" => tracing::install(state, receiver),
        other => panic!("no contender `{other}`"),
    }
}

/// An exporter whose spans are counted.
#[derive(Debug)]
struct Counted<E>(E);

/// Takes spans and does nothing with them.
#[derive(Debug)]
struct Null;

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        count(spans.len());
        self.0.export(spans).await
    }
}

impl SpanExporter for Null {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

/// OpenTelemetry's exporter over HTTP, with protobuf.
fn otlp_of_sdk(receiver: &str) -> Counted<opentelemetry_otlp::SpanExporter> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("http://{receiver}/v1/traces"))
        .build();
    Counted(exporter.expect("the exporter starts"))
}

/// The SDK's batch processor, before one of these exporters.
fn provider(state: &str, receiver: &str) -> SdkTracerProvider {
    let builder = SdkTracerProvider::builder();
    match state {
        "" => builder.with_batch_exporter(Counted(Null)).build(),
        "otlp" => builder.with_batch_exporter(otlp_of_sdk(receiver)).build(),
        "unsampled" => builder.with_sampler(Sampler::AlwaysOff).with_batch_exporter(Counted(Null)).build(),
        other => panic!("no state `{other}`"),
    }
}

/// Calls a function so many times, with arguments that the compiler knows nothing of; gives back how often.
macro_rules! repeat {
    ($n:expr, $($path:ident)::+ $(, $more:expr)*) => {
        $crate::setup::repeat!($n => $($path)::+(black_box(1), black_box("text"), black_box(true) $(, $more)*))
    };
    ($n:expr, async $($path:ident)::+) => {
        $crate::setup::repeat!($n => block_on($($path)::+(black_box(1), black_box("text"), black_box(true))))
    };
    ($n:expr => $call:expr) => {{
        for _ in 0..$n {
            black_box($call);
        }
        $n
    }};
}
use repeat;
