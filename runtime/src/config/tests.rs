use std::ffi::OsString;

use super::*;

fn resolve(variables: &[(&str, &str)]) -> (Config, Vec<String>) {
    resolve_over(Settings::default(), variables)
}

fn resolve_over(code: Settings, variables: &[(&str, &str)]) -> (Config, Vec<String>) {
    let environment = variables.iter().copied().collect();
    let (config, problems) = Config::resolve("APP", code, &environment, "prog");
    (config, problems.iter().map(ToString::to_string).collect())
}

/// The configuration of variables that nothing is wrong with.
fn clean(variables: &[(&str, &str)]) -> Config {
    let (config, problems) = resolve(variables);
    assert_eq!(problems, [""; 0]);
    config
}

/// The only problem of one variable.
fn problem(variable: &str, value: &str) -> String {
    let (_, problems) = resolve(&[(variable, value)]);
    assert_eq!(problems.len(), 1, "{variable}={value}: {problems:?}");
    problems.into_iter().next().unwrap()
}

fn traces(variables: &[(&str, &str)]) -> Traces {
    clean(variables).traces.unwrap()
}

fn endpoint(variables: &[(&str, &str)]) -> Option<String> {
    traces(variables).otlp.map(|otlp| otlp.endpoint.as_str().to_owned())
}

#[test]
fn nothing_set_is_what_the_documentation_says() {
    let config = clean(&[]);
    assert_eq!(config.resource("service.name"), Some("unknown_service:prog"));
    assert_eq!(config.log_filter, parse_filter("info").unwrap());
    assert_eq!(config.log_format, None);
    assert_eq!(config.server, Some("127.0.0.1:9090".parse().unwrap()));
    assert!(!config.required);
    assert_eq!(config.shutdown_timeout, Duration::from_secs(5));
    let traces = config.traces.unwrap();
    assert_eq!(traces.filter, parse_filter("info").unwrap());
    assert_eq!(traces.sampling, Sampling::AlwaysOn);
    assert!(traces.otlp.is_none(), "nothing is sent anywhere unasked");
    assert_eq!((traces.queue, traces.batch), (2_048, 512));
    assert_eq!((traces.delay, traces.export_timeout), (Duration::from_secs(5), Duration::from_secs(30)));
}

#[test]
fn a_prefixed_variable_wins_over_the_standard_one_and_that_over_code() {
    let code = || Settings { service_name: Some("code".into()), ..Settings::default() };
    let name = |variables: &[_]| {
        let (config, problems) = resolve_over(code(), variables);
        assert_eq!(problems, [""; 0]);
        config.resource("service.name").unwrap().to_owned()
    };
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=attributes");
    let standard = ("OTEL_SERVICE_NAME", "standard");
    assert_eq!(name(&[]), "code");
    assert_eq!(name(&[attributes]), "attributes");
    assert_eq!(name(&[attributes, standard]), "standard");
    assert_eq!(name(&[("APP_SERVICE_NAME", "prefixed"), attributes, standard]), "prefixed");
    assert_eq!(name(&[("SPANWRIGHT_SERVICE_NAME", "other prefix")]), "code");
}

#[test]
fn an_empty_variable_is_unset() {
    let config = clean(&[("APP_LOG", ""), ("RUST_LOG", "warn"), ("OTEL_BSP_MAX_QUEUE_SIZE", " ")]);
    assert_eq!(config.log_filter, parse_filter("warn").unwrap());
    assert_eq!(config.traces.unwrap().queue, 2_048);
}

#[test]
fn the_environment_adds_to_the_resource_set_in_code() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let code = Settings {
        resource_attributes: Some(vec![pair("a", "code"), pair("b", "code")]),
        ..Settings::default()
    };
    let (config, _) = resolve_over(code, &[("OTEL_RESOURCE_ATTRIBUTES", "b=env,c=env%20x")]);
    let of = |key| config.resource(key);
    assert_eq!((of("a"), of("b"), of("c")), (Some("code"), Some("env"), Some("env x")));
    assert_eq!(config.resource[0].0, "service.name");
    assert_eq!(of("telemetry.sdk.language"), Some("rust"));
}

