//! The memory limit holds, whatever is recorded and wherever it can't go.

use std::fs;

use crate::collector::{Collector, Reply};
use crate::emitter::Emitter;

/// Of the limit, in bytes.
const LIMIT: u64 = 64 << 20;
/// What the limit is not about: the requests being sent, of up to 512 spans or events each, which are there as a text too.
const REQUESTS: u64 = 4 << 20;

/// The memory that a program has, and the most that it ever had.
fn resident(id: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux says so");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
    };
    (of("VmRSS:"), of("VmHWM:"))
}

#[test]
fn spans_and_events_that_nobody_takes_stay_within_the_limit() {
    // It takes requests and never answers.
    let collector = Collector::holding(|_| Reply::Take);
    let limit = LIMIT.to_string();
    let mut emitter = Emitter::start(&[
        ("SPANWRIGHT_MEMORY_LIMIT", &limit),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint),
        // By their number, far more could wait.
        ("OTEL_BSP_MAX_QUEUE_SIZE", "1000000"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "1000000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "20"),
        ("SPANWRIGHT_SHUTDOWN_TIMEOUT", "1000"),
    ]);
    emitter.ask("call 1 1");
    let (before, _) = resident(emitter.process.id());
    // Some 75 MB of them.
    emitter.ask("call 60000 1000");
    let (_, most) = resident(emitter.process.id());
    let counts = emitter.counts();
    assert!(counts["spans_dropped_total{reason=\"queue_full\"}"] > 0, "{counts:?}");
    let growth = most.saturating_sub(before);
    assert!(growth < LIMIT + REQUESTS, "{before} bytes became {most}, by {growth}");
    // Far from nothing, or the calls did not do what this is about.
    assert!(growth > LIMIT / 16, "{before} bytes became {most}, by {growth}");
    crate::process::say(&format!("the memory grew by {growth} bytes, of {LIMIT} that it might"));
}
