use std::path::Path;

use super::*;
use crate::export::Temporality;

const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const LOGS: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const TRACES_EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const LOGS_EXPORTER: &str = "OTEL_LOGS_EXPORTER";
const METRICS_EXPORTER: &str = "OTEL_METRICS_EXPORTER";
const JAEGER: &str = "OTEL_EXPORTER_JAEGER_ENDPOINT";

/// How log records are sent over OTLP, where they are.
fn logs_otlp(config: &Config) -> Option<Otlp> {
    config.logs_export.iter().find_map(|exporter| match exporter {
        LogsExporter::Otlp(otlp) => Some(otlp.clone()),
        LogsExporter::Stdout => None,
    })
}

/// How metrics are pushed over OTLP, where they are.
fn metrics_otlp(config: &Config) -> Option<(Otlp, Temporality)> {
    config.metrics_export.iter().find_map(|exporter| match exporter {
        MetricsExporter::Otlp(otlp, temporality) => Some((otlp.clone(), *temporality)),
        MetricsExporter::Console | MetricsExporter::Stdout(_) => None,
    })
}

/// Where spans and log records are sent over OTLP.
fn endpoints(config: &Config) -> [Option<String>; 2] {
    let spans = config.traces.as_ref().and_then(otlp);
    [spans, logs_otlp(config)].map(|otlp| otlp.map(|otlp| otlp.endpoint.as_str().to_owned()))
}

fn are(variables: &[(&str, &str)], spans: Option<&str>, logs: Option<&str>) {
    assert_eq!(
        endpoints(&clean(variables)),
        [spans, logs].map(|url| url.map(str::to_owned)),
        "{variables:?}"
    );
}

/// The names of exporters of spans.
fn names(config: Config) -> Vec<&'static str> {
    let name = |exporter: &TraceExporter| match exporter {
        TraceExporter::Otlp(_) => "otlp",
        TraceExporter::Zipkin(_) => "zipkin",
        TraceExporter::Console => "console",
        TraceExporter::Stdout => "otlp/stdout",
        TraceExporter::File { .. } => "file",
    };
    config.traces.unwrap().exporters.iter().map(name).collect()
}

#[test]
fn the_base_endpoint_gets_a_path_and_a_signals_endpoint_none() {
    let (traces, logs) = (Some("http://a:1/v1/traces"), Some("http://a:1/v1/logs"));
    are(&[(BASE, "http://a:1")], traces, logs);
    are(&[(BASE, "http://a:1/o/")], Some("http://a:1/o/v1/traces"), Some("http://a:1/o/v1/logs"));
    are(&[(TRACES, "https://b/")], Some("https://b/"), None);
    are(&[(LOGS, "https://b/")], None, Some("https://b/"));
    are(&[(BASE, "http://a:1"), (TRACES, "http://[::1]:2/x?y=z")], Some("http://[::1]:2/x?y=z"), logs);
    are(&[(BASE, "http://a:1"), (LOGS, "http://b/x")], traces, Some("http://b/x"));
    are(&[(TRACES_EXPORTER, "otlp")], Some("http://localhost:4318/v1/traces"), None);
    are(&[(LOGS_EXPORTER, "otlp")], None, Some("http://localhost:4318/v1/logs"));
    are(&[(BASE, "http://a:1"), (TRACES_EXPORTER, "none")], None, logs);
    are(&[(BASE, "http://a:1"), (LOGS_EXPORTER, "none")], traces, None);
    for bad in
        ["a:1", "ftp://a", "http://", "http://:1", "http://a:b", "http://a b", "http://[::1", "http://a?b"]
    {
        problem(BASE, bad);
    }
}

#[test]
fn grpc_has_no_paths() {
    let grpc = (PROTOCOL, "grpc");
    are(&[grpc, (BASE, "http://a:1")], Some("http://a:1"), Some("http://a:1"));
    are(&[grpc, (BASE, "http://a:4317/")], Some("http://a:4317/"), Some("http://a:4317/"));
    are(&[grpc, (TRACES_EXPORTER, "otlp")], Some("http://localhost:4317"), None);
    let only_traces = [("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"), (BASE, "http://a:1")];
    are(&only_traces, Some("http://a:1"), Some("http://a:1/v1/logs"));
}

