//! Runs one subject a number of times, to be counted under callgrind by `instructions.sh`.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use spanwright::Telemetry;
use spanwright::export::{ExportError, SpanExporter};
use spanwright::span::SpanRef;
use spanwright_benches::metrics;
use spanwright_benches::subjects::{autometric, ours, plain, tracings};

/// Polls a future once, where it was made: moving it is nobody's cost.
macro_rules! poll {
    ($future:expr) => {{
        let mut future = pin!($future);
        let polled = black_box(future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        polled.is_ready()
    }};
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(subject), Some(times)) = (arguments.next(), arguments.next().and_then(|n| n.parse().ok()))
    else {
        panic!("usage: instructions SUBJECT TIMES");
    };
    macro_rules! repeat {
        ($body:expr) => {
            for _ in 0..times {
                black_box($body);
            }
        };
    }
    let (n, text, flag) = (black_box(1), black_box("text"), black_box(true));
    let _: u64 = times;
    // The subject's name says what is installed, and its end what is called.
    let _telemetry = telemetry(&subject);
    let subject = subject.rsplit(' ').next().unwrap_or_default().to_owned();
    match subject.as_str() {
        "plain" => repeat!(plain::function(n, text, flag)),
        "filtered" => repeat!(ours::filtered(n, text, flag)),
        "filtered-tracing" => repeat!(tracings::filtered(n, text, flag)),
        "plain-async" => repeat!(poll!(plain::future(n, text, flag))),
        "filtered-async" => repeat!(poll!(ours::filtered_future(n, text, flag))),
        "filtered-async-tracing" => repeat!(poll!(tracings::filtered_future(n, text, flag))),
        "metrics" => repeat!(ours::metrics(n, text, flag)),
        "reported" => repeat!(ours::reported(n, text, flag)),
        "metrics-autometrics" => repeat!(autometric::metrics(n, text, flag)),
        "span" => repeat!(ours::span(n, text, flag)),
        "child" => ours::within(|| repeat!(ours::span(n, text, flag))),
        "bare" => ours::within(|| repeat!(ours::bare(n, text, flag))),
        "both" => ours::within(|| repeat!(ours::both(n, text, flag))),
        other => {
            // Of metrics: whose, and which of them.
            let (whose, which) = other.split_once('/').unwrap_or(("plain", other));
            (metrics::contender(whose).run)(&which.replace('-', " "), times);
        }
    }
}

fn telemetry(subject: &str) -> Option<spanwright::Guard> {
    let builder = Telemetry::builder().with_subscriber(false).metrics_enabled(false);
    let builder = match subject.split_once(' ')?.0 {
        "unsampled" => builder.sample_rate(0.0),
        "recorded" => builder,
        "exported" => builder.exporter(Null),
        other => panic!("nothing is `{other}`"),
    };
    Some(builder.install().expect("telemetry starts"))
}

/// Takes spans and does nothing with them.
struct Null;

impl SpanExporter for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn export(&mut self, _: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        Ok(())
    }
}
