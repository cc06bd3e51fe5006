mod components;
mod export;
#[cfg(feature = "toml")]
mod file;
mod sampling;
mod standard;

use std::ffi::OsString;
use std::time::Duration;

use super::*;
use crate::config::kind::RecorderSignal;

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

fn parse_filter(text: &str) -> Result<TargetLevels, String> {
    parse::<Filter>(text)
}

/// How spans are sent over OTLP, where they are.
fn otlp(traces: &Traces) -> Option<Otlp> {
    traces.exporters.iter().find_map(|exporter| match exporter {
        TraceExporter::Otlp(otlp) => Some(otlp.clone()),
        _ => None,
    })
}

#[test]
fn what_is_said_of_a_log_file_has_no_effect_without_one() {
    let bounds =
        [("APP_LOG_FILE_KEEP", "3"), ("APP_LOG_FILE_MAX_BYTES", "1MiB"), ("APP_LOG_FILE_ROTATION", "daily")];
    let problems = |file: Option<(&'static str, &'static str)>| {
        let environment = bounds.into_iter().chain(file).collect();
        Config::resolve("APP", Settings::default(), &environment, "prog").1
    };
    let told = problems(None);
    assert!(told.len() == 3 && told.iter().all(Problem::is_warning), "{told:?}");
    for (name, _) in bounds {
        let start = format!("`{name}` has no effect: no file is set");
        assert!(told.iter().any(|problem| problem.to_string().starts_with(&start)), "{told:?}");
    }
    assert_eq!(problems(Some(("APP_LOG_OUTPUT", "lines.json"))), []);
}