#[test]
fn a_path_that_is_appended_anyway_is_remarked_on() {
    let problem = problem(BASE, "http://a:1/v1/traces");
    assert!(problem.contains("leave `/v1/traces` out"), "{problem}");
}

#[test]
fn the_port_of_the_other_protocol_is_remarked_on_once() {
    let said = |variables: &[_]| resolve(variables).1;
    let [http] = &said(&[(BASE, "http://me:hunter2@collector:4317")])[..] else { panic!("one remark") };
    assert_eq!(
        http,
        "the OTLP endpoint is `http://***@collector:4317`, whose port 4317 is by convention that of `grpc`, but \
         `http/protobuf` is spoken to it; set `OTEL_EXPORTER_OTLP_PROTOCOL` to `grpc`, or send to port 4318"
    );
    let [grpc] = &said(&[(BASE, "http://collector:4318"), (PROTOCOL, "grpc")])[..] else {
        panic!("one remark")
    };
    assert!(
        grpc.contains("port 4318") && grpc.contains("to `http/protobuf`, or send to port 4317"),
        "{grpc}"
    );
    assert_eq!(said(&[(BASE, "http://collector:4317"), (PROTOCOL, "grpc")]), [""; 0]);
    let nowhere = [(TRACES_EXPORTER, "none"), (LOGS_EXPORTER, "none"), (METRICS_EXPORTER, "none")];
    assert_eq!(said(&[&[(BASE, "http://c:4317")], &nowhere[..]].concat()), [""; 0]);
    let code = Settings {
        otlp_endpoint: Some(parse::<BaseEndpoint>("http://a:4317").unwrap()),
        ..Settings::default()
    };
    assert_eq!(resolve_over(code, &[]).1.len(), 1, "code may be wrong too");
}

#[test]
fn a_signals_settings_win_over_those_of_both() {
    let config = clean(&[
        (BASE, "http://a:1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "key=both"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "key=logs"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "GZIP"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/both.pem"),
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "/logs.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/k.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/t.pem"),
    ]);
    let (spans, logs) = (otlp(config.traces.as_ref().unwrap()).unwrap(), logs_otlp(&config).unwrap());
    assert_eq!((spans.headers.0[0].1.as_str(), logs.headers.0[0].1.as_str()), ("both", "logs"));
    assert_eq!((spans.timeout.as_millis(), logs.timeout.as_millis()), (2, 1));
    assert_eq!((spans.compression, logs.compression), (OtlpCompression::Gzip, OtlpCompression::None));
    let file = |otlp: &Otlp| otlp.certificate.clone().unwrap();
    assert_eq!((&*file(&spans), &*file(&logs)), (Path::new("/both.pem"), Path::new("/logs.pem")));
    let key = |otlp: &Otlp| otlp.client.clone().unwrap().key;
    assert_eq!((&*key(&spans), &*key(&logs)), (Path::new("/t.pem"), Path::new("/k.pem")));
}

