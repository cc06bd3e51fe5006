//! What users get wrong: each a clear message with the remedy, and the service keeps serving.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;

use crate::shop::{GOOD_CARD, Shop, Start};

/// Starts the shop, sees that it serves, and returns what it said about its configuration.
#[track_caller]
fn complaint(start: Start) -> String {
    let shop = start.serve();
    assert_eq!(shop.order("cup", 1, GOOD_CARD).0, 201);
    shop.terminate().stderr
}

#[track_caller]
fn assert_says(stderr: &str, parts: &[&str]) {
    for part in parts {
        assert!(stderr.contains(part), "`{part}` is not said in:\n{stderr}");
    }
}

#[test]
fn a_taken_metrics_port_leaves_the_service_serving() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let port = taken.local_addr().expect("it is bound").port();
    let shop = Shop::start().admin_port(port).serve();
    // It does not promise what somebody else serves.
    assert_eq!((shop.admin.as_str(), shop.order("cup", 1, GOOD_CARD).0), ("", 201));
    let stderr = shop.terminate().stderr;
    assert_says(&stderr, &["spanwright: ", &format!("127.0.0.1:{port}"), "SPANWRIGHT_METRICS_PORT"]);
}

#[test]
fn a_taken_metrics_port_stops_a_service_that_requires_telemetry() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let port = taken.local_addr().expect("it is bound").port();
    let ended = Shop::start().admin_port(port).env("SPANWRIGHT_REQUIRED", "true").run();
    assert_eq!(ended.status.code(), Some(1));
    assert_says(&ended.stderr, &[&format!("127.0.0.1:{port}"), "SPANWRIGHT_METRICS_PORT"]);
    assert!(!ended.stdout.contains("The shop serves"), "{}", ended.stdout);
}

#[test]
fn wrong_otel_variables_are_named_with_what_they_may_be() {
    let start = Shop::start()
        .env("OTEL_TRACES_SAMPLER", "sometimes")
        .env("OTEL_BSP_SCHEDULE_DELAY", "soon")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317");
    let stderr = complaint(start);
    assert_says(&stderr, &["OTEL_TRACES_SAMPLER", "sometimes", "parentbased"]);
    assert_says(&stderr, &["OTEL_BSP_SCHEDULE_DELAY", "soon", "milliseconds"]);
    assert_says(&stderr, &["OTEL_EXPORTER_OTLP_ENDPOINT", "http://"]);
}

#[test]
fn a_protocol_that_is_not_spoken_is_told_the_one_that_is() {
    let stderr = complaint(Shop::start().env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"));
    assert_says(&stderr, &["OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "http/protobuf", "grpc"]);
}

#[test]
fn a_value_that_is_not_unicode_is_a_message() {
    let stderr = complaint(Shop::start().env("OTEL_SERVICE_NAME", OsStr::from_bytes(b"sh\xff\xfep")));
    assert_says(&stderr, &["OTEL_SERVICE_NAME", "UTF-8"]);
}

#[test]
fn a_variable_that_is_nearly_one_of_ours_is_told_the_nearest() {
    let stderr = complaint(Shop::start().env("SPANWRIGHT_METRIC_PORT", "9191"));
    assert_says(&stderr, &["SPANWRIGHT_METRIC_PORT", "SPANWRIGHT_METRICS_PORT"]);
}

#[test]
fn a_secret_in_a_wrong_value_is_not_repeated() {
    let start = Shop::start()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization Bearer hunter2");
    let stderr = complaint(start);
    assert_says(&stderr, &["OTEL_EXPORTER_OTLP_HEADERS"]);
    assert!(!stderr.contains("hunter2"), "{stderr}");
}

#[test]
fn a_good_environment_is_no_reason_to_complain() {
    assert_eq!(complaint(Shop::start()), "");
}