#[test]
fn nothing_set_is_what_the_documentation_says() {
    let config = clean(&[]);
    assert_eq!(config.resource("service.name"), Some("unknown_service:prog"));
    assert_eq!(config.log_filter, parse_filter("info").unwrap());
    assert_eq!(config.log_format, None);
    assert_eq!(config.server.as_ref().unwrap().address, "127.0.0.1:9090".parse().unwrap());
    assert!(!config.required);
    assert_eq!(config.shutdown_timeout, Duration::from_secs(5));
    let traces = config.traces.unwrap();
    assert_eq!(traces.filter, parse_filter("info").unwrap());
    assert_eq!(
        traces.sampling,
        Sampling { parent_based: true, root: RootSampling::ALWAYS_ON, rules: vec![] }
    );
    assert_eq!(traces.tail, None);
    let exporters = (traces.exporters, config.logs_export, config.metrics_export);
    assert_eq!(exporters, (vec![], vec![], vec![]), "nothing is sent anywhere unasked");
    let queue = |delay| QueueSettings {
        queue: 2_048,
        batch: 512,
        delay: Duration::from_secs(delay),
        export_timeout: Duration::from_secs(30),
    };
    assert_eq!((traces.spans, config.logs_queue), (queue(5), queue(1)));
    let limits =
        Limits { attributes: 128, attribute_length: None, events: 128, links: 128, event_attributes: 128 };
    let Recording { limits: its, ring_bytes, immediate } = config.recording;
    assert_eq!((its, ring_bytes, immediate), (limits, 14 << 20, false));
    assert!(!traces.opentelemetry);
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
    assert_eq!(config.traces.unwrap().spans.queue, 2_048);
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
        problem("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        "`OTEL_EXPORTER_OTLP_PROTOCOL` is `http/json`, not `http/protobuf` or `grpc`: JSON is not sent; receivers \
         that take it take `http/protobuf` too; the default is used: `http/protobuf`"
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
        ("APP_TRACE_SAMPLE_LIMIT", "0"),
        ("APP_TRACE_SAMPLE_RULES", "shop=sometimes"),
        ("APP_TRACE_KEEP_ERRORS", "perhaps"),
        ("APP_TRACE_KEEP_SLOWER_THAN", "1s"),
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_LOGS_EXPORTER", "console"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://a"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("APP_JAEGER_ENDPOINT", "grpc://a"),
        ("OTEL_EXPORTER_JAEGER_ENDPOINT", "thrift://a"),
        ("OTEL_EXPORTER_JAEGER_AGENT_HOST", "a b"),
        ("OTEL_EXPORTER_JAEGER_AGENT_PORT", "agent"),
        ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", "localhost:9411"),
        ("OTEL_EXPORTER_ZIPKIN_TIMEOUT", "0"),
        ("APP_TRACE_FILE_MAX_BYTES", "1"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "all"),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "never"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1k"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "none"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "1.5"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "9999999"),
        ("APP_RING_SIZE", "16MB"),
        ("APP_TRACE_IMMEDIATE", "soon"),
        ("APP_OPENTELEMETRY", "0.31"),
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
    ];
    let (config, problems) = resolve(&bad);
    assert_eq!(problems.len(), bad.len(), "{problems:#?}");
    for (variable, value) in bad {
        // What was meant to be a URL and is none may be anything.
        let shown = !variable.ends_with("ENDPOINT") || value.contains("://");
        let value = if shown { format!("`{value}`, ") } else { String::new() };
        let start = format!("`{variable}` is {value}not ");
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
    assert_eq!(otlp(&config.traces.unwrap()).unwrap().timeout, Duration::from_millis(7));
    assert!(problems[0].ends_with("; `OTEL_EXPORTER_OTLP_TIMEOUT` is used"), "{problems:?}");
    assert!(problems[1].ends_with("; `RUST_LOG` is used"), "{problems:?}");
    let code = Settings { sample_rate: Some(0.5), ..Settings::default() };
    let (config, problems) = resolve_over(code, &[("APP_TRACE_SAMPLE_RATE", "half")]);
    assert_eq!(config.traces.unwrap().sampling.root.ratio, 0.5);
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
        ("APP_ADMIN_TOKEN", "hunter2"),
    ]);
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("_HEADERS` is not a list")), "{problems:?}");
    assert!(!format!("{problems:?} {config:?}").contains("hunter2"), "{problems:?} {config:?}");
    let traces = config.traces.unwrap();
    let (config, problems) = resolve(&[("APP_ADMIN_TOKEN", "hunter2-hunter2-hunter2")]);
    assert!(!format!("{problems:?} {config:?}").contains("hunter2"), "{problems:?} {config:?}");
    assert_eq!(config.server.unwrap().token.unwrap().0.unwrap().expose(), "hunter2-hunter2-hunter2");
    let headers = otlp(&traces).unwrap().headers.0;
    assert_eq!(headers, [("authorization".to_owned(), "hunter2".to_owned())]);
}

#[test]
fn a_token_that_can_not_be_used_closes_what_would_be_open_without_one() {
    let nobodys = Some(Token(None));
    let (config, problems) = resolve(&[("APP_ADMIN_TOKEN", "short")]);
    assert_eq!((config.server.unwrap().token, problems.len()), (nobodys, 1));
    let (config, _) = resolve(&[("APP_METRICS_PORT", "none")]);
    assert_eq!(config.server.unwrap().token, None, "it was another one that is bad");
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
    let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
    assert_eq!(clean(&[base, ("APP_TRACING_ENABLED", "off")]).logs_export.len(), 1, "only spans are off");
    assert_eq!(clean(&[base, ("OTEL_SDK_DISABLED", "true")]).logs_export.len(), 0);
}

#[test]
fn a_batch_is_not_larger_than_its_queue() {
    const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
    let short = traces(&[(QUEUE, "100")]).spans;
    assert_eq!((short.queue, short.batch), (100, 100), "nobody asked for 512");
    let (config, problems) = resolve(&[(QUEUE, "100"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "600")]);
    assert_eq!(config.traces.unwrap().spans.batch, 100);
    assert!(problems[0].contains("600") && problems[0].contains(QUEUE), "{problems:?}");
    let code = Settings { batch_size: Some(600), ..Settings::default() };
    let (_, problems) = resolve_over(code, &[(QUEUE, "100")]);
    assert!(problems[0].starts_with("`Builder::batch_size` is 600"), "{problems:?}");
}

