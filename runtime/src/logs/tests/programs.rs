//! Each test runs this test program anew, with the telemetry of a whole process.
#![allow(clippy::print_stderr, reason = "programs talk to the tests that start them")]

use std::panic::Location;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::super::*;
use crate::telemetry::{Builder, Telemetry};

fn builder() -> Builder {
    Telemetry::builder().prefix("APP").metrics_enabled(false).log_format(LogFormat::Json)
}

/// What a program writes to its standard output and error.
fn run(program: &str, variables: &[(&str, &str)]) -> (Output, String, String) {
    let program = format!("{}::{program}", module_path!().split_once("::").unwrap().1);
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&program, "--exact", "--ignored", "--nocapture"])
        .env_remove("RUST_LOG")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    (output, stdout, stderr)
}

/// The JSON lines among others.
fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[crate::instrument(crate = crate, fields(item = "teapot"))]
fn order() {
    tracing::info!("ordering");
    log::info!(target: "library::http", "a {} of a library", "record");
    let caught = std::panic::catch_unwind(|| panic!("no {}", "teapots"));
    assert!(caught.is_err());
}

#[test]
#[ignore = "a program for other tests"]
fn ordering_program() {
    std::panic::set_hook(Box::new(|_| eprintln!("the hook before")));
    let _telemetry = builder().install().unwrap();
    order();
}

#[test]
fn records_and_panics_are_events_within_their_span() {
    let (output, stdout, stderr) = run("ordering_program", &[]);
    assert!(output.status.success(), "{stderr}");
    let lines = lines(&stdout);
    assert_eq!(lines.len(), 3, "{stdout}");
    let expected = json!([{"name": "order", "fields": {"item": "teapot"}}]);
    assert!(
        lines.iter().all(|line| line["spans"] == expected && line["span"] == lines[0]["span"]),
        "{stdout}"
    );
    assert_eq!(lines[1]["target"], "library::http");
    assert_eq!((&lines[1]["message"], &lines[1]["level"]), (&json!("a record of a library"), &json!("INFO")));
    assert_eq!((&lines[2]["message"], &lines[2]["level"]), (&json!("no teapots"), &json!("ERROR")));
    assert_eq!(lines[2]["target"], "panic");
    let place = lines[2]["fields"]["location"].as_str().unwrap();
    let mut parts = place.rsplitn(3, ':');
    assert!(parts.next().unwrap().parse::<u32>().is_ok() && parts.next().unwrap().parse::<u32>().is_ok());
    assert_eq!(parts.next(), Some(Location::caller().file()));
    assert_eq!(stderr.matches("the hook before").count(), 1, "{stderr}");
}

#[test]
fn records_and_panics_can_be_left_out() {
    let (_, stdout, stderr) = run("ordering_program", &[("APP_LOG_CRATE", "off"), ("APP_LOG_PANICS", "off")]);
    assert_eq!(lines(&stdout).len(), 1, "{stdout}");
    assert_eq!(stderr.matches("the hook before").count(), 1, "{stderr}");
}

#[test]
fn lines_go_on_where_the_pipeline_is_off() {
    for variable in ["OTEL_SDK_DISABLED", "APP_TRACING_ENABLED"] {
        let value = if variable.starts_with("OTEL") { "true" } else { "false" };
        let (_, stdout, _) = run("ordering_program", &[(variable, value)]);
        assert_eq!(lines(&stdout).len(), 3, "{variable}: {stdout}");
    }
}

#[test]
fn lines_go_where_they_are_told() {
    let (_, stdout, stderr) = run("ordering_program", &[("APP_LOG_OUTPUT", "stderr")]);
    assert_eq!((lines(&stdout).len(), lines(&stderr).len()), (0, 3), "{stderr}");
    let folder = std::env::temp_dir().join(format!("spanwright-program-{}", std::process::id()));
    let path = folder.join("lines");
    let (_, stdout, _) = run("ordering_program", &[("APP_LOG_OUTPUT", path.to_str().unwrap())]);
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((lines(&stdout).len(), lines(&written).len()), (0, 3), "{written}");
    let (_, stdout, stderr) = run("ordering_program", &[("APP_LOG_OUTPUT", "/dev/null/lines")]);
    assert_eq!(lines(&stdout).len(), 3, "{stdout}");
    assert!(stderr.contains("the file of log lines `/dev/null/lines` can't be opened: "), "{stderr}");
}

