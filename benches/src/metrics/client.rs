//! `prometheus-client`.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::CounterWithExemplar;
use prometheus_client::metrics::family::Family as Series;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, NativeHistogramConfig};
use prometheus_client::registry::Registry;

use super::{BOUNDS, Contender, Family, Method, Status, each, unknown};

pub const CONTENDER: Contender = Contender { run, family };

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: Method,
    status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Customer {
    customer: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Trace {
    trace_id: String,
}

static COUNTER: LazyLock<Series<Request, Counter>> = LazyLock::new(Series::default);
static HISTOGRAM: LazyLock<Series<Request, Histogram>> =
    LazyLock::new(|| Series::new_with_constructor(histogram));
static NATIVE: LazyLock<Series<Request, Histogram>> = LazyLock::new(|| {
    Series::new_with_constructor(|| Histogram::new_native(NativeHistogramConfig::with_schema(3)))
});
static CUSTOMERS: LazyLock<Series<Customer, Counter>> = LazyLock::new(Series::default);
static GAUGE: LazyLock<Series<Request, Gauge<f64, AtomicU64>>> = LazyLock::new(Series::default);
static EXEMPLARS: LazyLock<Series<Request, CounterWithExemplar<Trace>>> = LazyLock::new(Series::default);

fn histogram() -> Histogram {
    Histogram::new(BOUNDS.iter().copied())
}

fn labels(request: super::Request) -> Request {
    Request { method: request.method, status: request.status }
}

fn run(subject: &str, n: u64) -> u64 {
    match subject {
        "counter" => each!(n, |request in requests| COUNTER.get_or_create(&labels(request)).inc()),
        "kept" => {
            let series = COUNTER.get_or_create_owned(&Request { method: Method::Get, status: Status::Ok });
            each!(n, series.inc())
        }
        "histogram" => each!(n, |request in requests, value in values| {
            HISTOGRAM.get_or_create(&labels(request)).observe(value);
        }),
        "histogram native" => each!(n, |request in requests, value in values| {
            NATIVE.get_or_create(&labels(request)).observe(value);
        }),
        "text" => each!(n, |customer in customers| {
            CUSTOMERS.get_or_create(&Customer { customer: customer.to_owned() }).inc()
        }),
        "gauge" => each!(n, |request in requests, value in values| {
            GAUGE.get_or_create(&labels(request)).set(value);
        }),
        "exemplar" => {
            let trace = Trace { trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned() };
            each!(n, |request in requests| {
                let now = Some(SystemTime::now());
                EXEMPLARS.get_or_create(&labels(request)).inc_by(1, Some(trace.clone()), now)
            })
        }
        other => unknown(other),
    }
}

fn family(kind: &str) -> Family {
    let mut registry = Registry::default();
    let record: Box<dyn Fn(&str)> = match kind {
        "counter" => {
            let series = Series::<Customer, Counter>::default();
            registry.register("requests", "Requests", series.clone());
            Box::new(move |customer| {
                series.get_or_create(&Customer { customer: customer.to_owned() }).inc();
            })
        }
        "histogram" => {
            let series = Series::<Customer, Histogram>::new_with_constructor(histogram);
            registry.register("latency_seconds", "Latency", series.clone());
            Box::new(move |customer| {
                series.get_or_create(&Customer { customer: customer.to_owned() }).observe(0.003);
            })
        }
        other => unknown(other),
    };
    let scrape = move || {
        let mut out = String::new();
        text::encode(&mut out, &registry).expect("a string takes everything");
        out.into_bytes()
    };
    Family { record, scrape: Box::new(scrape) }
}
