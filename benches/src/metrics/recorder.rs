//! `metrics`, with the recorder of `metrics-exporter-prometheus`.

use std::sync::LazyLock;

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::{BOUNDS, Contender, Family, each, unknown};

pub const CONTENDER: Contender = Contender { run, family };

/// The recorder, which is the process's.
static RECORDER: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    let recorder = PrometheusBuilder::new().set_buckets(BOUNDS).expect("there are bounds").build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).expect("the first");
    // Observations wait in lists until somebody does this.
    let upkeep = handle.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(std::time::Duration::from_millis(200));
            upkeep.run_upkeep();
        }
    });
    handle
});

fn run(subject: &str, n: u64) -> u64 {
    LazyLock::force(&RECORDER);
    match subject {
        "counter" => each!(n, |request in requests| {
            let (method, status) = (request.method.as_str(), request.status.as_str());
            counter!("requests_total", "method" => method, "status" => status).increment(1);
        }),
        "kept" => {
            let series = counter!("requests_total", "method" => "get", "status" => "ok");
            each!(n, series.increment(1))
        }
        "histogram" => each!(n, |request in requests, value in values| {
            let (method, status) = (request.method.as_str(), request.status.as_str());
            histogram!("latency_seconds", "method" => method, "status" => status).record(value);
        }),
        "text" => each!(n, |customer in customers| {
            counter!("requests_total", "customer" => customer.to_owned()).increment(1);
        }),
        "gauge" => each!(n, |request in requests, value in values| {
            let (method, status) = (request.method.as_str(), request.status.as_str());
            gauge!("last_seconds", "method" => method, "status" => status).set(value);
        }),
        other => unknown(other),
    }
}

fn family(kind: &str) -> Family {
    let handle = &*RECORDER;
    let record: Box<dyn Fn(&str)> = match kind {
        "counter" => {
            Box::new(|customer| counter!("requests_total", "customer" => customer.to_owned()).increment(1))
        }
        "histogram" => Box::new(|customer| {
            histogram!("latency_seconds", "customer" => customer.to_owned()).record(0.003)
        }),
        other => unknown(other),
    };
    Family { record, scrape: Box::new(|| handle.render().into_bytes()) }
}