#[test]
#[ignore = "a program for other tests"]
fn filtering_program() {
    let _telemetry = builder().install().unwrap();
    let log = |when: &str| {
        tracing::debug!(target: "eventsource.bus.kafka", "{when}");
        log::debug!(target: "eventsource.bus.redis", "{when}");
        tracing::debug!(target: "eventsource.business", "{when}");
    };
    log("at first");
    assert_eq!(log::max_level(), log::LevelFilter::Info);
    set_filter("info,eventsource.bus=debug").unwrap();
    assert_eq!(
        (log::max_level(), filter().as_str()),
        (log::LevelFilter::Debug, "info,eventsource.bus=debug")
    );
    log("later");
    set_filter("loud=").unwrap_err();
    log("still");
    set_filter("off").unwrap();
    log("at last");
}

#[test]
fn the_filter_is_changed_while_the_program_runs() {
    let (output, stdout, stderr) = run("filtering_program", &[]);
    assert!(output.status.success(), "{stderr}");
    let heard: Vec<_> = lines(&stdout)
        .iter()
        .map(|line| format!("{} {}", line["target"].as_str().unwrap(), line["message"].as_str().unwrap()))
        .collect();
    let expected = [
        "eventsource.bus.kafka later",
        "eventsource.bus.redis later",
        "eventsource.bus.kafka still",
        "eventsource.bus.redis still",
    ];
    assert_eq!(heard, expected);
}

#[test]
#[ignore = "a program for other tests"]
fn nesting_program() {
    struct Logs(bool);
    impl fmt::Debug for Logs {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            tracing::info!("within");
            assert!(self.0, "a value that panics");
            f.write_str("value")
        }
    }
    let _telemetry = builder().install().unwrap();
    tracing::info!(value = ?Logs(true), "outer");
    let panicked = std::panic::catch_unwind(|| tracing::info!(value = ?Logs(false), "never"));
    assert!(panicked.is_err());
    tracing::info!("afterwards");
}

#[test]
fn what_is_logged_or_panics_while_a_line_is_written_has_a_line_of_its_own() {
    let (output, stdout, stderr) = run("nesting_program", &[("APP_TRACING_ENABLED", "false")]);
    assert!(output.status.success(), "{stderr}");
    let messages: Vec<_> = lines(&stdout).iter().map(|line| line["message"].clone()).collect();
    assert_eq!(messages, ["within", "outer", "within", "a value that panics", "afterwards"]);
}

#[test]
#[ignore = "a program for other tests"]
fn program_whose_exporter_panics() {
    struct Panics;
    impl crate::export::SpanExporter for Panics {
        fn name(&self) -> &'static str {
            "panics"
        }
        fn export(
            &mut self,
            _: &[crate::span::SpanRef<'_>],
            _: std::time::Duration,
        ) -> Result<(), crate::export::ExportError> {
            log::error!("what an exporter says of itself");
            panic!("on purpose")
        }
    }
    let telemetry = builder().exporter(Panics).install().unwrap();
    order();
    telemetry.flush();
}

#[test]
fn what_the_telemetrys_own_threads_say_is_not_logged() {
    let (_, stdout, stderr) = run("program_whose_exporter_panics", &[]);
    assert_eq!(lines(&stdout).len(), 3, "{stdout}");
    assert!(stderr.contains("on purpose"), "the hook before ours says it: {stderr}");
}

#[test]
#[ignore = "a program for other tests"]
fn exiting_program() {
    let _telemetry = builder().install().unwrap();
    (0..1_000).for_each(|number| tracing::info!(number, "counted"));
    std::process::exit(7);
}

#[test]
fn no_line_is_lost_where_the_process_exits() {
    let path: PathBuf = std::env::temp_dir().join(format!("spanwright-exit-{}", std::process::id()));
    let (output, ..) = run("exiting_program", &[("APP_LOG_OUTPUT", path.to_str().unwrap())]);
    assert_eq!(output.status.code(), Some(7));
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(lines(&written).len(), 1_000);
}

#[test]
#[ignore = "a program for other tests"]
fn program_with_a_logger_of_its_own() {
    struct Own;
    impl log::Log for Own {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            eprintln!("own: {}", record.args());
        }
        fn flush(&self) {}
    }
    log::set_logger(&Own).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let telemetry = builder().install().unwrap();
    assert!(telemetry.problems().is_empty(), "{:?}", telemetry.problems());
    set_filter("off").unwrap();
    log::trace!("heard");
}

#[test]
fn a_logger_of_the_programs_own_stays() {
    let (output, stdout, stderr) = run("program_with_a_logger_of_its_own", &[]);
    assert!(output.status.success() && stderr.contains("own: heard"), "{stderr}");
    assert_eq!(lines(&stdout).len(), 0);
}
