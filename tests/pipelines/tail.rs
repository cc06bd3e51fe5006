//! What is kept though it was not sampled.

use std::time::Duration;

use spanwright::{Context, Sampler, instrument};

use crate::install;

#[instrument]
fn request(fail: bool, sleep: Duration) -> Context {
    tracing::info!("within");
    let _ = step(fail);
    std::thread::sleep(sleep);
    Context::current()
}

#[instrument(err)]
fn step(fail: bool) -> Result<(), String> {
    if fail { Err("broken".into()) } else { Ok(()) }
}

const NO_TIME: Duration = Duration::ZERO;

#[test]
fn traces_with_errors_are_kept_whole() {
    let telemetry = install(|builder| builder.sampler(Sampler::always_off()).keep_errors(true));
    let (good, bad) = (request(false, NO_TIME), request(true, NO_TIME));
    assert!(!bad.is_sampled(), "nobody else is told to sample it");
    // A span that ends after its root follows what was decided.
    for context in [good, bad] {
        assert!(telemetry.flush());
        let _late = context.attach();
        tracing::info_span!("late").in_scope(|| {});
    }
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.names(), ["late", "request", "step"]);
    let spans = telemetry.collected.spans();
    assert!(spans.iter().all(|span| span.trace_id == bad.trace_id));
    let request = spans.iter().find(|span| span.name == "request").unwrap();
    assert_eq!(request.events.iter().map(|event| event.name.as_ref()).collect::<Vec<_>>(), ["within"]);
    let step = spans.iter().find(|span| span.name == "step").unwrap();
    assert_eq!(step.events.len(), 1, "the exception");
}

#[test]
fn slow_traces_are_kept() {
    let bound = Duration::from_millis(50);
    let telemetry = install(|builder| builder.sampler(Sampler::always_off()).keep_slower_than(bound));
    request(true, NO_TIME);
    let slow = request(false, bound * 2);
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.names(), ["request", "step"]);
    assert!(telemetry.collected.spans().iter().all(|span| span.trace_id == slow.trace_id));
}

#[test]
fn sampled_traces_do_not_wait_for_their_end() {
    let telemetry = install(|builder| builder.keep_errors(true));
    #[instrument]
    fn open(telemetry: &crate::Installed) -> usize {
        let _ = step(false);
        assert!(telemetry.flush());
        telemetry.collected.spans().len()
    }
    assert_eq!(open(&telemetry), 1);
}

#[test]
fn an_error_of_another_thread_that_was_joined_is_in_time() {
    let telemetry = install(|builder| builder.sampler(Sampler::always_off()).keep_errors(true));
    #[instrument]
    fn starts() {
        spanwright::spawn_thread(|| step(true)).join().unwrap().unwrap_err();
    }
    (0..100).for_each(|_| starts());
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.spans().len(), 200);
}

#[test]
fn a_trace_that_fails_later_is_kept_from_there_on() {
    let telemetry = install(|builder| builder.sampler(Sampler::always_off()).keep_errors(true));
    let good = request(false, NO_TIME);
    assert!(telemetry.flush());
    {
        let _later = good.attach();
        step(true).unwrap_err();
        step(false).unwrap();
    }
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.names(), ["step", "step"]);
}

#[test]
fn what_other_crates_say_of_errors_counts() {
    let telemetry = install(|builder| builder.sampler(Sampler::always_off()).keep_errors(true));
    tracing::info_span!("by_status", otel.status_code = "ERROR").in_scope(|| {});
    tracing::info_span!("by_event").in_scope(|| tracing::error!(error = "broken"));
    tracing::info_span!("well").in_scope(|| tracing::warn!("careful"));
    assert!(telemetry.flush());
    assert_eq!(telemetry.collected.names(), ["by_event", "by_status"]);
    let spans = telemetry.collected.spans();
    let by_event = spans.iter().find(|span| span.name == "by_event").unwrap();
    assert_eq!(by_event.error.as_deref(), Some("broken"));
    assert_eq!(by_event.events[0].name, "exception");
}
