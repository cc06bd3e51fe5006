//! The decision at the root.

use std::cell::Cell;

use spanwright::span::flags;
use spanwright::{Context, SampleRate, Sampler, instrument};

use crate::install;

thread_local! {
    static EVALUATED: Cell<u32> = const { Cell::new(0) };
}

fn evaluated() -> u32 {
    EVALUATED.set(EVALUATED.get() + 1);
    EVALUATED.get()
}

#[instrument(fields(costly = evaluated()))]
fn root() -> Context {
    child();
    tracing::info_span!("theirs").in_scope(child);
    Context::current()
}

#[instrument(fields(costly = evaluated()))]
fn child() {}

#[instrument(component = "search")]
fn searched() {}

#[test]
fn what_is_not_sampled_evaluates_nothing_and_has_ids() {
    let telemetry = install(|builder| builder.sampler(Sampler::always_off()));
    EVALUATED.set(0);
    let context = root();
    assert_eq!(EVALUATED.get(), 0);
    assert!(context.trace_id.is_some() && context.span_id.is_some());
    assert!(!context.is_sampled());
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.names(), [""; 0]);
}

#[test]
fn a_ratio_keeps_whole_traces_and_tells_its_threshold() {
    let telemetry = install(|builder| builder.sampler(Sampler::ratio(0.25)));
    let contexts: Vec<_> = (0..400).map(|_| root()).collect();
    assert!(telemetry.flush());
    let spans = telemetry.collected.spans();
    let kept: Vec<_> = contexts.iter().filter(|context| context.is_sampled()).collect();
    assert!((50..150).contains(&kept.len()), "{} of 400", kept.len());
    for context in &contexts {
        let of_trace = spans.iter().filter(|span| span.trace_id == context.trace_id).count();
        assert_eq!(of_trace, if context.is_sampled() { 4 } else { 0 });
        // The threshold c0000000000000 rejects the lower three quarters of the id's last seven bytes.
        assert_eq!(context.is_sampled(), context.trace_id.low & 0xff_ffff_ffff_ffff >= 0xc0_0000_0000_0000);
    }
    for span in spans {
        assert_eq!(span.trace_state, "ot=th:c");
        assert_eq!(span.trace_flags, flags::SAMPLED | flags::RANDOM);
    }
}

#[test]
fn everything_is_sampled_without_a_threshold() {
    let telemetry = install(|builder| builder);
    root();
    assert!(telemetry.flush());
    assert!(telemetry.collected.spans().iter().all(|span| span.trace_state.is_empty()));
    assert_eq!(telemetry.collected.names(), ["child", "child", "root", "theirs"]);
}

#[test]
fn rules_decide_for_names_components_and_targets() {
    let telemetry = install(|builder| {
        builder
            .sampler(Sampler::always_off())
            .sample_rule("name:root", SampleRate::On)
            .sample_rule("component:search", SampleRate::On)
    });
    root();
    child();
    searched();
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.names(), ["child", "child", "root", "searched", "theirs"]);
    drop(telemetry);

    let target = module_path!();
    let telemetry = install(|builder| builder.sample_rule(target, SampleRate::Off));
    root();
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.names(), [""; 0]);
}

#[test]
fn a_rate_bounds_the_traces_of_a_second() {
    let telemetry = install(|builder| builder.sampler(Sampler::always_on().limit_per_second(5.0)));
    let kept = (0..1_000).filter(|_| root().is_sampled()).count();
    // The burst of one second, and what the time it took to get here has added.
    assert!((5..500).contains(&kept), "{kept}");
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.spans().len(), 4 * kept);
}

#[test]
fn a_remote_parent_decides_unless_told_otherwise() {
    let remote = |sampled: u16| Context {
        trace_id: spanwright::span::TraceId { high: 1, low: 2 },
        span_id: spanwright::span::SpanId(3),
        flags: 1 << 1 | sampled,
        ..Context::NONE
    };
    let run = || {
        for sampled in [0, 1] {
            let _remote = remote(sampled).attach();
            child();
        }
    };
    let telemetry = install(|builder| builder.sampler(Sampler::always_off()));
    run();
    assert!(telemetry.flush());
    let [span] = &telemetry.collected.spans()[..] else { panic!("the sampled one") };
    assert!(span.parent_is_remote);
    assert_eq!((span.parent.0, span.trace_id.low), (3, 2));
    drop(telemetry);

    let telemetry = install(|builder| builder.sampler(Sampler::always_on().parent_based(false)));
    run();
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.spans().len(), 2);
    drop(telemetry);

    let telemetry = install(|builder| builder.sampler(Sampler::always_off().parent_based(false)));
    run();
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.spans().len(), 0);
}
