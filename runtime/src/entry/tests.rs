//! Each test runs this test program anew, as the program with that `main`.

use std::process::{Command, Output};

use super::*;

const OPTIONS: MainOptions = MainOptions {
    prefix: Some("APP"),
    service_name: None,
    service_version: Some("7"),
    current_thread: false,
    worker_threads: Some(0),
    signals: true,
    subscriber: true,
    recorder: None,
};

fn run(test: &str, variables: &[(&str, &str)]) -> (Output, String) {
    let test = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&test, "--exact", "--ignored", "--nocapture"])
        .env("APP_METRICS_PORT", "0")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    (output, errors)
}

#[test]
#[ignore = "a program for other tests"]
fn async_program() {
    let result = main_async(OPTIONS, async {
        assert!(Telemetry::builder().install().is_err(), "it is installed around the body");
        tokio::spawn(async { 40 }).await.unwrap() + 2
    });
    assert_eq!(result, 42);
    let _again = Telemetry::builder().metrics_enabled(false).install().expect("the guard was dropped");
}

#[test]
#[ignore = "a program for other tests"]
fn current_thread_program() {
    let options = MainOptions { current_thread: true, worker_threads: None, ..OPTIONS };
    let not_send = std::rc::Rc::new(1);
    assert_eq!(main_async(options, async move { *not_send }), 1);
}

#[test]
#[ignore = "a program for other tests"]
fn sync_program() {
    let inner = main_sync(OPTIONS, || main_sync(OPTIONS, || 1));
    assert_eq!(inner, 1, "the inner one runs without a telemetry of its own");
}

#[test]
#[ignore = "a program for other tests"]
fn program_with_a_subscriber_of_its_own() {
    use tracing_subscriber::prelude::*;
    main_sync(MainOptions { subscriber: false, ..OPTIONS }, || {
        tracing_subscriber::registry().with(crate::layer()).init();
    });
}

#[cfg(unix)]
#[test]
#[ignore = "a program for other tests"]
fn program_with_signals_of_its_own() {
    main_sync(MainOptions { signals: false, ..OPTIONS }, || {
        // Where signals were handled, the program would outlive this one.
        let _token = crate::shutdown_token();
        let killed = Command::new("kill").args(["-TERM", &process::id().to_string()]).status().unwrap();
        assert!(killed.success());
        std::thread::sleep(std::time::Duration::from_secs(5));
    });
}

#[crate::instrument(crate = crate)]
fn work() {
    tracing::info!(items = 2, "working");
}

#[test]
#[ignore = "a program for other tests"]
fn logging_program() {
    main_sync(OPTIONS, work);
}

#[test]
#[ignore = "a program for other tests"]
fn version_program() {
    main_sync(OPTIONS, || {
        let info =
            crate::registry::Registry::global().snapshot().family("build_info").unwrap().series[0].clone();
        assert_eq!(info.labels.get("service_version"), std::env::var("EXPECTED").ok().as_deref());
    });
}

#[test]
#[ignore = "a program for other tests"]
fn panicking_program() {
    main_sync(OPTIONS, || {
        work();
        panic!("on purpose");
    });
}

#[test]
#[ignore = "a program for other tests"]
fn panicking_async_program() {
    main_async(OPTIONS, async {
        work();
        panic!("on purpose");
    });
}

#[test]
fn a_panic_of_the_program_loses_nothing() {
    for test in ["panicking_program", "panicking_async_program"] {
        // A batch would wait for an hour.
        let variables = [("OTEL_TRACES_EXPORTER", "console"), ("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
        let (output, errors) = run(test, &variables);
        assert!(!output.status.success() && errors.contains("on purpose"), "{test}: {errors}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().any(|line| line.starts_with("work ")), "{test}: {text}");
    }
}

#[test]
fn the_version_is_the_packages_unless_the_environment_says_another() {
    let other = ("OTEL_RESOURCE_ATTRIBUTES", "service.version=8");
    for variables in [&[("EXPECTED", "7")][..], &[("EXPECTED", "8"), other]] {
        let (output, errors) = run("version_program", variables);
        assert!(output.status.success(), "{errors}");
    }
}

#[test]
fn an_event_in_an_annotated_function_is_a_line_with_the_functions_span() {
    let (output, errors) = run("logging_program", &[("RUST_LOG", "info"), ("APP_SERVICE_NAME", "shop")]);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.find('{').map(|at| &line[at..])).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["message"], &line["fields"]["items"]), (&"working".into(), &2.into()));
    assert_eq!(line["span"]["name"], "work");
    let id = |name: &str| line["span"][name].as_str().unwrap().trim_start_matches('0').len();
    assert!(id("trace_id") > 16 && id("span_id") > 8, "{line}");
}

#[test]
fn main_runs_its_body_with_telemetry_and_returns_what_it_returns() {
    for test in ["async_program", "current_thread_program"] {
        let (output, errors) = run(test, &[]);
        assert!(output.status.success(), "{test}: {errors}");
        assert_eq!(errors, "", "{test}");
    }
    let (output, errors) = run("sync_program", &[]);
    assert!(
        output.status.success() && errors.contains("spanwright: the telemetry of this process"),
        "{errors}"
    );
}

#[test]
fn a_program_may_keep_the_subscriber_to_itself() {
    let (output, errors) = run("program_with_a_subscriber_of_its_own", &[]);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
}

#[cfg(unix)]
#[test]
fn a_program_may_keep_its_signals_to_itself() {
    use std::os::unix::process::ExitStatusExt;
    let (output, errors) = run("program_with_signals_of_its_own", &[]);
    assert_eq!(output.status.signal(), Some(15), "{errors}");
}

#[test]
fn problems_are_printed_once_and_stop_nothing() {
    let (output, errors) = run("async_program", &[("APP_LOG_FORMAT", "xml")]);
    assert!(output.status.success(), "{errors}");
    assert_eq!(
        errors.matches("spanwright: `APP_LOG_FORMAT` is `xml`, not `json` or `pretty`").count(),
        1,
        "{errors}"
    );
}

#[test]
fn a_program_that_requires_its_telemetry_does_not_start_without() {
    let (output, errors) = run("async_program", &[("APP_LOG_FORMAT", "xml"), ("APP_REQUIRED", "1")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.starts_with("spanwright: the telemetry is required, but `APP_LOG_FORMAT`"), "{errors}");
}
