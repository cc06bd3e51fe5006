//! Spanwright.

use spanwright::export::exposition::{Format, encode};
use spanwright::{Counter, Gauge, Histogram, Labels, Metrics, Registry, Shared};

use super::{Contender, Family, Request, each, unknown};

pub const CONTENDER: Contender = Contender { run, family };

#[derive(Metrics)]
#[metrics(prefix = "bench")]
struct Bench {
    /// Requests.
    requests_total: Counter<Request>,
    /// Requests, counted in memory that threads share.
    shared_requests_total: Counter<Request, Shared>,
    /// How long requests took.
    latency_seconds: Histogram<Request>,
    /// How long requests took, in memory that threads share.
    shared_latency_seconds: Histogram<Request, Shared>,
    /// How long requests took, in native buckets.
    #[metric(buckets = native)]
    native_latency_seconds: Histogram<Request>,
    /// Requests by customer.
    customer_requests_total: Counter<Customer<'static>>,
    /// Requests by customer, in memory that threads share.
    shared_customer_requests_total: Counter<Customer<'static>, Shared>,
    /// How long the last request took.
    last_seconds: Gauge<Request>,
}

#[derive(Clone, Copy, Labels)]
struct Customer<'a> {
    #[label(max = 1_000)]
    customer: &'a str,
}

fn run(subject: &str, n: u64) -> u64 {
    let bench = Bench::global();
    let first = super::inputs().requests[0];
    match subject {
        "counter" => each!(n, |request in requests| bench.requests_total.with(request).inc()),
        "counter shared" => each!(n, |request in requests| bench.shared_requests_total.with(request).inc()),
        "kept" => {
            let series = bench.requests_total.with(first);
            each!(n, series.inc())
        }
        "kept shared" => {
            let series = bench.shared_requests_total.with(first);
            each!(n, series.inc())
        }
        "histogram" => {
            each!(n, |request in requests, value in values| bench.latency_seconds.with(request).observe(value))
        }
        "histogram shared" => {
            let histogram = &bench.shared_latency_seconds;
            each!(n, |request in requests, value in values| histogram.with(request).observe(value))
        }
        "histogram native" => {
            let histogram = &bench.native_latency_seconds;
            each!(n, |request in requests, value in values| histogram.with(request).observe(value))
        }
        "text" => {
            each!(n, |customer in customers| bench.customer_requests_total.with(Customer { customer }).inc())
        }
        "text shared" => {
            let counter = &bench.shared_customer_requests_total;
            each!(n, |customer in customers| counter.with(Customer { customer }).inc())
        }
        "gauge" => {
            each!(n, |request in requests, value in values| bench.last_seconds.with(request).set(value))
        }
        other => unknown(other),
    }
}

/// As many customers as anybody asks for.
#[derive(Clone, Copy, Labels)]
#[labels(budget = 1_000_001)]
struct Anybody<'a> {
    #[label(max = 1_000_000)]
    customer: &'a str,
}

/// As many as histograms have room for.
#[derive(Clone, Copy, Labels)]
#[labels(budget = 10_001)]
struct Few<'a> {
    #[label(max = 10_000)]
    customer: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "many")]
struct Counts {
    /// Requests.
    requests_total: Counter<Anybody<'static>>,
}

#[derive(Metrics)]
#[metrics(prefix = "many")]
struct SharedCounts {
    /// Requests.
    requests_total: Counter<Anybody<'static>, Shared>,
}

#[derive(Metrics)]
#[metrics(prefix = "many")]
struct Latencies {
    /// How long requests took.
    latency_seconds: Histogram<Few<'static>>,
}

fn family(kind: &str) -> Family {
    let registry = Registry::new();
    let record: Box<dyn Fn(&str)> = match kind {
        "counter" => {
            let counts = Counts::register(&registry);
            Box::new(move |customer| counts.requests_total.with(Anybody { customer }).inc())
        }
        "counter shared" => {
            let counts = SharedCounts::register(&registry);
            Box::new(move |customer| counts.requests_total.with(Anybody { customer }).inc())
        }
        "histogram" => {
            let latencies = Latencies::register(&registry);
            Box::new(move |customer| latencies.latency_seconds.with(Few { customer }).observe(0.003))
        }
        other => unknown(other),
    };
    Family { record, scrape: Box::new(move || encode(Format::PrometheusText, &registry.snapshot())) }
}
