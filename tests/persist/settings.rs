//! The variables of the guide, and what its practices and its troubleshooting promise of them.

use std::collections::BTreeSet;
use std::fs;

use crate::collector::{Collector, Reply};
use crate::process::{Process, TempDir, until};
use crate::program::{SEED, persist};
use crate::system::Ended;
use crate::table::rows_of;

/// How many traces a collector gets of 600.
fn traces(variables: &[(&str, &str)]) -> usize {
    let collector = Collector::start();
    let mut command = persist(&["--once", "--agents", "100"]);
    command.env("PERSIST_JAEGER_ENDPOINT", &collector.endpoint).env("RUST_LOG", "persist_core=warn");
    // There is room for all of them.
    command.env("OTEL_BSP_MAX_QUEUE_SIZE", "20000").envs(variables.iter().copied());
    let ended = Ended::of(&mut command);
    assert!(ended.succeeded && ended.lines().is_empty(), "{}{}", ended.stdout, ended.stderr);
    collector.spans().iter().filter(|span| span.parent.is_empty()).count()
}

#[test]
fn traces_can_be_sampled_and_switched_off() {
    assert_eq!(traces(&[("PERSIST_TRACING_ENABLED", "true")]), 600);
    assert_eq!(traces(&[("PERSIST_TRACING_ENABLED", "false")]), 0);
    let sampled = traces(&[("PERSIST_TRACE_SAMPLE_RATE", "0.1")]);
    // 60 of them, give or take six standard deviations.
    assert!((16..=104).contains(&sampled), "{sampled} of 600");
}

#[test]
fn spans_go_to_jaeger_whichever_way_it_is_said() {
    // By the variable: all other tests with a collector. By the function of the guide:
    let collector = Collector::start();
    let ended = Ended::of(&mut persist(&["--once", "--jaeger", &collector.endpoint]));
    assert!(ended.succeeded, "{}", ended.stderr);
    let names: BTreeSet<_> = collector.spans().into_iter().map(|span| span.name).collect();
    assert!(names.contains("save_snapshot") && names.contains("put_object_request"), "{names:?}");
    assert_eq!((collector.logs().len(), collector.bodies("/v1/metrics").len()), (0, 0), "Jaeger takes spans");
}

#[test]
fn jaegers_old_address_means_its_receiver_of_otlp() {
    let old = "http://localhost:14268/api/traces";
    let explained = |command: &mut std::process::Command| {
        let command = command.env("PERSIST_EXPLAIN_CONFIG", "true").env("PERSIST_SHUTDOWN_TIMEOUT", "100");
        let ended = Ended::of(command);
        ended.stdout + &ended.stderr
    };
    let rows = rows_of(SEED, "environment variable");
    let variable = format!("PERSIST_JAEGER_ENDPOINT=\"{old}\"");
    assert!(rows.iter().any(|row| row.name() == variable));
    let by_variable = explained(persist(&["--once", "--agents", "0"]).env("PERSIST_JAEGER_ENDPOINT", old));
    let by_function = explained(&mut persist(&["--once", "--agents", "0", "--jaeger", old]));
    for said in [by_variable, by_function] {
        assert!(said.contains("otlp.traces.endpoint = http://localhost:4318/v1/traces"), "{said}");
    }
}

#[test]
fn a_collector_that_does_not_answer_blocks_nobody() {
    let collector = Collector::holding(|_| Reply::Take);
    let mut command = persist(&["--once", "--agents", "20"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).env("OTEL_BSP_SCHEDULE_DELAY", "10");
    let ended = Ended::of(command.env("PERSIST_SHUTDOWN_TIMEOUT", "300"));
    assert!(ended.succeeded && ended.stdout.contains("40 snapshots were saved"), "{}", ended.stdout);
    assert!(collector.spans().is_empty() && collector.requests() > 0, "it was asked, and took nothing");
    // Nothing waits: all was saved and read within a second, and the end was waited for as long as it may.
    let times: Vec<_> = ended.lines().iter().map(|line| line.text("timestamp").to_owned()).collect();
    let seconds = |text: &str| -> f64 {
        let (rest, seconds) = text.trim_end_matches('Z').rsplit_once(':').expect("a time");
        let (_, minutes) = rest.rsplit_once(':').expect("a time");
        minutes.parse::<f64>().expect("minutes") * 60.0 + seconds.parse::<f64>().expect("seconds")
    };
    let took = (seconds(&times[times.len() - 1]) - seconds(&times[0])).rem_euclid(3600.0);
    // A request that is waited for takes ten seconds.
    assert!(took < 10.0, "{took} s");
}

#[test]
fn the_exporters_buffers_are_as_large_as_is_said() {
    // A collector that takes nothing, and a queue for few: what does not fit is dropped, and counted.
    let dropped = |queue: &str| {
        let collector = Collector::holding(|_| Reply::Take);
        let mut command = persist(&["--once", "--agents", "30"]);
        command.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{}/v1/traces", collector.endpoint));
        command.env("OTEL_BSP_MAX_QUEUE_SIZE", queue).env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16");
        let ended = Ended::of(command.env("PERSIST_SHUTDOWN_TIMEOUT", "300"));
        let said = ended.stdout + &ended.stderr;
        let explained = persist(&["--once", "--agents", "0"])
            .env("OTEL_BSP_MAX_QUEUE_SIZE", queue)
            .env("PERSIST_EXPLAIN_CONFIG", "true")
            .output()
            .expect("it runs");
        let explained = String::from_utf8_lossy(&explained.stderr).into_owned();
        assert!(explained.contains(&format!("tracing.batch.queue = {queue} ")), "{explained}");
        said
    };
    let (small, large) = (dropped("32"), dropped("20000"));
    assert!(small.contains("dropped"), "{small}");
    assert!(!large.contains("dropped"), "{large}");
}

#[test]
fn traces_can_be_kept() {
    let folder = TempDir::new();
    let file = folder.path().join("traces.json");
    let ended = Ended::of(persist(&["--once", "--agents", "1"]).env("PERSIST_TRACE_FILE", &file));
    assert!(ended.succeeded, "{}", ended.stderr);
    let kept = fs::read_to_string(&file).expect("it was written");
    for name in ["save_snapshot", "s3_upload", "verify_upload"] {
        assert!(kept.contains(&format!("\"name\":\"{name}\"")), "{name} in {kept}");
    }
}

#[test]
fn it_goes_on_until_it_is_told_to_end() {
    let mut process = Process::start(&mut persist(&["--agents", "1"]));
    until("a round", || process.stdout().contains("Snapshot loaded").then_some(()));
    process.signal("TERM");
    assert!(process.wait().success());
    let said = process.stdout();
    let summary = said.lines().last().unwrap_or_default();
    assert!(summary.contains("snapshots were saved, verified and loaded"), "{said}");
    let left = std::env::temp_dir().join(format!("persist-{}", process.id()));
    assert!(!left.exists(), "{}", left.display());
}
