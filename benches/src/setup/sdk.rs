//! The OpenTelemetry SDK, used directly.

use std::hint::black_box;
use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracer;
use spanwright_benches::subjects::sdk;

use super::{Setup, repeat};

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

pub fn install(state: &str, receiver: &str) -> Setup {
    let provider = super::provider(state, receiver);
    TRACER.set(provider.tracer("bench")).expect("installed once");
    Setup {
        run,
        settle: Box::new(move || {
            let _ = provider.force_flush();
        }),
    }
}

fn run(subject: &str, n: u64) -> u64 {
    let tracer = TRACER.get().expect("installed");
    let (is_root, fields) =
        subject.split_once(' ').map_or((false, ""), |(kind, rest)| (kind == "root", rest));
    let context = if is_root {
        Context::new()
    } else {
        Context::new().with_span(tracer.start_with_context("root", &Context::new()))
    };
    let place = (tracer, &context);
    let values = || (black_box(1), black_box("text"), black_box(true));
    let spans = match fields {
        "0" => repeat!(n => sdk::span(place, values(), |_, _, _| [])),
        "3" => repeat!(n => sdk::span(place, values(), sdk::three)),
        "10" => repeat!(n => sdk::span(place, values(), sdk::ten)),
        _ => panic!("no subject `{subject}`"),
    };
    spans + u64::from(!is_root)
}
