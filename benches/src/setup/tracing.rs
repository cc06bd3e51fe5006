//! `tracing` with `tracing-opentelemetry`.

use std::hint::black_box;

use opentelemetry::trace::TracerProvider as _;
use spanwright_benches::subjects::{autometric, block_on, tracings};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

use super::{Setup, repeat};

pub fn install(state: &str, receiver: &str) -> Setup {
    let provider = super::provider(state, receiver);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(LevelFilter::INFO));
    tracing::subscriber::set_global_default(subscriber).expect("no subscriber yet");
    Setup {
        run,
        settle: Box::new(move || {
            let _ = provider.force_flush();
        }),
    }
}

fn run(subject: &str, n: u64) -> u64 {
    let within = |body: &dyn Fn() -> u64| tracing::info_span!("root").in_scope(|| 1 + body());
    match subject {
        "root 3" => repeat!(n, tracings::span),
        "child 0" => within(&|| repeat!(n, tracings::bare)),
        "child 3" => within(&|| repeat!(n, tracings::span)),
        "child 10" => within(&|| repeat!(n, tracings::ten)),
        "child 3 async" => within(&|| repeat!(n, async tracings::span_future)),
        "polls" => within(&|| repeat!(n, async tracings::polled)),
        "events" => within(&|| repeat!(n, tracings::events)),
        "child 3 metrics" => within(&|| repeat!(n, autometric::both)),
        other => panic!("no subject `{other}`"),
    }
}
