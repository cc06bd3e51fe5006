//! `fastrace`. It records only within a root, and 10,240 spans in one at most.

use std::borrow::Cow;
use std::hint::black_box;

use fastrace::Span;
use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use spanwright_benches::subjects::{block_on, fastraces};

use super::{Null, Setup, count, otlp_of_sdk, repeat};

pub fn install(state: &str, receiver: &str) -> Setup {
    let config = Config::default();
    if state == "otlp" {
        let resource = Cow::Owned(Resource::builder().build());
        let scope = InstrumentationScope::builder("bench").build();
        fastrace::set_reporter(OpenTelemetryReporter::new(otlp_of_sdk(receiver), resource, scope), config);
    } else {
        fastrace::set_reporter(Null, config);
    }
    Setup { run, settle: Box::new(fastrace::flush) }
}

impl Reporter for Null {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        count(spans.len());
    }
}

fn run(subject: &str, n: u64) -> u64 {
    let within = |is_sampled: bool, body: &dyn Fn() -> u64| {
        let root = Span::root("root", SpanContext::random().sampled(is_sampled));
        let _local = root.set_local_parent();
        1 + body()
    };
    match subject {
        "no root" => repeat!(n, fastraces::span),
        "root 3" => repeat!(n, fastraces::root, true),
        "unsampled root 3" => repeat!(n, fastraces::root, false),
        "unsampled child 3" => within(false, &|| repeat!(n, fastraces::span)),
        "child 0" => within(true, &|| repeat!(n, fastraces::bare)),
        "child 3" => within(true, &|| repeat!(n, fastraces::span)),
        "child 10" => within(true, &|| repeat!(n, fastraces::ten)),
        "child 3 async" => within(true, &|| repeat!(n, async fastraces::span_future)),
        "polls" => within(true, &|| repeat!(n, async fastraces::polled)),
        "events" => within(true, &|| repeat!(n, fastraces::events)),
        other => panic!("no subject `{other}`"),
    }
}
