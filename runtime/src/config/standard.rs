//! Variables of OpenTelemetry's specification that have no effect here, and why: who sets one is told.

use super::environment::Environment;
use super::problem::Problem;

const SCHEME: &str = "whether TLS is used is said by the endpoint's scheme, `http` or `https`";
const EVENTS: &str = "a log record is an event; `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT` and \
                      `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` limit it";
const DECLARATIVE: &str = "OpenTelemetry's file is not read; `<PREFIX>_CONFIG` names a file of ours";

/// Each with the reason, to follow "has no effect:".
pub(super) const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("OTEL_CONFIG_FILE", DECLARATIVE),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", DECLARATIVE),
    ("OTEL_ENTITIES", "entities are not supported; `OTEL_RESOURCE_ATTRIBUTES` describes the resource"),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "links have no attributes here"),
    ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", EVENTS),
    ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", EVENTS),
    ("OTEL_EXPORTER_OTLP_INSECURE", SCHEME),
    ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", SCHEME),
    ("OTEL_EXPORTER_OTLP_METRICS_INSECURE", SCHEME),
    ("OTEL_EXPORTER_OTLP_LOGS_INSECURE", SCHEME),
    ("OTEL_EXPORTER_OTLP_SPAN_INSECURE", SCHEME),
    ("OTEL_EXPORTER_OTLP_METRIC_INSECURE", SCHEME),
    ("OTEL_EXPORTER_ZIPKIN_PROTOCOL", "spans are sent to Zipkin as JSON, which all its servers take"),
];

/// Those that are set.
pub(super) fn without_effect(environment: &Environment) -> impl Iterator<Item = Problem> {
    let set = WITHOUT_EFFECT.iter().filter(|(name, _)| environment.get(name).is_some());
    set.map(|(name, because)| Problem::NoEffect { variable: (*name).to_owned(), because })
}
