//! `measured`.

use std::rc::Rc;
use std::sync::LazyLock;

use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{CounterVec, FloatGaugeVec, HistogramVec, LabelGroup, MetricGroup};
use paracord::ParaCord;

use super::{BOUNDS, Contender, Family, Method, Status, each, unknown};

pub const CONTENDER: Contender = Contender { run, family };

const BUCKETS: usize = BOUNDS.len();

#[derive(Clone, Copy, LabelGroup)]
#[label(set = RequestSet)]
struct Request {
    method: Method,
    status: Status,
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = CustomerSet)]
struct Customer<'a> {
    #[label(dynamic_with = ParaCord)]
    customer: &'a str,
}

#[derive(MetricGroup)]
struct Counts {
    /// Requests.
    requests_total: CounterVec<CustomerSet>,
}

#[derive(MetricGroup)]
struct Latencies {
    /// Latency.
    latency_seconds: HistogramVec<CustomerSet, BUCKETS>,
}

static COUNTER: LazyLock<CounterVec<RequestSet>> = LazyLock::new(CounterVec::new);
static HISTOGRAM: LazyLock<HistogramVec<RequestSet, BUCKETS>> =
    LazyLock::new(|| HistogramVec::with_metadata(thresholds()));
static CUSTOMERS: LazyLock<CounterVec<CustomerSet>> =
    LazyLock::new(|| CounterVec::with_label_set(customers()));
static GAUGE: LazyLock<FloatGaugeVec<RequestSet>> = LazyLock::new(FloatGaugeVec::new);

fn thresholds() -> Thresholds<BUCKETS> {
    Thresholds::with_buckets(BOUNDS.try_into().expect("the length is that of the bounds"))
}

fn customers() -> CustomerSet {
    CustomerSet { customer: ParaCord::default() }
}

fn labels(request: super::Request) -> Request {
    Request { method: request.method, status: request.status }
}

fn run(subject: &str, n: u64) -> u64 {
    match subject {
        "counter" => each!(n, |request in requests| COUNTER.inc(labels(request))),
        "kept" => {
            let id = COUNTER.with_labels(Request { method: Method::Get, status: Status::Ok });
            each!(n, COUNTER.get_metric(id).inc())
        }
        "histogram" => {
            each!(n, |request in requests, value in values| HISTOGRAM.observe(labels(request), value))
        }
        "text" => each!(n, |customer in customers| CUSTOMERS.inc(Customer { customer })),
        "gauge" => each!(n, |request in requests, value in values| GAUGE.set(labels(request), value)),
        other => unknown(other),
    }
}

fn family(kind: &str) -> Family {
    match kind {
        "counter" => {
            let counts = Rc::new(Counts { requests_total: CounterVec::with_label_set(customers()) });
            let scraped = Rc::clone(&counts);
            Family {
                record: Box::new(move |customer| counts.requests_total.inc(Customer { customer })),
                scrape: Box::new(move || encode(&*scraped)),
            }
        }
        "histogram" => {
            let latency_seconds = HistogramVec::with_label_set_and_metadata(customers(), thresholds());
            let latencies = Rc::new(Latencies { latency_seconds });
            let scraped = Rc::clone(&latencies);
            Family {
                record: Box::new(move |customer| {
                    latencies.latency_seconds.observe(Customer { customer }, 0.003)
                }),
                scrape: Box::new(move || encode(&*scraped)),
            }
        }
        other => unknown(other),
    }
}

fn encode(group: &impl MetricGroup<BufferedTextEncoder>) -> Vec<u8> {
    let mut encoder = BufferedTextEncoder::new();
    if let Err(never) = group.collect_group_into(&mut encoder) {
        match never {}
    }
    encoder.finish().into()
}
