//! The telemetry is the process's, so these tests take turns, and none sets the global subscriber.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;
use crate::config::{
    Config, Environment, LogsExporter, MetricsExporter, OtlpCompression, OtlpProtocol, RootSampling,
    TailPolicy, TraceExporter,
};
use crate::export::{ExportError, MetricExporter, Temporality};
use crate::registry::{Family, Kind, Registry, Snapshot, Source, Value};

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

#[cfg(unix)]
#[test]
fn a_socket_that_can_not_be_had_is_a_problem_that_says_which_variable_changes_it() {
    let _turn = turn();
    let guard = builder().admin_socket("/there/is/no/such/folder").install_in(&environment(&[])).unwrap();
    let messages = messages(&guard);
    assert!(messages.len() == 1 && messages[0].contains("Set `APP_ADMIN_SOCKET` to a path"), "{messages:?}");
    assert!(messages[0].contains("`/there/is/no/such/folder`"), "{messages:?}");
    assert!(guard.metrics_addr().is_some(), "the rest of it listens");
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
fn what_needs_a_feature_that_is_off_is_a_problem_that_names_it() {
    let _turn = turn();
    let guard = builder().opentelemetry(true).metrics_enabled(false).install_in(&environment(&[])).unwrap();
    let expected: &[&str] = if cfg!(feature = "opentelemetry") {
        &[]
    } else {
        &["`opentelemetry` needs the feature `opentelemetry` of `spanwright`; it is ignored"]
    };
    assert_eq!(messages(&guard), expected);
    drop(guard);
    let guard =
        builder().metrics_recorder(true).metrics_enabled(false).install_in(&environment(&[])).unwrap();
    let expected: &[&str] = if cfg!(feature = "metrics") {
        &[]
    } else {
        &["`metrics_recorder` needs the feature `metrics` of `spanwright`; it is ignored"]
    };
    assert_eq!(messages(&guard), expected);
}

#[test]
fn a_filter_in_code_that_is_nearly_a_level_is_remarked_on() {
    let slips = builder().log_filter("inof").trace_filter("debgu,shop=info");
    let messages: Vec<_> = slips.problems.iter().map(ToString::to_string).collect();
    assert!(slips.problems.iter().all(Problem::is_warning) && messages.len() == 2, "{messages:?}");
    assert!(
        messages[0].contains("log_filter") && messages[0].ends_with("did you mean `info`?"),
        "{messages:?}"
    );
    assert!(messages[1].contains("trace_filter") && messages[1].ends_with("`debug`?"), "{messages:?}");
}

#[test]
fn bad_arguments_are_problems_that_name_the_method() {
    let bad = builder()
        .log_filter("a=loud")
        .trace_filter("[x]=info")
        .sample_rate(f64::NAN)
        .sampler(Sampler::ratio(1.5))
        .sampler(Sampler::always_on().limit_per_second(0.0))
        .sample_rule("", SampleRate::On)
        .sample_rule("a", SampleRate::PerSecond(-1.0))
        .otlp_endpoint("localhost:4318")
        .otlp_header("a b", "hunter2")
        .otlp_header("a", "hunter2\n")
        .jaeger_endpoint("http://me:hunter2@localhost")
        .zipkin_endpoint("zipkin")
        .ring_size(1)
        .queue_size(0)
        .batch_size(0)
        .batch_delay(Duration::ZERO)
        .metric_interval(Duration::from_secs(3601));
    let messages: Vec<_> = bad.problems.iter().map(ToString::to_string).collect();
    let methods: Vec<_> = messages
        .iter()
        .map(|message| message.strip_prefix("`Telemetry::builder().").unwrap().split('(').next().unwrap())
        .collect();
    assert_eq!(
        methods,
        [
            "log_filter",
            "trace_filter",
            "sample_rate",
            "sampler",
            "sampler",
            "sample_rule",
            "sample_rule",
            "otlp_endpoint",
            "otlp_header",
            "otlp_header",
            "jaeger_endpoint",
            "zipkin_endpoint",
            "ring_size",
            "queue_size",
            "batch_size",
            "batch_delay",
            "metric_interval",
        ]
    );
    assert!(!format!("{messages:?} {bad:?}").contains("hunter2"), "{messages:?}");
    let (config, problems) = Config::resolve("APP", bad.code, &environment(&[]), "prog");
    let sampling = config.traces.as_ref().unwrap().sampling.clone();
    assert_eq!((sampling.rules.len(), sampling.root.per_second, problems.len()), (0, None, 0));
    assert!(config.traces.unwrap().exporters.is_empty() && config.logs_export.is_empty());
}

/// What the builder's code says by itself.
fn decided(builder: Builder) -> Config {
    assert!(builder.problems.iter().all(Problem::is_warning), "{:?}", builder.problems);
    let (config, problems) = Config::resolve("APP", builder.code, &environment(&[]), "prog");
    assert_eq!(problems.len(), 0, "{problems:?}");
    config
}

#[test]
fn what_is_said_about_sampling_is_decided() {
    let sampler = Sampler::ratio(0.1).limit_per_second(10.0).parent_based(false);
    let traces = decided(
        builder()
            .sampler(sampler)
            .sample_rule("shop::health", SampleRate::On)
            .sample_rule("shop::health", SampleRate::Off)
            .sample_rule("name:pay", SampleRate::PerSecond(2.0))
            .keep_errors(true)
            .keep_slower_than(Duration::from_secs(1)),
    )
    .traces
    .unwrap();
    assert!(!traces.sampling.parent_based);
    assert_eq!(traces.sampling.root, RootSampling { ratio: 0.1, per_second: Some(10.0) });
    let rules: Vec<_> =
        traces.sampling.rules.iter().map(|rule| (rule.sampling.ratio, rule.sampling.per_second)).collect();
    assert_eq!(rules, [(1.0, Some(2.0)), (0.0, None)]);
    assert_eq!(traces.tail, Some(TailPolicy { errors: true, slower_than: Some(Duration::from_secs(1)) }));
    let off = decided(builder().sampler(Sampler::always_off())).traces.unwrap().sampling;
    assert_eq!((off.parent_based, off.root), (true, RootSampling::ALWAYS_OFF));
}

#[test]
fn what_is_said_about_exporters_is_decided() {
    let config = decided(
        builder()
            .otlp_endpoint("http://a:4317")
            .otlp_protocol(OtlpProtocol::Grpc)
            .otlp_compression(OtlpCompression::Gzip)
            .otlp_header("key", "1")
            .otlp_header("key", "2")
            .otlp_header("other", "3")
            .zipkin_endpoint("http://z")
            .console()
            .console()
            .trace_file("spans.jsonl")
            .queue_size(8)
            .batch_size(4)
            .batch_delay(Duration::from_millis(3))
            .metric_interval(Duration::from_millis(7))
            .metric_temporality(Temporality::Delta)
            .ring_size(1 << 20)
            .immediate(true)
            .opentelemetry(true),
    );
    let traces = config.traces.unwrap();
    let [
        TraceExporter::Otlp(otlp),
        TraceExporter::Zipkin(zipkin),
        TraceExporter::Console,
        TraceExporter::File { path, .. },
    ] = &traces.exporters[..]
    else {
        panic!("{:?}", traces.exporters)
    };
    assert_eq!((otlp.endpoint.as_str(), otlp.protocol), ("http://a:4317", OtlpProtocol::Grpc));
    assert_eq!((otlp.headers.0.len(), otlp.headers.0[0].1.as_str()), (2, "2"));
    assert_eq!((otlp.compression, zipkin.endpoint.as_str()), (OtlpCompression::Gzip, "http://z"));
    assert_eq!(path.to_str(), Some("spans.jsonl"));
    assert_eq!(config.logs_export, [LogsExporter::Otlp(otlp.clone())]);
    assert_eq!(config.metrics_export, [MetricsExporter::Otlp(otlp.clone(), Temporality::Delta)]);
    assert_eq!(config.metrics_push.interval, Duration::from_millis(7));
    let spans = traces.spans;
    assert_eq!((spans.queue, spans.batch, spans.delay), (8, 4, Duration::from_millis(3)));
    assert_eq!((config.recording.ring_bytes, config.recording.immediate), (1 << 20, true));
    assert!(traces.opentelemetry);
}

#[test]
fn jaegers_older_way_is_a_warning_and_no_log_records_go_there() {
    let builder = builder().jaeger_endpoint("udp://jaeger:6831");
    let [problem] = &builder.problems[..] else { panic!("{:?}", builder.problems) };
    assert!(problem.is_warning());
    let message = problem.to_string();
    assert!(
        message.contains("`udp://jaeger:6831`") && message.contains("`http://jaeger:4318/v1/traces`"),
        "{message}"
    );
    let config = decided(builder);
    assert!(config.logs_export.is_empty());
    let [TraceExporter::Otlp(otlp)] = &config.traces.unwrap().exporters[..] else { panic!("one exporter") };
    assert_eq!(otlp.endpoint.as_str(), "http://jaeger:4318/v1/traces");
}

#[cfg(not(feature = "otlp"))]
#[test]
fn an_exporter_that_is_not_built_is_a_problem_of_each_signal() {
    let _turn = turn();
    let guard = builder().otlp_endpoint("http://localhost:4318").install_in(&environment(&[])).unwrap();
    let messages = messages(&guard);
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(
        messages.iter().any(|message| message.starts_with("metrics are not exported by `otlp`: ")),
        "{messages:?}"
    );
    assert!(
        messages.iter().any(|message| message.starts_with("spans are not exported by `otlp`: ")),
        "{messages:?}"
    );
    let of_logs = |message: &String| message.starts_with("log records are not exported by `otlp`: ");
    assert!(messages.iter().any(of_logs), "{messages:?}");
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
        assert_eq!(messages.len(), 3, "one for spans, for log records and for metrics: {messages:?}");
        for message in messages {
            assert!(message.contains(remedy) && !message.contains("hunter2"), "{message}");
        }
    }
}

