//! OpenTelemetry's variables: each is honoured, or said not to be.

use super::*;
use crate::config::standard::WITHOUT_EFFECT;

/// All of the specification, 1.60: `sdk-environment-variables.md`, `protocol/exporter.md`, and those of metrics' exporters.
const ALL: &str = "
    OTEL_SDK_DISABLED OTEL_ENTITIES OTEL_RESOURCE_ATTRIBUTES OTEL_SERVICE_NAME OTEL_LOG_LEVEL OTEL_PROPAGATORS
    OTEL_TRACES_SAMPLER OTEL_TRACES_SAMPLER_ARG
    OTEL_BSP_SCHEDULE_DELAY OTEL_BSP_EXPORT_TIMEOUT OTEL_BSP_MAX_QUEUE_SIZE OTEL_BSP_MAX_EXPORT_BATCH_SIZE
    OTEL_BLRP_SCHEDULE_DELAY OTEL_BLRP_EXPORT_TIMEOUT OTEL_BLRP_MAX_QUEUE_SIZE OTEL_BLRP_MAX_EXPORT_BATCH_SIZE
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT OTEL_ATTRIBUTE_COUNT_LIMIT
    OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT OTEL_SPAN_EVENT_COUNT_LIMIT
    OTEL_SPAN_LINK_COUNT_LIMIT OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT OTEL_LINK_ATTRIBUTE_COUNT_LIMIT
    OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT
    OTEL_EXPORTER_ZIPKIN_ENDPOINT OTEL_EXPORTER_ZIPKIN_TIMEOUT OTEL_EXPORTER_ZIPKIN_PROTOCOL
    OTEL_EXPORTER_PROMETHEUS_HOST OTEL_EXPORTER_PROMETHEUS_PORT
    OTEL_TRACES_EXPORTER OTEL_METRICS_EXPORTER OTEL_LOGS_EXPORTER
    OTEL_METRICS_EXEMPLAR_FILTER OTEL_METRIC_EXPORT_INTERVAL OTEL_METRIC_EXPORT_TIMEOUT
    OTEL_CONFIG_FILE OTEL_EXPERIMENTAL_CONFIG_FILE
    OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_TRACES_ENDPOINT OTEL_EXPORTER_OTLP_METRICS_ENDPOINT
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT
    OTEL_EXPORTER_OTLP_INSECURE OTEL_EXPORTER_OTLP_TRACES_INSECURE OTEL_EXPORTER_OTLP_METRICS_INSECURE
    OTEL_EXPORTER_OTLP_LOGS_INSECURE OTEL_EXPORTER_OTLP_SPAN_INSECURE OTEL_EXPORTER_OTLP_METRIC_INSECURE
    OTEL_EXPORTER_OTLP_CERTIFICATE OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE
    OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE
    OTEL_EXPORTER_OTLP_CLIENT_KEY OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY
    OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE
    OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE
    OTEL_EXPORTER_OTLP_HEADERS OTEL_EXPORTER_OTLP_TRACES_HEADERS OTEL_EXPORTER_OTLP_METRICS_HEADERS
    OTEL_EXPORTER_OTLP_LOGS_HEADERS
    OTEL_EXPORTER_OTLP_COMPRESSION OTEL_EXPORTER_OTLP_TRACES_COMPRESSION OTEL_EXPORTER_OTLP_METRICS_COMPRESSION
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION
    OTEL_EXPORTER_OTLP_TIMEOUT OTEL_EXPORTER_OTLP_TRACES_TIMEOUT OTEL_EXPORTER_OTLP_METRICS_TIMEOUT
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT
    OTEL_EXPORTER_OTLP_PROTOCOL OTEL_EXPORTER_OTLP_TRACES_PROTOCOL OTEL_EXPORTER_OTLP_METRICS_PROTOCOL
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION
";

fn is_honoured(variable: &str) -> bool {
    KEYS.iter().any(|key| key.standard.contains(&variable))
}

#[test]
fn what_is_nearly_one_of_opentelemetrys_variables_is_told_and_what_others_know_is_not() {
    let set = [
        ("OTEL_EXPORTER_OTLP_ENDPIONT", "http://localhost:4318"),
        ("OTEL_TRACE_SAMPLER", "always_on"),
        ("OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT", "http://localhost:4318"),
        ("OTEL_JAVAAGENT_ENABLED", "true"),
        ("OTEL_EVENTS_EXPORTER", "otlp"),
    ];
    let environment = set.into_iter().collect();
    let (_, problems) = Config::resolve("APP", Settings::default(), &environment, "prog");
    let messages: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "`OTEL_EXPORTER_OTLP_ENDPIONT` is not a variable of ours and has no effect; did you mean `OTEL_EXPORTER_OTLP_ENDPOINT`?",
            "`OTEL_TRACE_SAMPLER` is not a variable of ours and has no effect; did you mean `OTEL_TRACES_SAMPLER`?",
        ]
    );
}

