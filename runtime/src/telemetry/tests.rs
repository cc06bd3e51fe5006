//! The telemetry is the process's, so these tests take turns, and none sets the global subscriber.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;
use crate::config::Environment;

static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn builder() -> Builder {
    Telemetry::builder().prefix("APP_").metrics_addr((Ipv4Addr::LOCALHOST, 0)).with_subscriber(false)
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().copied().collect()
}

fn messages(guard: &Guard) -> Vec<String> {
    guard.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn a_clean_start_has_no_problems_and_a_server() {
    let _turn = turn();
    let guard = builder().service_name("shop").service_version("7").install_in(&environment(&[])).unwrap();
    assert_eq!(messages(&guard), [""; 0]);
    let mut stream = TcpStream::connect(guard.metrics_addr().unwrap()).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(r#""service":"shop""#) && answer.contains(r#""version":"7""#), "{answer}");
    assert!(guard.flush() && guard.shutdown());
}

#[test]
fn a_second_install_is_an_error_until_the_first_guard_is_dropped() {
    let _turn = turn();
    let first = builder().install_in(&environment(&[])).unwrap();
    let second = builder().install_in(&environment(&[]));
    assert!(matches!(second, Err(InstallError::AlreadyInstalled)), "{second:?}");
    let address = first.metrics_addr().unwrap();
    drop(first);
    assert!(TcpStream::connect(address).is_err(), "the server has stopped");
    drop(builder().install_in(&environment(&[])).unwrap());
}

#[test]
fn a_taken_port_is_a_problem_that_says_which_variable_changes_it() {
    let _turn = turn();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let guard = builder().metrics_addr(address).install_in(&environment(&[])).unwrap();
    assert_eq!(guard.metrics_addr(), None);
    let [message] = &messages(&guard)[..] else { panic!("{guard:?}") };
    assert!(message.contains(&address.to_string()) && message.contains("`APP_METRICS_ADDR`"), "{message}");
    drop(guard);

    let required = builder().metrics_addr(address).required(true).install_in(&environment(&[]));
    assert!(matches!(required, Err(InstallError::Required(Problem::Server { .. }))), "{required:?}");
    drop(builder().install_in(&environment(&[])).expect("what had been started was stopped"));
}

#[test]
fn where_the_telemetry_is_required_a_bad_value_is_an_error_and_a_warning_is_not() {
    let _turn = turn();
    let bad = [("APP_REQUIRED", "true"), ("APP_LOG_FORMAT", "xml")];
    let error = builder().install_in(&environment(&bad)).unwrap_err();
    assert!(
        error.to_string().starts_with("the telemetry is required, but `APP_LOG_FORMAT` is `xml`"),
        "{error}"
    );
    let warned = [("APP_REQUIRED", "true"), ("APP_LOG_FROMAT", "json")];
    let guard = builder().install_in(&environment(&warned)).unwrap();
    assert_eq!(guard.problems().len(), 1);
}

#[test]
fn the_environment_wins_over_code() {
    let _turn = turn();
    let off = environment(&[("APP_METRICS_ENABLED", "false"), ("APP_REQUIRED", "false")]);
    let guard = builder().metrics_enabled(true).required(true).log_filter("a=b").install_in(&off).unwrap();
    assert_eq!((guard.metrics_addr(), guard.problems().len()), (None, 1));
}

#[test]
fn bad_arguments_are_problems_that_name_the_method() {
    let _turn = turn();
    let guard = builder()
        .log_filter("a=loud")
        .trace_filter("[x]=info")
        .sample_rate(f64::NAN)
        .otlp_endpoint("localhost:4318")
        .install_in(&environment(&[]))
        .unwrap();
    let messages = messages(&guard);
    for method in ["log_filter", "trace_filter", "sample_rate", "otlp_endpoint"] {
        assert!(messages.iter().any(|message| message.contains(&format!(".{method}(…)"))), "{messages:?}");
    }
    assert_eq!(messages.len(), 4);
}

#[cfg(all(feature = "otlp", not(feature = "tls")))]
#[test]
fn an_exporter_that_cannot_be_made_is_a_problem_without_secrets() {
    let _turn = turn();
    for (endpoint, remedy) in
        [("https://localhost:4318", "tls"), ("http://me:hunter2@localhost:4318", "header")]
    {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2"),
        ];
        let guard = builder().install_in(&environment(&variables)).unwrap();
        let messages = messages(&guard);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains(remedy) && !messages[0].contains("hunter2"), "{messages:?}");
    }
}

#[test]
fn nothing_secret_is_in_the_builders_debug_output() {
    let builder = builder().otlp_endpoint("http://me:hunter2@localhost:4318");
    assert!(!format!("{builder:?}").contains("hunter2"), "{builder:?}");
}