#[test]
fn nothing_secret_is_in_the_builders_debug_output() {
    let builder = builder().otlp_endpoint("http://me:hunter2@localhost:4318");
    assert!(!format!("{builder:?}").contains("hunter2"), "{builder:?}");
}

/// Keeps what it is given.
struct Keeps(std::sync::mpsc::Sender<Snapshot>);

impl MetricExporter for Keeps {
    fn name(&self) -> &'static str {
        "keeps"
    }

    fn export(&mut self, snapshot: &Snapshot, _: Duration) -> Result<(), ExportError> {
        let _nobody_asks = self.0.send(snapshot.clone());
        Ok(())
    }
}

/// A family of a registry of the program's own.
struct Level;

impl Source for Level {
    fn collect(&self, families: &mut Vec<Family>) {
        families.push(Family::new("level", Kind::Gauge).with([("l", "v")], Value::Gauge(1.0)));
    }
}

#[test]
fn metrics_of_all_registries_are_pushed_by_a_flush_and_by_the_end() {
    let _turn = turn();
    let (registry, level) = (Registry::new(), Arc::new(Level));
    registry.add_source(&level);
    let (to, given) = std::sync::mpsc::channel();
    let guard =
        builder().registry(&registry).metric_exporter(Keeps(to)).install_in(&environment(&[])).unwrap();
    assert!(given.try_recv().is_err(), "nothing is pushed before it is due");
    assert!(guard.flush());
    let snapshot = given.try_recv().expect("a flush pushes");
    assert!(snapshot.family("level").is_some());
    assert!(snapshot.family("spanwright_metric_points_exported_total").is_some());
    drop(guard);
    assert!(given.try_recv().is_ok_and(|snapshot| snapshot.family("level").is_some()), "the end pushes");
    assert!(given.recv().is_err(), "and the exporter is gone");
}