#[test]
fn a_bad_value_is_named_with_what_it_may_be_and_what_is_used() {
    assert_eq!(
        problem("OTEL_BSP_MAX_QUEUE_SIZE", "many"),
        "`OTEL_BSP_MAX_QUEUE_SIZE` is `many`, not a whole number from 1 to 1000000; the default is used: `2048`"
    );
    assert_eq!(
        problem("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        "`OTEL_EXPORTER_OTLP_PROTOCOL` is `grpc`, not `http/protobuf`: gRPC is not supported; point the endpoint \
         at the receiver's HTTP port, 4318 by default; the default is used: `http/protobuf`"
    );
}

#[test]
fn every_bad_value_is_reported_and_none_is_used() {
    let bad = [
        ("OTEL_SDK_DISABLED", "1"),
        ("APP_TRACING_ENABLED", "maybe"),
        ("APP_TRACE_FILTER", "my_crate=loud"),
        ("APP_TRACE_SAMPLE_RATE", "1.5"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "5s"),
        ("RUST_LOG", "a=b=c"),
        ("APP_LOG_FORMAT", "xml"),
        ("APP_METRICS_ADDR", "example.com:80"),
        ("APP_METRICS_PORT", "65536"),
        ("APP_SHUTDOWN_TIMEOUT", "1e3"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a"),
    ];
    let (config, problems) = resolve(&bad);
    assert_eq!(problems.len(), bad.len(), "{problems:#?}");
    for (variable, value) in bad {
        let start = format!("`{variable}` is `{value}`, not ");
        assert!(problems.iter().any(|problem| problem.starts_with(&start)), "{variable}: {problems:#?}");
    }
    assert!(problems.iter().all(|problem| problem.contains("is used: ")), "{problems:#?}");
    assert_eq!(format!("{config:?}"), format!("{:?}", clean(&[])), "only defaults are left");
}

#[test]
fn a_bad_value_gives_way_to_the_next_source() {
    let bad = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "soon");
    let (config, problems) = resolve(&[
        bad,
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "7"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("APP_LOG", "x=y"),
        ("RUST_LOG", "warn"),
    ]);
    assert_eq!(config.traces.unwrap().otlp.unwrap().timeout, Duration::from_millis(7));
    assert!(problems[0].ends_with("; `OTEL_EXPORTER_OTLP_TIMEOUT` is used"), "{problems:?}");
    assert!(problems[1].ends_with("; `RUST_LOG` is used"), "{problems:?}");
    let code = Settings { sample_rate: Some(0.5), ..Settings::default() };
    let (config, problems) = resolve_over(code, &[("APP_TRACE_SAMPLE_RATE", "half")]);
    assert_eq!(config.traces.unwrap().sampling, Sampling::Ratio(0.5));
    assert!(problems[0].ends_with("; the value set in code is used"), "{problems:?}");
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_text_is_reported() {
    use std::os::unix::ffi::OsStringExt;
    let value = OsString::from_vec(vec![b'a', 0xff]);
    let environment = [("OTEL_SERVICE_NAME", value)].into_iter().collect();
    let (config, problems) = Config::resolve("APP", Settings::default(), &environment, "prog");
    assert_eq!(config.resource("service.name"), Some("unknown_service:prog"));
    assert!(problems[0].to_string().starts_with("`OTEL_SERVICE_NAME` is not valid UTF-8; the default"));
}

#[test]
fn secrets_are_in_no_message_and_no_debug_output() {
    let (config, problems) = resolve(&[
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@host:1"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://me:hunter2@host"),
    ]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("_HEADERS` is not a list")), "{problems:?}");
    assert!(!format!("{problems:?} {config:?}").contains("hunter2"), "{problems:?} {config:?}");
    let headers = config.traces.unwrap().otlp.unwrap().headers.0;
    assert_eq!(headers, [("authorization".to_owned(), "hunter2".to_owned())]);
}

#[test]
fn a_prefixed_variable_that_is_nearly_ours_is_a_warning() {
    let environment = [
        ("APP_LOG_FROMAT", "json"),
        ("APP_DATABASE_URL", "x"),
        ("OTHER_LOG_FROMAT", "x"),
        ("APP_METRIC_PORT", ""),
    ]
    .into_iter()
    .collect();
    let (_, problems) = Config::resolve("APP", Settings::default(), &environment, "prog");
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert!(problem.is_warning());
    assert_eq!(
        problem.to_string(),
        "`APP_LOG_FROMAT` is not a variable of ours and has no effect; did you mean `APP_LOG_FORMAT`?"
    );
}

#[test]
fn the_base_endpoint_gets_a_path_and_the_traces_endpoint_none() {
    const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let is = |variables: &[_], expected: &str| assert_eq!(endpoint(variables).as_deref(), Some(expected));
    is(&[(BASE, "http://a:1")], "http://a:1/v1/traces");
    is(&[(BASE, "http://a:1/otlp/")], "http://a:1/otlp/v1/traces");
    is(&[(TRACES, "https://b/")], "https://b/");
    is(&[(BASE, "http://a:1"), (TRACES, "http://[::1]:2/x?y=z")], "http://[::1]:2/x?y=z");
    is(&[("OTEL_TRACES_EXPORTER", "otlp")], "http://localhost:4318/v1/traces");
    assert_eq!(endpoint(&[(BASE, "http://a:1"), ("OTEL_TRACES_EXPORTER", "none")]), None);
    for bad in
        ["a:1", "ftp://a", "http://", "http://:1", "http://a:b", "http://a b", "http://[::1", "http://a?b"]
    {
        problem(BASE, bad);
    }
}

