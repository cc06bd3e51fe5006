//! Nothing listens.

use std::hint::black_box;
use std::sync::LazyLock;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};
use spanwright_benches::subjects::{autometric, block_on, ours, plain, tracings};

use super::{Setup, repeat};

pub fn install() -> Setup {
    Setup { run, settle: Box::new(|| {}) }
}

static COUNTER: LazyLock<IntCounterVec> = LazyLock::new(|| {
    IntCounterVec::new(Opts::new("requests", "Requests."), &["method", "status"]).expect("valid names")
});
static HISTOGRAM: LazyLock<HistogramVec> = LazyLock::new(|| {
    let opts = HistogramOpts::new("latency", "Latency.").buckets(spanwright::DURATION_BUCKETS.to_vec());
    HistogramVec::new(opts, &["method", "status"]).expect("valid names")
});

fn run(subject: &str, n: u64) -> u64 {
    let bench = ours::Bench::global();
    let request =
        || ours::Request { method: black_box(ours::METHODS[1]), status: black_box(ours::STATUSES[2]) };
    let theirs = [black_box("put"), black_box("failed")];
    match subject {
        "nothing" => repeat!(n => ()),
        "plain" => repeat!(n, plain::function),
        "plain async" => repeat!(n, async plain::future),
        "plain polls" => repeat!(n, async plain::polled),
        "spanwright filtered" => repeat!(n, ours::filtered),
        "spanwright filtered async" => repeat!(n, async ours::filtered_future),
        "spanwright counter" => repeat!(n => bench.requests_total.with(request()).inc()),
        "spanwright histogram" => {
            repeat!(n => bench.latency_seconds.with(request()).observe(black_box(0.003)))
        }
        "spanwright metrics" => repeat!(n, ours::metrics),
        "tracing filtered" => repeat!(n, tracings::filtered),
        "tracing filtered async" => repeat!(n, async tracings::filtered_future),
        "prometheus counter" => repeat!(n => COUNTER.with_label_values(&theirs).inc()),
        "prometheus histogram" => {
            repeat!(n => HISTOGRAM.with_label_values(&theirs).observe(black_box(0.003)))
        }
        "autometrics metrics" => repeat!(n, autometric::metrics),
        other => panic!("no subject `{other}`"),
    }
}