#[test]
fn rolling_windows_begin_at_once_and_end_with_the_telemetry() {
    let _turn = turn();
    let without = builder().install_in(&environment(&[])).unwrap();
    assert!(without.windows().is_none() && windows().is_none());
    drop(without);
    let with = builder().install_in(&environment(&[("APP_ROLLING_WINDOWS", "true")])).unwrap();
    let held = with.windows().unwrap();
    assert!(Arc::ptr_eq(&held, &windows().unwrap()));
    // The first tick is the thread's. The next one would be 5 seconds later.
    let start = std::time::Instant::now();
    while format!("{held:?}").contains("series: 0") {
        assert!(start.elapsed() < Duration::from_secs(120), "nobody ticks");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(50));
    held.tick(std::time::Instant::now());
    let trend = held.trend("process_uptime_seconds", &[], crate::registry::Window::OneMinute).unwrap();
    assert!(trend > 0.0, "time goes on: {trend}");
    drop((with, held));
    assert!(windows().is_none(), "the thread has ended");
}

#[test]
fn what_is_measured_goes_with_the_guard() {
    let _turn = turn();
    let global = Registry::global();
    let guard = builder().install_in(&environment(&[("APP_RUNTIME_METRICS", "off")])).unwrap();
    assert!(
        global.get_metric("process_uptime_seconds").is_some() && global.get_metric("build_info").is_some()
    );
    assert!(global.get_metric("target_info").is_none(), "it is for pages of Prometheus");
    drop(guard);
    assert!(
        global.get_metric("process_uptime_seconds").is_none() && global.get_metric("build_info").is_none()
    );
    let guard = builder().process_metrics(false).build_info(false).install_in(&environment(&[])).unwrap();
    assert!(
        global.get_metric("process_uptime_seconds").is_none() && global.get_metric("build_info").is_none()
    );
    drop(guard);
}