#[test]
fn log_records_have_a_queue_of_their_own() {
    let config = clean(&[
        ("OTEL_BLRP_SCHEDULE_DELAY", "1"),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "2"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "4"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "3"),
        ("OTEL_BSP_SCHEDULE_DELAY", "5"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "6"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "8"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "7"),
    ]);
    let millis = Duration::from_millis;
    let logs = QueueSettings { queue: 4, batch: 3, delay: millis(1), export_timeout: millis(2) };
    let spans = QueueSettings { queue: 8, batch: 7, delay: millis(5), export_timeout: millis(6) };
    assert_eq!((config.logs_queue, config.traces.unwrap().spans), (logs, spans));
    let (_, problems) =
        resolve(&[("OTEL_BLRP_MAX_QUEUE_SIZE", "1"), ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "2")]);
    assert!(problems[0].starts_with("`OTEL_BLRP_MAX_EXPORT_BATCH_SIZE` is 2, but"), "{problems:?}");
}

#[test]
fn the_limits_of_spans_win_over_those_of_everything() {
    let limits = |variables: &[_]| clean(variables).recording.limits;
    let general = [("OTEL_ATTRIBUTE_COUNT_LIMIT", "1"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2")];
    let expected = Limits { attributes: 1, attribute_length: Some(2), ..Limits::default() };
    assert_eq!(limits(&general), expected);
    let own = [
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3"),
        ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "0"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "5"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "6"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "7"),
    ];
    let expected =
        Limits { attributes: 3, attribute_length: Some(0), events: 5, links: 6, event_attributes: 7 };
    assert_eq!(limits(&[&own[..], &general].concat()), expected);
}

#[test]
fn the_parts_of_the_memory_and_open_spans_are_the_limit_together() {
    for limit in [32, 64, 128, 1024, 2048] {
        let config = clean(&[("APP_MEMORY_LIMIT", &format!("{limit}MiB"))]);
        let (memory, ring) = (config.memory, config.recording.ring_bytes);
        let parts = memory.carried + memory.events + memory.waiting + memory.own_pages as usize * 4096;
        let all = ring * 4 + parts;
        assert!(all + (16 << 20) <= limit << 20, "{limit}: {memory:?}");
        assert!(ring >= 256 << 10, "{limit}: {ring}");
    }
    assert_eq!(clean(&[]).memory.own_pages, 3584);
    let own = clean(&[("APP_MEMORY_LIMIT", "64MiB"), ("APP_RING_SIZE", "1MiB")]);
    assert_eq!(
        (own.recording.ring_bytes, own.memory),
        (1 << 20, clean(&[("APP_MEMORY_LIMIT", "64MiB")]).memory)
    );
    assert_eq!(resolve(&[("APP_MEMORY_LIMIT", "1MiB")]).1.len(), 1);
}

#[test]
fn the_ring_is_as_large_as_it_is_told() {
    let ring = |size| clean(&[("APP_RING_SIZE", size)]).recording.ring_bytes;
    for size in ["1048576", "1MiB", "1 mib", "1M", "1024k", "1024KiB", "1048576B"] {
        assert_eq!(ring(size), 1 << 20, "{size}");
    }
    assert_eq!((ring("256KiB"), ring("256M")), (256 << 10, 256 << 20));
    for bad in [
        "255KiB",
        "257MiB",
        "1GiB",
        "1MB",
        "M",
        "1.5MiB",
        "-1",
        "1 M iB",
        "99999999999999999999",
        "18446744073709551615G",
    ] {
        assert!(
            problem("APP_RING_SIZE", bad)
                .ends_with("the default is used: its part of the memory limit: `14MiB` unless that is set")
        );
    }
    assert!(problem("APP_RING_SIZE", "16MB").contains("write `KiB`, `MiB`"));
}

#[test]
fn switches_of_development_and_bridging_are_off_until_they_are_set() {
    assert!(clean(&[("APP_TRACE_IMMEDIATE", "on")]).recording.immediate);
    assert!(traces(&[("APP_OPENTELEMETRY", "yes")]).opentelemetry);
    let code = Settings { immediate: Some(true), opentelemetry: Some(true), ..Settings::default() };
    let (config, _) = resolve_over(code, &[("APP_TRACE_IMMEDIATE", "0")]);
    assert_eq!((config.recording.immediate, config.traces.unwrap().opentelemetry), (false, true));
}

#[test]
fn the_servers_address_may_lack_a_port_and_the_ports_variable_wins() {
    let address = |variables: &[_]| clean(variables).server.unwrap().address.to_string();
    assert_eq!(address(&[("APP_METRICS_ADDR", "0.0.0.0")]), "0.0.0.0:9090");
    assert_eq!(address(&[("APP_METRICS_ADDR", "[::1]:80")]), "[::1]:80");
    assert_eq!(address(&[("APP_METRICS_ADDR", "localhost:80")]), "127.0.0.1:80");
    assert_eq!(address(&[("APP_METRICS_ADDR", "::1"), ("APP_METRICS_PORT", "81")]), "[::1]:81");
    assert_eq!(address(&[("APP_METRICS_ADDR", "10.0.0.1:80"), ("APP_METRICS_PORT", "0")]), "10.0.0.1:0");
    assert!(clean(&[("APP_METRICS_ENABLED", "no")]).server.is_none());
    for bad in [":9090", "localhost:", "localhost:x", "localhosts", "1.2.3.4:99999"] {
        problem("APP_METRICS_ADDR", bad);
    }
}

#[test]
fn an_address_for_recordings_names_a_store_and_shows_no_key() {
    let of = |address| problem("APP_RECORDER_STORE", address);
    for (address, reason) in [
        ("bucket/prefix", "it lacks `s3://`"),
        ("http://bucket", "its scheme is none of them"),
        ("s3:///prefix", "it lacks the bucket"),
        (
            "s3://id:hunter2@bucket",
            "keys belong into variables of the store's own, as `AWS_SECRET_ACCESS_KEY`",
        ),
        (
            "s3://bucket?secret=hunter2",
            "keys belong into variables of the store's own, as `AWS_SECRET_ACCESS_KEY`",
        ),
    ] {
        let problem = of(address);
        assert!(problem.contains(reason) && problem.contains("`s3://bucket/prefix`"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
    let alone = [("APP_RECORDER_STORE", "s3://bucket")];
    assert!(resolve(&alone).1[0].contains("`APP_RECORDER_STORE` has no effect"), "{:?}", resolve(&alone).1);
    let elsewhere = [
        ("APP_RECORDER_PATH", "trace.bin"),
        ("APP_RECORDER_STORE", "gs://bucket"),
        ("APP_RECORDER_STORE_REGION", "eu-west-1"),
    ];
    let problems = resolve(&elsewhere).1;
    assert!(problems[0].contains("`APP_RECORDER_STORE_REGION` has no effect"), "{problems:?}");
}

#[test]
fn a_signal_for_recordings_is_one_that_can_be_had() {
    let of = |signal| problem("APP_RECORDER_SIGNAL", signal);
    assert!(of("SIGKILL").contains("no program can handle it"));
    assert!(of("12").contains("not `SIGUSR1`, `SIGUSR2`, `SIGHUP` or `SIGQUIT`"), "{}", of("12"));
    for signal in ["SIGUSR2", "usr2"] {
        assert_eq!(clean(&[("APP_RECORDER_SIGNAL", signal)]).recorder.signal, Some(RecorderSignal::User2));
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
