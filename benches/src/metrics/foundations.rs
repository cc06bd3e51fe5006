//! `foundations-metrics`.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use foundations_metrics::{
    CollectionOptions, Counter, EncodeMetric, EncodeMetricValue, Family as Series, Gauge, Histogram,
    HistogramBuilder, LowCardinalityFamily, LowCardinalityLabel, NamedMetric, NativeHistogram,
    NativeHistogramBuilder, RegistrationMetadata, ServiceNameFormat, ThreadLocalCounter, collect,
    encode_to_text, register,
};
use serde::Serialize;

use super::{BOUNDS, Contender, Family, Method, Status, each, unknown};

pub const CONTENDER: Contender = Contender { run, family };

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Request {
    method: Method,
    status: Status,
}

/// By hand, since the derive is for one enum.
impl LowCardinalityLabel for Request {
    const CARDINALITY: NonZeroUsize = NonZeroUsize::new(9).expect("not zero");

    fn index(&self) -> usize {
        self.method as usize * 3 + self.status as usize
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Customer {
    customer: String,
}

type Indexed<M, C = fn() -> M> = LazyLock<LowCardinalityFamily<Request, M, C>>;

static COUNTER: LazyLock<Series<Request, Counter>> = LazyLock::new(Series::default);
static INDEXED_COUNTER: Indexed<ThreadLocalCounter> = LazyLock::new(LowCardinalityFamily::default);
static HISTOGRAM: Indexed<Histogram, HistogramBuilder> =
    LazyLock::new(|| LowCardinalityFamily::new_with_constructor(HistogramBuilder { buckets: BOUNDS }));
static NATIVE: Indexed<NativeHistogram, NativeHistogramBuilder> =
    LazyLock::new(|| LowCardinalityFamily::new_with_constructor(NativeHistogramBuilder::new(1.1)));
static CUSTOMERS: LazyLock<Series<Customer, Counter>> = LazyLock::new(Series::default);
static GAUGE: Indexed<Gauge<f64>> = LazyLock::new(LowCardinalityFamily::default);

fn labels(request: super::Request) -> Request {
    Request { method: request.method, status: request.status }
}

fn run(subject: &str, n: u64) -> u64 {
    match subject {
        "counter" => each!(n, |request in requests| COUNTER.get_or_create(&labels(request)).inc()),
        "counter indexed" => {
            each!(n, |request in requests| INDEXED_COUNTER.get_or_create(&labels(request)).inc())
        }
        "kept" => {
            let series = INDEXED_COUNTER.get_or_create(&Request { method: Method::Get, status: Status::Ok });
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
        other => unknown(other),
    }
}

fn family(kind: &str) -> Family {
    let record: Box<dyn Fn(&str)> = match kind {
        "counter" => {
            let series = Series::<Customer, Counter>::default();
            export("requests_total", series.clone());
            Box::new(move |customer| {
                series.get_or_create(&Customer { customer: customer.to_owned() }).inc();
            })
        }
        "histogram" => {
            let series =
                Series::<Customer, Histogram, _>::new_with_constructor(HistogramBuilder { buckets: BOUNDS });
            export("latency_seconds", series.clone());
            Box::new(move |customer| {
                series.get_or_create(&Customer { customer: customer.to_owned() }).observe(0.003);
            })
        }
        other => unknown(other),
    };
    Family { record, scrape: Box::new(scrape) }
}

fn export(name: &'static str, metric: impl EncodeMetricValue) {
    let metric: Box<dyn EncodeMetric> = Box::new(NamedMetric::new(name, "Requests.", metric));
    register(metric, RegistrationMetadata::default());
}

fn scrape() -> Vec<u8> {
    let options = CollectionOptions {
        include_optional: false,
        service_name: None,
        service_name_format: ServiceNameFormat::MetricPrefix,
    };
    encode_to_text(&collect(options)).into_bytes()
}
