use super::super::{OtlpExporter, OtlpLogExporter, OtlpMetricExporter, OtlpSettings};
use super::data::settings;

#[test]
fn an_endpoint_that_cannot_work_is_refused_without_showing_secrets() {
    for (endpoint, message) in [
        ("", "OTLP endpoint ``: it is not a URL"),
        ("localhost:4318", "it lacks scheme or host"),
        ("/v1/traces", "it lacks scheme or host"),
        ("http://", "it is not a URL"),
        ("http://a b", "it is not a URL"),
        ("grpc://collector:4317", "its scheme is neither `http` nor `https`"),
        ("http://me:hidden@collector?hidden", "OTLP endpoint `http://***@collector?…`: user and password"),
    ] {
        let error = OtlpExporter::new(settings(endpoint)).unwrap_err().to_string();
        assert!(error.contains(message) && !error.contains("hidden"), "{endpoint}: {error}");
    }
}

#[test]
fn https_needs_its_feature() {
    let made = OtlpExporter::new(settings("https://collector/v1/traces?hidden"));
    if cfg!(feature = "tls") {
        made.unwrap();
    } else {
        let error = made.unwrap_err().to_string();
        assert!(error.contains("feature `tls`") && !error.contains("hidden"), "{error}");
    }
}

#[test]
fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
    for (name, value) in [
        ("na me", "hidden"),
        ("", "hidden"),
        ("a", "hid\nden"),
        ("Content-Length", "hidden"),
        ("Grpc-Timeout", "hidden"),
    ] {
        let settings = OtlpSettings { headers: vec![(name.into(), value.into())], ..OtlpSettings::default() };
        let error = OtlpExporter::new(settings).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(&format!("`{name}`")) && !shown.contains("hid"), "{shown}");
    }
}

#[test]
fn an_exporter_is_shown_without_secrets() {
    let settings = settings("http://collector/?key=secret-123");
    let (exporter, of_logs) = (OtlpExporter::new(settings.clone()), OtlpLogExporter::new(settings.clone()));
    let shown = format!("{exporter:?} {of_logs:?} {:?}", OtlpMetricExporter::new(settings));
    assert!(shown.contains("x-api-key") && !shown.contains("secret-123"), "{shown}");
}

#[test]
fn the_defaults_are_the_conventional_ports_and_paths() {
    assert_eq!(OtlpSettings::default().endpoint, "http://localhost:4318/v1/traces");
    assert_eq!(OtlpSettings::logs_default().endpoint, "http://localhost:4318/v1/logs");
    assert_eq!(OtlpSettings::metrics_default().endpoint, "http://localhost:4318/v1/metrics");
    assert_eq!(OtlpSettings::grpc_default().endpoint, "http://localhost:4317");
}

#[test]
fn grpc_needs_its_feature() {
    let made = OtlpExporter::new(OtlpSettings::grpc_default());
    if cfg!(feature = "grpc") {
        made.unwrap();
    } else {
        let error = made.unwrap_err().to_string();
        assert!(error.contains("feature `grpc`"), "{error}");
    }
}
