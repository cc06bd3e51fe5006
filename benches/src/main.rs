//! What an annotation costs, beside the peers, in one process. Run it from this folder with `cargo run --release`; the
//! results of the last run are in BENCHMARKS.md.

mod harness;

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use harness::{Contender, contender, measure};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use spanwright::Telemetry;
use spanwright::export::ExportError;
use spanwright_benches::subjects::{autometric, fastraces, large, ours, plain, tracings};
use tracing_subscriber::prelude::*;

/// Calls a function with arguments that the compiler knows nothing of.
macro_rules! call {
    ($name:literal, $($path:ident)::+) => {
        contender($name, || {
            black_box($($path)::+(black_box(1), black_box("text"), black_box(true)));
        })
    };
    ($name:literal, async $($path:ident)::+) => {
        contender($name, || {
            black_box(block_on($($path)::+(black_box(1), black_box("text"), black_box(true))));
        })
    };
}

fn main() {
    sizes();
    metrics();
    nothing_listens();
    ours_recorded();
    theirs_recorded();
}

/// What an annotation adds to a future.
fn sizes() {
    let plain = size_of_val(&large::plain(""));
    println!("\n### Bytes of a future that holds 4 KiB\n");
    println!("| | bytes | added |\n| --- | ---: | ---: |");
    let sizes = [
        ("plain", plain),
        ("spanwright", size_of_val(&large::ours(""))),
        ("tracing", size_of_val(&large::tracings(""))),
        ("fastrace", size_of_val(&large::fastraces(""))),
        ("autometrics", size_of_val(&large::autometric(""))),
    ];
    for (name, size) in sizes {
        println!("| {name} | {size} | {:+} |", size - plain);
    }
}

fn nothing_listens() {
    measure(
        "Level filtered out",
        vec![
            call!("plain", plain::function),
            call!("spanwright", ours::filtered),
            call!("tracing", tracings::filtered),
        ],
    );
    measure(
        "Level filtered out, async",
        vec![
            call!("plain", async plain::future),
            call!("spanwright", async ours::filtered_future),
            call!("tracing", async tracings::filtered_future),
        ],
    );
}

fn metrics() {
    let bench = ours::Bench::global();
    let request =
        || ours::Request { method: black_box(ours::METHODS[1]), status: black_box(ours::STATUSES[2]) };
    let opts = prometheus::Opts::new("requests", "Requests.");
    let counter = prometheus::IntCounterVec::new(opts, &["method", "status"]).expect("valid names");
    let opts = prometheus::HistogramOpts::new("latency", "Latency.");
    let opts = opts.buckets(spanwright::DURATION_BUCKETS.to_vec());
    let histogram = prometheus::HistogramVec::new(opts, &["method", "status"]).expect("valid names");
    measure(
        "Counter, 2 enum labels",
        vec![
            contender("plain", || {
                black_box(());
            }),
            contender("spanwright", move || bench.requests_total.with(request()).inc()),
            contender("prometheus", move || counter.with_label_values(&[black_box("put"), "failed"]).inc()),
        ],
    );
    measure(
        "Histogram, 2 enum labels",
        vec![
            contender("plain", || {
                black_box(());
            }),
            contender("spanwright", move || bench.latency_seconds.with(request()).observe(black_box(0.003))),
            contender("prometheus", move || {
                histogram.with_label_values(&[black_box("put"), "failed"]).observe(black_box(0.003));
            }),
        ],
    );
    measure(
        "Calls, duration and outcome of a function",
        vec![
            call!("plain", plain::function),
            call!("spanwright", ours::metrics),
            call!("autometrics", autometric::metrics),
        ],
    );
}

/// Takes spans and does nothing with them.
#[derive(Debug)]
struct Null;

impl spanwright::export::SpanExporter for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn export(&mut self, _: &[spanwright::span::SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        Ok(())
    }
}

impl SpanExporter for Null {
    async fn export(&self, _: Vec<SpanData>) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}

impl fastrace::collector::Reporter for Null {
    fn report(&mut self, _: Vec<fastrace::collector::SpanRecord>) {}
}

fn ours_recorded() {
    // For the ids in log lines alone: the slot is given back at the span's end.
    let builder = || Telemetry::builder().service_name("bench").with_subscriber(false).metrics_enabled(false);
    let telemetry = builder().install().expect("telemetry starts");
    measure(
        "Span with 3 fields, for nobody but the logs",
        vec![
            call!("plain", plain::function),
            call!("spanwright", ours::span),
            call!("spanwright, with metrics", ours::both),
        ],
    );
    drop(telemetry);
    let telemetry = builder().exporter(Null).install().expect("telemetry starts");
    measure(
        "Span with 3 fields, to be exported",
        vec![
            call!("plain", plain::function),
            call!("spanwright", ours::span),
            call!("spanwright, with metrics", ours::both),
        ],
    );
    measure(
        "Span with 3 fields, to be exported, async",
        vec![call!("plain", async plain::future), call!("spanwright", async ours::span_future)],
    );
    drop(telemetry);
}

fn theirs_recorded() {
    fastrace::set_reporter(Null, fastrace::collector::Config::default());
    let provider = SdkTracerProvider::builder().with_batch_exporter(Null).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let subscriber =
        tracing_subscriber::registry().with(layer.with_filter(tracing_subscriber::filter::LevelFilter::INFO));
    tracing::subscriber::set_global_default(subscriber).expect("no subscriber yet");
    measure(
        "The same, by the peers",
        vec![
            call!("plain", plain::function),
            fastrace_in_root(),
            call!("tracing + tracing-opentelemetry", tracings::span),
            call!("tracing + tracing-opentelemetry + autometrics", autometric::both),
        ],
    );
    measure(
        "The same, async, by the peers",
        vec![
            call!("plain", async plain::future),
            call!("tracing + tracing-opentelemetry", async tracings::span_future),
        ],
    );
}

/// `fastrace` records only within a root, which is opened once for each batch.
fn fastrace_in_root() -> Contender {
    Contender {
        name: "fastrace",
        run: Box::new(|n| {
            let root = fastrace::Span::root("root", fastrace::collector::SpanContext::random());
            let _local = root.set_local_parent();
            for _ in 0..n {
                black_box(fastraces::span(black_box(1), black_box("text"), black_box(true)));
            }
        }),
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}