#[test]
fn each_of_opentelemetrys_variables_is_honoured_or_said_not_to_be() {
    for variable in ALL.split_whitespace() {
        let without = WITHOUT_EFFECT.iter().filter(|(name, _)| *name == variable).count();
        assert_eq!(usize::from(is_honoured(variable)) + without, 1, "{variable}");
    }
    for (variable, _) in WITHOUT_EFFECT {
        assert!(ALL.split_whitespace().any(|known| known == *variable), "{variable} is not OpenTelemetry's");
    }
}

#[test]
fn a_variable_without_an_effect_is_a_warning_that_says_why() {
    for (variable, because) in WITHOUT_EFFECT {
        assert_eq!(problem(variable, "1"), format!("`{variable}` has no effect: {because}"));
    }
}

/// A value that is none of the defaults, and what must be set beside it.
fn example(variable: &str) -> (&'static str, &'static [(&'static str, &'static str)]) {
    const BASE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
    const ZIPKIN: (&str, &str) = ("OTEL_TRACES_EXPORTER", "zipkin");
    const RATIO: (&str, &str) = ("OTEL_TRACES_SAMPLER", "traceidratio");
    const CERTIFICATE: (&str, &str) = ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "c.pem");
    const KEY: (&str, &str) = ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "k.pem");
    const FILE: (&str, &str) = ("APP_TRACE_FILE", "spans");
    const RECORDING: (&str, &str) = ("APP_RECORDER_PATH", "trace.bin");
    const STORE: (&str, &str) = ("APP_RECORDER_STORE", "s3://a");
    let ends = |end: &str| variable.ends_with(end);
    match variable {
        "OTEL_TRACES_SAMPLER" => ("always_off", &[]),
        "OTEL_TRACES_SAMPLER_ARG" => ("0.5", &[RATIO]),
        "OTEL_RESOURCE_ATTRIBUTES" => ("a=b", &[]),
        "OTEL_LOG_LEVEL" => ("error", &[]),
        "OTEL_PROPAGATORS" => ("b3", &[]),
        "OTEL_METRICS_EXEMPLAR_FILTER" => ("always_off", &[]),
        "OTEL_TRACES_EXPORTER" | "OTEL_METRICS_EXPORTER" => ("console", &[]),
        "OTEL_LOGS_EXPORTER" => ("otlp/stdout", &[]),
        "OTEL_EXPORTER_PROMETHEUS_HOST" => ("0.0.0.0", &[]),
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE" => ("delta", &[BASE]),
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT" => ("http://b:1/api", &[ZIPKIN]),
        "OTEL_EXPORTER_ZIPKIN_TIMEOUT" => ("7", &[ZIPKIN]),
        "OTEL_EXPORTER_JAEGER_ENDPOINT" => ("http://b:4318", &[]),
        "OTEL_EXPORTER_JAEGER_AGENT_HOST" => ("b", &[]),
        "RUST_LOG" | "APP_LOG" | "APP_TRACE_FILTER" => ("debug", &[]),
        "APP_TRACE_SAMPLE_RATE" => ("0.5", &[]),
        "APP_TRACE_SAMPLE_LIMIT" => ("5", &[]),
        "APP_TRACE_SAMPLE_RULES" | "APP_COMPONENTS" => ("a=off", &[]),
        "APP_JAEGER_ENDPOINT" => ("http://b:4318", &[]),
        "APP_TRACE_FILE_MAX_BYTES" => ("4KiB", &[FILE]),
        "APP_REDACTION_KEY" => ("0123456789abcdef", &[]),
        "APP_MEMORY_LIMIT" => ("64MiB", &[]),
        "APP_RING_SIZE" => ("1MiB", &[]),
        "APP_ADMIN_TOKEN" => ("correct-horse-battery", &[]),
        "APP_ADMIN_SOCKET" => ("admin.sock", &[]),
        "APP_RECORDER_PATH" => ("trace.bin", &[]),
        "APP_RECORDER_FILE_BYTES"
        | "APP_RECORDER_TOTAL_BYTES"
        | "APP_RECORDER_FLIGHT_BYTES"
        | "APP_RECORDER_QUEUE_BYTES" => ("4KiB", &[]),
        "APP_RECORDER_STORE" => ("s3://b", &[RECORDING]),
        "APP_RECORDER_STORE_ENDPOINT" => ("http://b:1", &[RECORDING, STORE]),
        "APP_RECORDER_STORE_REGION" => ("b", &[RECORDING, STORE]),
        "APP_RECORDER_SIGNAL" => ("SIGUSR2", &[]),
        "APP_RECORDER_MEMORY_FOLDER" => ("ring", &[]),
        "APP_RECORDER_RECOVER_AS" => ("b", &[]),
        "APP_RECORDER_FILE_TIME"
        | "APP_RECORDER_SAMPLE"
        | "APP_RECORDER_DELAY"
        | "APP_RECORDER_FLIGHT"
        | "APP_RECORDER_QUIET"
        | "APP_RECORDER_LONG_POLL"
        | "APP_RECORDER_QUEUE_DEPTH"
        | "APP_RECORDER_STARVATION"
        | "APP_RECORDER_TASK_DUMPS" => ("7", &[]),
        "APP_LOG_FILE_MAX_BYTES" => ("4KiB", &[("APP_LOG_OUTPUT", "lines.json")]),
        "APP_LOG_OUTPUT" => ("stderr", &[]),
        "APP_LOG_FILE_ROTATION" => ("daily", &[("APP_LOG_OUTPUT", "lines.json")]),
        "APP_LOG_FILE_KEEP" => ("7", &[("APP_LOG_OUTPUT", "lines.json")]),
        "APP_LOG_JSON_KEYS" => ("target=logger", &[]),
        "APP_LOG_FORMAT" => ("json", &[]),
        "APP_LOG_PATTERN" => ("{message}", &[]),
        "APP_METRICS_ADDR" => ("0.0.0.0", &[]),
        "APP_TRACE_KEEP_SLOWER_THAN" | "APP_SHUTDOWN_TIMEOUT" | "APP_DRAIN_PERIOD" | "APP_METRICS_PORT" => {
            ("7", &[])
        }
        "APP_TRACE_KEEP_ERRORS"
        | "APP_TRACE_IMMEDIATE"
        | "APP_OPENTELEMETRY"
        | "APP_ROLLING_WINDOWS"
        | "APP_REQUIRED"
        | "APP_ADMIN_CHANGES"
        | "APP_EXPLAIN_CONFIG"
        | "OTEL_SDK_DISABLED" => ("true", &[]),
        "APP_SERVICE_NAME" | "OTEL_SERVICE_NAME" | "APP_TRACE_FILE" => ("x", &[]),
        _ if ends("_CLIENT_CERTIFICATE") => ("b.pem", &[BASE, KEY]),
        _ if ends("_CLIENT_KEY") => ("b.pem", &[BASE, CERTIFICATE]),
        _ if ends("_CERTIFICATE") => ("b.pem", &[BASE]),
        _ if ends("_HEADERS") => ("a=b", &[BASE]),
        _ if ends("_COMPRESSION") => ("gzip", &[BASE]),
        _ if ends("_PROTOCOL") => ("grpc", &[BASE]),
        _ if variable.contains("_OTLP_") && ends("_ENDPOINT") => ("http://b:1", &[]),
        _ if variable.contains("_OTLP_") && ends("_TIMEOUT") => ("7", &[BASE]),
        _ if variable.starts_with("OTEL_") => ("7", &[]),
        // The switches that are on.
        _ => ("false", &[]),
    }
}

#[test]
fn each_variable_that_is_honoured_has_an_effect() {
    // The first says what to read, and histograms are decided where they are declared.
    let elsewhere = ["APP_CONFIG", "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"];
    for key in KEYS {
        let prefixed = key.suffix.map(|suffix| format!("APP_{suffix}"));
        for variable in prefixed.into_iter().chain(key.standard.iter().map(|name| (*name).to_owned())) {
            if elsewhere.contains(&variable.as_str()) {
                continue;
            }
            let (value, beside) = example(&variable);
            let beside: Vec<_> = beside.iter().copied().filter(|(name, _)| *name != variable).collect();
            let with: Vec<_> = beside.iter().copied().chain([(variable.as_str(), value)]).collect();
            let (config, problems) = resolve(&with);
            assert!(
                problems.iter().all(|problem| !problem.contains(&variable) || problem.contains("Jaeger")),
                "{problems:?}"
            );
            assert_ne!(config, resolve(&beside).0, "{variable}={value} changes nothing");
        }
    }
}
