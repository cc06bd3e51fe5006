//! The OpenTelemetry SDK's metrics, read by `opentelemetry-prometheus`.

use std::sync::LazyLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::{SdkMeterProvider, Stream};

use super::{BOUNDS, Contender, Family, Request, each, prom, unknown};

pub const CONTENDER: Contender = Contender { run, family };

/// Series of one instrument; there are 2,000 unless more are asked for.
const LIMIT: usize = 1_000_000;

struct Sdk {
    registry: prometheus::Registry,
    /// Without which nothing is collected.
    provider: SdkMeterProvider,
    meter: Meter,
}

struct Instruments {
    counter: Counter<u64>,
    histogram: Histogram<f64>,
    gauge: Gauge<f64>,
}

static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    static SDK: LazyLock<Sdk> = LazyLock::new(|| sdk(None));
    Instruments {
        counter: counter(&SDK.meter),
        histogram: histogram(&SDK.meter),
        gauge: SDK.meter.f64_gauge("last").build(),
    }
});

fn sdk(limit: Option<usize>) -> Sdk {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build();
    let mut builder = SdkMeterProvider::builder().with_reader(exporter.expect("a valid registry"));
    if let Some(limit) = limit {
        builder =
            builder.with_view(move |_: &_| Stream::builder().with_cardinality_limit(limit).build().ok());
    }
    let provider = builder.build();
    Sdk { registry, meter: provider.meter("bench"), provider }
}

fn counter(meter: &Meter) -> Counter<u64> {
    meter.u64_counter("requests").build()
}

fn histogram(meter: &Meter) -> Histogram<f64> {
    meter.f64_histogram("latency").with_boundaries(BOUNDS.to_vec()).build()
}

fn labels(request: Request) -> [KeyValue; 2] {
    [KeyValue::new("method", request.method.as_str()), KeyValue::new("status", request.status.as_str())]
}

fn run(subject: &str, n: u64) -> u64 {
    let Instruments { counter, histogram, gauge } = &*INSTRUMENTS;
    match subject {
        "counter" => each!(n, |request in requests| counter.add(1, &labels(request))),
        "histogram" => {
            each!(n, |request in requests, value in values| histogram.record(value, &labels(request)))
        }
        "text" => each!(n, |customer in customers| {
            counter.add(1, &[KeyValue::new("customer", customer.to_owned())]);
        }),
        "gauge" => each!(n, |request in requests, value in values| gauge.record(value, &labels(request))),
        other => unknown(other),
    }
}

fn family(kind: &str) -> Family {
    let sdk = sdk(Some(LIMIT));
    let customer = |customer: &str| [KeyValue::new("customer", customer.to_owned())];
    let record: Box<dyn Fn(&str)> = match kind {
        "counter" => {
            let counter = counter(&sdk.meter);
            Box::new(move |name| counter.add(1, &customer(name)))
        }
        "histogram" => {
            let histogram = histogram(&sdk.meter);
            Box::new(move |name| histogram.record(0.003, &customer(name)))
        }
        other => unknown(other),
    };
    let Sdk { registry, provider, .. } = sdk;
    let scrape = move || {
        let _alive = &provider;
        prom::encode(&registry)
    };
    Family { record, scrape: Box::new(scrape) }
}