#[test]
fn the_port_of_grpc_is_remarked_on() {
    let problem = problem("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317");
    assert!(problem.contains("gRPC's") && problem.contains("4318"), "{problem}");
}

#[test]
fn samplers_are_opentelemetrys_and_our_rate_wins() {
    const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
    const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
    let is = |variables: &[_], expected| assert_eq!(traces(variables).sampling, expected);
    is(&[(SAMPLER, "always_off")], Sampling::AlwaysOff);
    is(&[(SAMPLER, "parentbased_always_off")], Sampling::AlwaysOff);
    is(&[(SAMPLER, "always_on")], Sampling::AlwaysOn);
    is(&[(SAMPLER, "traceidratio")], Sampling::Ratio(1.0));
    is(&[(SAMPLER, "ParentBased_TraceIdRatio"), (ARGUMENT, "0.25")], Sampling::Ratio(0.25));
    is(&[("APP_TRACE_SAMPLE_RATE", "0"), (SAMPLER, "always_on")], Sampling::Ratio(0.0));
    assert!(problem(ARGUMENT, "0.5").contains("has no effect"));
    for bad in ["-0.1", "NaN", "inf", "50%"] {
        problem("APP_TRACE_SAMPLE_RATE", bad);
    }
}

#[test]
fn quiet_logs_lose_no_spans_and_loud_ones_add_some() {
    let filter = |log: &str| traces(&[("RUST_LOG", log)]).filter;
    assert_eq!(filter("warn"), parse_filter("info").unwrap());
    assert_eq!(filter("debug"), parse_filter("debug").unwrap());
    assert_eq!(filter("off,a=off,b=trace"), parse_filter("info,a=info,b=trace").unwrap());
    let own = traces(&[("RUST_LOG", "debug"), ("APP_TRACE_FILTER", "warn")]).filter;
    assert_eq!(own, parse_filter("warn").unwrap());
}

#[test]
fn spans_are_switched_off_by_either_variable() {
    assert!(clean(&[("OTEL_SDK_DISABLED", "TRUE")]).traces.is_none());
    assert!(clean(&[("APP_TRACING_ENABLED", "off")]).traces.is_none());
    assert!(clean(&[("OTEL_SDK_DISABLED", "false")]).traces.is_some());
}

#[test]
fn a_batch_is_not_larger_than_its_queue() {
    const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
    let short = traces(&[(QUEUE, "100")]);
    assert_eq!((short.queue, short.batch), (100, 100), "nobody asked for 512");
    let (config, problems) = resolve(&[(QUEUE, "100"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "600")]);
    assert_eq!(config.traces.unwrap().batch, 100);
    assert!(problems[0].contains("600") && problems[0].contains(QUEUE), "{problems:?}");
}

#[test]
fn the_servers_address_may_lack_a_port_and_the_ports_variable_wins() {
    let address = |variables: &[_]| clean(variables).server.unwrap().to_string();
    assert_eq!(address(&[("APP_METRICS_ADDR", "0.0.0.0")]), "0.0.0.0:9090");
    assert_eq!(address(&[("APP_METRICS_ADDR", "[::1]:80")]), "[::1]:80");
    assert_eq!(address(&[("APP_METRICS_ADDR", "localhost:80")]), "127.0.0.1:80");
    assert_eq!(address(&[("APP_METRICS_ADDR", "::1"), ("APP_METRICS_PORT", "81")]), "[::1]:81");
    assert_eq!(address(&[("APP_METRICS_ADDR", "10.0.0.1:80"), ("APP_METRICS_PORT", "0")]), "10.0.0.1:0");
    assert_eq!(clean(&[("APP_METRICS_ENABLED", "no")]).server, None);
    for bad in [":9090", "localhost:", "localhost:x", "localhosts", "1.2.3.4:99999"] {
        problem("APP_METRICS_ADDR", bad);
    }
}

#[test]
fn the_documented_variables_are_the_tables() {
    let expected = markdown();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/variables.md");
        std::fs::write(path, &expected).unwrap();
    } else {
        assert_eq!(include_str!("variables.md"), expected, "run this test with UPDATE_EXPECT=1");
    }
}
