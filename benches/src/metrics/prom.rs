//! `prometheus`.

use std::sync::LazyLock;

use prometheus::{GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

use super::{BOUNDS, Contender, Family, each, unknown};

pub const CONTENDER: Contender = Contender { run, family };

static COUNTER: LazyLock<IntCounterVec> = LazyLock::new(|| counter(&["method", "status"]));
static HISTOGRAM: LazyLock<HistogramVec> = LazyLock::new(|| histogram(&["method", "status"]));
static CUSTOMERS: LazyLock<IntCounterVec> = LazyLock::new(|| counter(&["customer"]));
static GAUGE: LazyLock<GaugeVec> = LazyLock::new(|| {
    GaugeVec::new(Opts::new("last_seconds", "Latency."), &["method", "status"]).expect("valid names")
});

fn counter(labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new("requests_total", "Requests."), labels).expect("valid names")
}

fn histogram(labels: &[&str]) -> HistogramVec {
    let opts = HistogramOpts::new("latency_seconds", "Latency.").buckets(BOUNDS.to_vec());
    HistogramVec::new(opts, labels).expect("valid names")
}

fn run(subject: &str, n: u64) -> u64 {
    match subject {
        "counter" => each!(n, |request in requests| {
            COUNTER.with_label_values(&[request.method.as_str(), request.status.as_str()]).inc();
        }),
        "kept" => {
            let series = COUNTER.with_label_values(&["get", "ok"]);
            each!(n, series.inc())
        }
        "histogram" => each!(n, |request in requests, value in values| {
            HISTOGRAM.with_label_values(&[request.method.as_str(), request.status.as_str()]).observe(value);
        }),
        "text" => each!(n, |customer in customers| CUSTOMERS.with_label_values(&[customer]).inc()),
        "gauge" => each!(n, |request in requests, value in values| {
            GAUGE.with_label_values(&[request.method.as_str(), request.status.as_str()]).set(value);
        }),
        other => unknown(other),
    }
}

fn family(kind: &str) -> Family {
    let registry = Registry::new();
    let record: Box<dyn Fn(&str)> = match kind {
        "counter" => {
            let counter = counter(&["customer"]);
            registry.register(Box::new(counter.clone())).expect("the first");
            Box::new(move |customer| counter.with_label_values(&[customer]).inc())
        }
        "histogram" => {
            let histogram = histogram(&["customer"]);
            registry.register(Box::new(histogram.clone())).expect("the first");
            Box::new(move |customer| histogram.with_label_values(&[customer]).observe(0.003))
        }
        other => unknown(other),
    };
    Family { record, scrape: Box::new(move || encode(&registry)) }
}

/// What a registry has, as text.
pub fn encode(registry: &Registry) -> Vec<u8> {
    TextEncoder::new().encode_to_string(&registry.gather()).expect("valid families").into_bytes()
}