#[test]
fn a_bad_setting_of_both_signals_is_reported_once() {
    let problem = problem("OTEL_EXPORTER_OTLP_TIMEOUT", "soon");
    assert!(problem.ends_with("; the default is used: `10000`"), "{problem}");
    let (config, problems) = resolve(&[
        (BASE, "http://a:1"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3"),
    ]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(logs_otlp(&config).unwrap().timeout.as_millis(), 3);
}

#[test]
fn a_clients_certificates_and_key_come_together() {
    let (config, problems) =
        resolve(&[(BASE, "http://a:1"), ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/k.pem")]);
    assert_eq!(
        problems,
        [
            "`OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY` has no effect: `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` is not set"
        ]
    );
    assert_eq!(otlp(&config.traces.unwrap()).unwrap().client, None);
    let (_, problems) = resolve(&[(BASE, "http://a:1"), ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c.pem")]);
    assert_eq!(problems.len(), 1, "once for both signals: {problems:?}");
}

#[test]
fn exporters_are_a_list_in_which_each_is_once() {
    let names = |list| names(clean(&[(TRACES_EXPORTER, list)]));
    assert_eq!(names("otlp"), ["otlp"]);
    assert_eq!(
        names(" Zipkin , console,,zipkin,OTLP/stdout,otlp"),
        ["zipkin", "console", "otlp/stdout", "otlp"]
    );
    assert_eq!(names("none"), [""; 0]);
    assert_eq!(names("none,none"), [""; 0]);
    assert_eq!(clean(&[(LOGS_EXPORTER, "otlp/stdout,otlp/stdout")]).logs_export, [LogsExporter::Stdout]);
    assert_eq!(clean(&[(LOGS_EXPORTER, "otlp,otlp/stdout")]).logs_export.len(), 2);
}

#[test]
fn a_bad_list_of_exporters_is_told_what_to_write() {
    for (list, reason) in [
        ("jaeger", "Jaeger takes OTLP at its port 4318: write `otlp`"),
        ("logging", "it is called `console` now"),
        ("otlp,zipkni", "`zipkni` is unknown; did you mean `zipkin`?"),
        ("otlp,xray", "`xray` is unknown"),
        (" , ", "it names no exporter"),
        ("none,zipkin", "`none` and `zipkin` exclude each other"),
        ("console,otlp,none", "`none` and `console` exclude each other"),
    ] {
        let problem = problem(TRACES_EXPORTER, list);
        assert!(problem.contains(reason) && problem.contains("`otlp` where an endpoint is set"), "{problem}");
    }
    assert!(problem(LOGS_EXPORTER, "console").contains("log lines are written to the console anyway"));
    assert!(problem(LOGS_EXPORTER, "zipkin").contains("`zipkin` is unknown"));
}

#[test]
fn what_code_asks_for_adds_to_the_endpoint_and_a_list_replaces_it() {
    let code = || Settings { exporters_in_code: vec![TracesExporterName::Console], ..Settings::default() };
    let names = |variables: &[_]| names(resolve_over(code(), variables).0);
    assert_eq!(names(&[]), ["console"]);
    assert_eq!(names(&[(BASE, "http://a:1")]), ["otlp", "console"]);
    assert_eq!(names(&[(TRACES_EXPORTER, "otlp")]), ["otlp"]);
    assert_eq!(names(&[(TRACES_EXPORTER, "none")]), [""; 0]);
}

#[test]
fn spans_are_on_the_console_where_what_is_written_there_is_traced() {
    let code = || Settings { console_at_trace: Some("persist_core".to_owned()), ..Settings::default() };
    let names = |variables: &[_]| names(resolve_over(code(), variables).0);
    let nowhere: [&str; 0] = [];
    assert_eq!(names(&[("RUST_LOG", "persist_core=trace")]), ["console"]);
    assert_eq!(names(&[("RUST_LOG", "trace"), (BASE, "http://a:1")]), ["otlp", "console"]);
    assert_eq!(names(&[("RUST_LOG", "persist_core=debug")]), nowhere);
    assert_eq!(names(&[("RUST_LOG", "persist=trace")]), nowhere);
    assert_eq!(names(&[("RUST_LOG", "trace"), (TRACES_EXPORTER, "none")]), nowhere);
}

#[test]
fn an_endpoint_of_the_environment_wins_over_any_of_code() {
    let code = || {
        let traces = config_url("http://code/v1/traces");
        Settings { otlp_traces_endpoint: Some(traces), ..Settings::default() }
    };
    let endpoints = |variables: &[_]| endpoints(&resolve_over(code(), variables).0);
    assert_eq!(endpoints(&[])[0].as_deref(), Some("http://code/v1/traces"));
    assert_eq!(endpoints(&[(BASE, "http://a:1")])[0].as_deref(), Some("http://a:1/v1/traces"));
}

/// Where metrics are pushed over OTLP.
fn metrics_endpoint(variables: &[(&str, &str)]) -> Option<String> {
    metrics_otlp(&clean(variables)).map(|(otlp, _)| otlp.endpoint.as_str().to_owned())
}

#[test]
fn metrics_are_pushed_where_there_is_an_endpoint_and_nowhere_else() {
    const METRICS: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    let grpc = (PROTOCOL, "grpc");
    for (variables, endpoint) in [
        (&[][..], None),
        (&[(TRACES, "http://a:1")], None),
        (&[(BASE, "http://a:1")], Some("http://a:1/v1/metrics")),
        (&[(BASE, "http://a:1"), (METRICS, "http://b:2/x")], Some("http://b:2/x")),
        (&[(BASE, "http://a:1"), grpc], Some("http://a:1")),
        (&[(BASE, "http://a:1"), (METRICS_EXPORTER, "none")], None),
        (&[(BASE, "http://a:1"), ("OTEL_SDK_DISABLED", "true")], None),
        (&[(BASE, "http://a:1"), (METRICS_EXPORTER, "prometheus")], None),
        (&[(METRICS_EXPORTER, "otlp")], Some("http://localhost:4318/v1/metrics")),
        (&[(METRICS_EXPORTER, "otlp"), grpc], Some("http://localhost:4317")),
        (&[(JAEGER, "http://a:4318")], None),
    ] {
        assert_eq!(metrics_endpoint(variables).as_deref(), endpoint, "{variables:?}");
    }
    let code = Settings { otlp_metrics_endpoint: Some(config_url("http://code")), ..Settings::default() };
    let (config, _) = resolve_over(code, &[(BASE, "http://a:1")]);
    assert_eq!(metrics_otlp(&config).unwrap().0.endpoint.as_str(), "http://a:1/v1/metrics");
}

#[test]
fn metrics_have_settings_of_their_own() {
    let config = clean(&[
        (BASE, "http://a:1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "key=all"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "key=metrics"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "/m.pem"),
        ("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "/c.pem"),
        ("OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "/k.pem"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "500"),
    ]);
    let (otlp, _) = metrics_otlp(&config).unwrap();
    assert_eq!((otlp.headers.0[0].1.as_str(), otlp.timeout.as_millis()), ("metrics", 7));
    assert_eq!((otlp.protocol, otlp.compression), (OtlpProtocol::Grpc, OtlpCompression::Gzip));
    assert_eq!(otlp.certificate.as_deref(), Some(Path::new("/m.pem")));
    let client = otlp.client.unwrap();
    assert_eq!((&*client.certificate, &*client.key), (Path::new("/c.pem"), Path::new("/k.pem")));
    let PushSettings { interval, timeout } = config.metrics_push;
    assert_eq!((interval.as_millis(), timeout.as_millis()), (1000, 500));
    let PushSettings { interval, timeout } = clean(&[]).metrics_push;
    assert_eq!((interval.as_secs(), timeout.as_secs()), (60, 30));
}

#[test]
fn metrics_have_a_temporality() {
    let temporality = |said| {
        let preference = ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", said);
        let config = clean(&[preference, (METRICS_EXPORTER, "otlp/stdout,otlp")]);
        let (_, temporality) = metrics_otlp(&config).unwrap();
        assert_eq!(config.metrics_export[0], MetricsExporter::Stdout(temporality));
        temporality
    };
    assert_eq!(temporality(""), Temporality::Cumulative);
    assert_eq!(temporality("cumulative"), Temporality::Cumulative);
    assert_eq!(temporality("Delta"), Temporality::Delta);
    assert_eq!(temporality("lowmemory"), Temporality::Delta);
    let bad = problem("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "sometimes");
    assert!(bad.contains("not `cumulative`, `delta` or `lowmemory`"), "{bad}");
}

#[test]
fn native_histograms_are_asked_for_where_they_are_declared() {
    const AGGREGATION: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
    clean(&[(AGGREGATION, "explicit_bucket_histogram")]);
    let environment = [(AGGREGATION, "base2_exponential_bucket_histogram")].into_iter().collect();
    let (_, problems) = Config::resolve("APP", Settings::default(), &environment, "prog");
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(
        problem.is_warning() && problem.to_string().contains("`#[metric(buckets = native)]`"),
        "{problem}"
    );
    assert!(self::problem(AGGREGATION, "summary").contains("not `explicit_bucket_histogram` or"));
}

#[test]
fn a_list_of_exporters_of_metrics_is_read_and_its_mistakes_are_told() {
    let all = clean(&[(METRICS_EXPORTER, "console, OTLP,prometheus,otlp/stdout,otlp")]).metrics_export;
    assert!(
        matches!(all[..], [MetricsExporter::Console, MetricsExporter::Otlp(..), MetricsExporter::Stdout(_)]),
        "{all:?}"
    );
    for (list, reason) in [
        (
            "statsd",
            "not a list of `otlp`, `prometheus`, `console` and `otlp/stdout`, or `none`: `statsd` is unknown",
        ),
        ("promethus", "did you mean `prometheus`?"),
        ("logging", "it is called `console` now"),
        ("none,otlp", "`none` and `otlp` exclude each other"),
    ] {
        let problem = problem(METRICS_EXPORTER, list);
        assert!(problem.contains(reason), "{problem}");
    }
    let (_, problems) = resolve(&[(METRICS_EXPORTER, "prometheus"), ("APP_METRICS_ENABLED", "false")]);
    assert_eq!(problems, ["`OTEL_METRICS_EXPORTER=prometheus` has no effect: there is no admin server"]);
}

fn config_url(text: &str) -> url::Url {
    parse::<BaseEndpoint>(text).unwrap()
}

#[test]
fn zipkin_has_its_own_url_and_time() {
    let zipkin = |variables: &[_]| {
        let exporters = traces(variables).exporters;
        let [TraceExporter::Zipkin(zipkin)] = &exporters[..] else { panic!("{exporters:?}") };
        (zipkin.endpoint.as_str().to_owned(), zipkin.timeout.as_millis())
    };
    let on = (TRACES_EXPORTER, "zipkin");
    assert_eq!(zipkin(&[on]), ("http://localhost:9411/api/v2/spans".to_owned(), 10_000));
    let set = [on, ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://z/s"), ("OTEL_EXPORTER_ZIPKIN_TIMEOUT", "7")];
    assert_eq!(zipkin(&set), ("http://z/s".to_owned(), 7));
    let problem = problem("OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://z/s");
    assert!(problem.contains("has no effect: `zipkin` is not among the exporters"), "{problem}");
}

#[test]
fn a_file_is_written_whatever_else_is_exported() {
    let file = |variables: &[_]| traces(variables).exporters.pop().unwrap();
    let path = ("APP_TRACE_FILE", "/tmp/spans.jsonl");
    let of = |max_bytes| TraceExporter::File { path: "/tmp/spans.jsonl".into(), max_bytes };
    assert_eq!(file(&[path, (TRACES_EXPORTER, "none")]), of(67_108_864));
    assert_eq!(file(&[path, (TRACES_EXPORTER, "otlp"), ("APP_TRACE_FILE_MAX_BYTES", "1TiB")]), of(1 << 40));
    assert!(problem("APP_TRACE_FILE_MAX_BYTES", "1M").contains("no file is set"));
    assert!(problem("APP_TRACE_FILE_MAX_BYTES", "4095").contains("a size from `4KiB` to `1TiB`"));
}

#[test]
fn jaegers_older_ways_become_otlp_with_a_warning() {
    let translated = |variables: &[_]| {
        let environment = variables.iter().copied().collect();
        let (config, problems) = Config::resolve("APP", Settings::default(), &environment, "prog");
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem.is_warning());
        let spans = otlp(config.traces.as_ref().unwrap()).unwrap();
        assert_eq!((spans.protocol, &config.logs_export[..]), (OtlpProtocol::HttpProtobuf, &[][..]));
        (spans.endpoint.as_str().to_owned(), problem.to_string())
    };
    let (url, problem) =
        translated(&[("APP_JAEGER_ENDPOINT", "http://j:14268/api/traces"), (PROTOCOL, "grpc")]);
    assert_eq!(url, "http://j:4318/v1/traces");
    assert_eq!(
        problem,
        "`APP_JAEGER_ENDPOINT` is `http://j:14268/api/traces`, one of Jaeger's older ways in, and taken for its OTLP \
         receiver at `http://j:4318/v1/traces`; set `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` to that"
    );
    let url = |variables: &[_]| translated(variables).0;
    let agent = ("OTEL_EXPORTER_JAEGER_AGENT_HOST", "agent");
    assert_eq!(url(&[(JAEGER, "http://k:14250"), agent]), "http://k:4318/v1/traces");
    assert_eq!(url(&[agent]), "http://agent:4318/v1/traces");
    assert_eq!(url(&[agent, ("OTEL_EXPORTER_JAEGER_AGENT_PORT", "6832")]), "http://agent:4318/v1/traces");
    assert_eq!(url(&[("OTEL_EXPORTER_JAEGER_AGENT_PORT", "6831")]), "http://localhost:4318/v1/traces");
    assert_eq!(url(&[("OTEL_EXPORTER_JAEGER_AGENT_HOST", "::1")]), "http://[::1]:4318/v1/traces");
}

#[test]
fn an_old_setup_for_jaeger_keeps_sending() {
    let old = [(TRACES_EXPORTER, "jaeger"), (JAEGER, "http://j:14268/api/traces")];
    let (config, problems) = resolve(&old);
    assert_eq!(problems.len(), 2, "the exporter and the endpoint: {problems:?}");
    assert_eq!(endpoints(&config), [Some("http://j:4318/v1/traces".to_owned()), None]);
}

#[test]
fn jaegers_otlp_is_used_as_it_is() {
    are(&[(JAEGER, "http://j:4318")], Some("http://j:4318/v1/traces"), None);
    are(&[(JAEGER, "http://j:4317")], Some("http://j:4317"), None);
    let grpc = otlp(&traces(&[(JAEGER, "http://j:4317")])).unwrap();
    assert_eq!(grpc.protocol, OtlpProtocol::Grpc);
}

#[test]
fn an_endpoint_of_otlp_wins_over_jaegers() {
    for otlp in [BASE, TRACES] {
        let (config, problems) = resolve(&[(otlp, "http://a/v1"), (JAEGER, "http://j:4318")]);
        assert_eq!(
            problems,
            ["`OTEL_EXPORTER_JAEGER_ENDPOINT` has no effect: an endpoint of OTLP is set, and wins"]
        );
        assert!(endpoints(&config)[0].as_ref().unwrap().starts_with("http://a/v1"));
    }
    let jaeger = || {
        let receiver = parse::<JaegerEndpoint>("http://code:4317").unwrap();
        Settings { jaeger_endpoint: Some(receiver), ..Settings::default() }
    };
    let spans = |variables: &[_]| {
        let (config, problems) = resolve_over(jaeger(), variables);
        assert_eq!(problems, [""; 0]);
        let otlp = otlp(&config.traces.unwrap()).unwrap();
        (otlp.endpoint.as_str().to_owned(), otlp.protocol)
    };
    assert_eq!(spans(&[]), ("http://code:4317".to_owned(), OtlpProtocol::Grpc));
    let by_http = |url: &str| (url.to_owned(), OtlpProtocol::HttpProtobuf);
    assert_eq!(spans(&[(BASE, "http://a:1")]), by_http("http://a:1/v1/traces"));
    assert_eq!(spans(&[(JAEGER, "http://env:4318")]), by_http("http://env:4318/v1/traces"));
}

#[test]
fn credentials_for_jaeger_are_refused_and_not_shown() {
    let problem = problem(JAEGER, "http://me:hunter2@j:14268/api/traces");
    assert!(
        problem.contains("OTEL_EXPORTER_OTLP_TRACES_HEADERS") && !problem.contains("hunter2"),
        "{problem}"
    );
}
