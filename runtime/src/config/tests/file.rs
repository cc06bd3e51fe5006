//! The file: what it may say, what is wrong with it, and where values come from.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;

/// A file that is removed again.
struct Written(PathBuf);

impl Written {
    fn new(bytes: &[u8]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("spanwright-{}-{number}.toml", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn resolved(file: &str, variables: &[(&str, &str)]) -> Resolved {
    resolved_bytes(file.as_bytes(), Settings::default(), variables)
}

fn resolved_bytes(file: &[u8], code: Settings, variables: &[(&str, &str)]) -> Resolved {
    let file = Written::new(file);
    let code = Settings { config_file: Some(file.0.clone()), ..code };
    super::super::resolve("APP", code, &variables.iter().copied().collect(), "prog")
}

/// The problems of a file, with `FILE` for its path.
fn problems(file: impl AsRef<[u8]>) -> Vec<String> {
    let resolved = resolved_bytes(file.as_ref(), Settings::default(), &[]);
    let messages = resolved.problems.iter().map(ToString::to_string);
    let directory = std::env::temp_dir().display().to_string();
    let shorten = |message: String| {
        let Some(at) = message.find(&directory) else { return message };
        let end = message[at..].find(".toml").map_or(message.len(), |end| at + end + 5);
        format!("{}FILE{}", &message[..at], &message[end..])
    };
    messages.map(shorten).collect()
}

#[test]
fn what_the_recorders_documentation_has_as_an_example_is_good() {
    let documentation = include_str!("../../recorder/documentation.md");
    let example = documentation.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let resolved = resolved(example, &[]);
    assert!(resolved.problems.is_empty(), "{:?}", resolved.problems);
    let recorder = &resolved.config.recorder;
    assert_eq!(recorder.store.as_ref().unwrap().address, "s3://recordings/shop");
    assert_eq!((recorder.total_bytes, recorder.flight.unwrap().as_secs()), (256 << 20, 30));
}

#[test]
fn what_is_called_a_secret_is_remarked_on_in_a_table_too() {
    let messages = problems("[resource]\nteam = \"blue\"\ndb.password = \"hunter2\"");
    assert_eq!(messages.len(), 1, "{messages:?}");
    let start = "`FILE:1:1: resource` is a list of which `db.password` is sent as `REDACTED`";
    assert!(messages[0].starts_with(start) && !messages[0].contains("hunter2"), "{messages:?}");
}

#[test]
fn nothing_that_is_shown_forges_a_line_of_the_explanation() {
    let forged = "a\nadmin.token = none\u{1b}[31m";
    let variables = ["TRACE_FILE", "ADMIN_SOCKET", "LOG_OUTPUT", "CONFIG", "SERVICE_NAME"]
        .map(|name| (name, forged.to_owned()));
    let components = ("COMPONENTS", format!("{forged}=off"));
    let rules = ("TRACE_SAMPLE_RULES", format!("name:{forged}=off"));
    let variables = variables.into_iter().chain([components, rules]);
    let environment = variables.map(|(name, value)| (format!("APP_{name}"), value)).collect();
    let shown =
        super::super::resolve("APP", Settings::default(), &environment, "prog").explanation.to_string();
    let lines = shown.lines().filter(|line| line.starts_with("admin.token"));
    assert_eq!(lines.count(), 1, "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn of_very_many_mistakes_the_first_are_told_and_the_others_take_no_time() {
    let keys: String = (0..60_000).map(|number| format!("key_{number} = 1\n")).collect();
    let messages = problems(keys);
    assert_eq!(messages.len(), 50);
    assert!(messages[49].starts_with("FILE:50:1: there is no key `key_49`"), "{}", messages[49]);
}

fn in_file(file: &str) -> Config {
    let resolved = resolved(file, &[]);
    assert_eq!(resolved.problems, [], "{file}");
    resolved.config
}

#[test]
fn all_kinds_of_values_can_be_in_a_file() {
    let config = in_file(
        r#"
        shutdown_timeout = 7
        ring_size = "1MiB"
        redaction_key = "0123456789abcdef"
        log_level = "error"

        [service]
        name = "shop"

        [resource]
        service.version = "1.2"
        "deployment.environment.name" = "test, 100% of it"

        [logging]
        level = ["warn", "shop.db=debug"]
        format = "pretty"

        [tracing]
        sample_rate = 1
        sample_rules = ["shop::health=off", "component:db=10/s"]
        exporters = "otlp,console"
        limits = { attributes = 0x10, events = 1_000 }

        [otlp]
        endpoint = "http://a:1"
        timeout = 5

        [otlp.headers]
        authorization = "Basic a=b, c"

        [otlp.logs]
        timeout = 6

        [metrics]
        enabled = false
        "#,
    );
    assert_eq!(config.shutdown_timeout, Duration::from_millis(7));
    assert_eq!(config.recording.ring_bytes, 1 << 20);
    assert!(config.redaction_key.is_some());
    assert_eq!(config.own_level, OwnLevel::Errors);
    let of = |key| config.resource(key);
    assert_eq!((of("service.name"), of("service.version")), (Some("shop"), Some("1.2")));
    assert_eq!(of("deployment.environment.name"), Some("test, 100% of it"));
    assert_eq!(config.log_filter, parse_filter("warn,shop.db=debug").unwrap());
    assert_eq!(config.log_format, Some(LogFormat::Pretty));
    assert_eq!(config.server, None);
    let traces = config.traces.unwrap();
    assert_eq!((traces.sampling.root.ratio, traces.sampling.rules.len()), (1.0, 2));
    assert_eq!((config.recording.limits.attributes, config.recording.limits.events), (16, 1_000));
    assert_eq!(traces.exporters.len(), 2);
    let otlp = otlp(&traces).unwrap();
    assert_eq!(otlp.headers.0, [("authorization".to_owned(), "Basic a=b, c".to_owned())]);
    assert_eq!(otlp.timeout, Duration::from_millis(5));
    let LogsExporter::Otlp(logs) = &config.logs_export[0] else { panic!("{:?}", config.logs_export) };
    assert_eq!(logs.timeout, Duration::from_millis(6), "a signal's own key wins over that of all");
}

#[test]
fn the_section_of_the_eventflux_document_is_read_as_it_is() {
    let config =
        in_file("# eventflux.toml\n[logging]\nlevel = \"info\"\nformat = \"json\"\noutput = \"stdout\"\n");
    assert_eq!(config.log_format, Some(LogFormat::Json));
}

#[test]
fn a_file_that_is_also_the_programs_own_has_keys_that_are_not_ours() {
    let file =
        "answer = 42\n[logging]\nlevel = 'warn'\n[queries]\nlimit = 5\n[loging]\n[metrics]\nprot = 1\n";
    let code = Settings { file_is_shared: true, ..Settings::default() };
    let resolved = resolved_bytes(file.as_bytes(), code, &[]);
    assert_eq!(resolved.config.log_filter, parse_filter("warn").unwrap());
    let messages: Vec<_> = resolved.problems.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(
        messages[0]
            .ends_with(":6:2: loging` is not a variable of ours and has no effect; did you mean `logging`?")
    );
    assert!(resolved.problems[0].is_warning());
    assert!(
        messages[1].contains(":8:1: there is no key `metrics.prot`, did you mean `port`?"),
        "{messages:?}"
    );
}

#[test]
fn the_variables_of_the_persist_document_work_with_its_prefix() {
    let environment = [
        ("RUST_LOG", "persist_core=info"),
        ("PERSIST_LOG_FORMAT", "json"),
        ("PERSIST_TRACING_ENABLED", "true"),
        ("PERSIST_JAEGER_ENDPOINT", "http://localhost:14268/api/traces"),
        ("PERSIST_METRICS_ENABLED", "true"),
        ("PERSIST_METRICS_PORT", "9191"),
        ("PERSIST_TRACE_SAMPLE_RATE", "0.1"),
    ];
    let environment = environment.into_iter().collect();
    let (config, problems) = Config::resolve("PERSIST", Settings::default(), &environment, "prog");
    assert!(problems.iter().all(Problem::is_warning), "{problems:?}");
    assert_eq!(config.log_format, Some(LogFormat::Json));
    assert_eq!(config.server.unwrap().address.port(), 9191);
    let traces = config.traces.unwrap();
    assert_eq!(traces.sampling.root.ratio, 0.1);
    assert_eq!(otlp(&traces).unwrap().endpoint.as_str(), "http://localhost:4318/v1/traces");
}

#[test]
fn what_is_set_where_decides_what_holds() {
    // Every way that four sources can say something or nothing.
    for said in 0..16_u32 {
        let says = |source: u32| said >> source & 1 == 1;
        let millis = Duration::from_millis;
        let code = Settings {
            otlp_traces_timeout: says(0).then_some(millis(1)),
            service_name: says(0).then(|| "code".to_owned()),
            log_filter: says(0).then(|| parse_filter("error").unwrap()),
            ..Settings::default()
        };
        let file =
            if says(1) { "otlp.timeout = 2\nservice.name = \"file\"\nlogging.level = \"warn\"" } else { "" };
        let mut variables = vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1")];
        if says(2) {
            let standard = [
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "3"),
                ("OTEL_SERVICE_NAME", "standard"),
                ("RUST_LOG", "debug"),
            ];
            variables.extend(standard);
        }
        if says(3) {
            let own = [
                ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "4"),
                ("APP_SERVICE_NAME", "own"),
                ("APP_LOG", "trace"),
            ];
            variables.extend(own);
        }
        let Resolved { config, problems, explanation } = resolved_bytes(file.as_bytes(), code, &variables);
        assert_eq!(problems, []);
        let highest = (0..4).rev().find(|source| says(*source));
        let at = highest.map_or(0, |source| source as usize + 1);
        let timeout = otlp(config.traces.as_ref().unwrap()).unwrap().timeout;
        assert_eq!(timeout, millis([10_000, 1, 2, 3, 4][at]), "{said:04b}");
        let names = ["unknown_service:prog", "code", "file", "standard", "own"];
        assert_eq!(config.resource("service.name"), Some(names[at]), "{said:04b}");
        let levels = ["info", "error", "warn", "debug", "trace"];
        assert_eq!(config.log_filter, parse_filter(levels[at]).unwrap(), "{said:04b}");
        let name = explanation.keys().iter().find(|key| key.name() == "service.name").unwrap();
        let place = name.place().map(|place| match place {
            Place::Code => 1,
            Place::File(_) => 2,
            Place::Variable(name) if name.starts_with("OTEL") => 3,
            Place::Variable(_) => 4,
            Place::Running => 5,
        });
        assert_eq!(place.unwrap_or(0), at, "{said:04b}");
        assert_eq!(name.value(), if at == 0 { "unknown_service: and the program's name" } else { names[at] });
        // A variable hides another one of its key without being asked.
        let both_variables = u32::from(says(2) && says(3));
        assert_eq!(name.hidden().len() as u32, said.count_ones().saturating_sub(1 + both_variables));
    }
}

#[test]
fn a_variable_names_the_file_that_is_read() {
    let (one, other) = (Written::new(b"service.name = 'one'"), Written::new(b"service.name = 'other'"));
    let code = Settings { config_file: Some(one.0.clone()), ..Settings::default() };
    let environment = [("APP_CONFIG", other.0.as_os_str())].into_iter().collect();
    let (config, problems) = Config::resolve("APP", code, &environment, "prog");
    assert_eq!((config.resource("service.name"), problems.len()), (Some("other"), 0));
}

#[test]
fn what_the_file_says_gives_way_to_variables_that_mean_more() {
    let file = "tracing.sample_rate = 0.5\n[otlp.traces]\nendpoint = \"http://file:1/\"";
    let variables = [("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1")];
    let config = resolved(file, &variables).config;
    let traces = config.traces.unwrap();
    assert_eq!(traces.sampling.root.ratio, 0.0);
    assert_eq!(otlp(&traces).unwrap().endpoint.as_str(), "http://a:1/v1/traces");
}

#[test]
fn every_mistake_is_reported_at_its_place() {
    let file = "\
shutdown_timout = 5
sample_rate = 0.5
[tracing]
sample_rate = \"half\"
enabled = \"true\"
sampler = 'always_one'
exporters = ['otlp', 'jaeger']
[metrics]
port = 90901
  extra.deep = 1
[service]
name = 5
[logging]
level = 2025-01-01
format = ''
[otlp]
headers = { authorization = 5 }
[resource]
'a' = ['b']
";
    let expected = [
        "FILE:1:1: there is no key `shutdown_timout`, did you mean `shutdown_timeout`?; there are `explain`, `log_level`, \
         `service`, `resource`, `disabled`, `tracing`, `components`, `logging`, `metrics`, `otlp`, `redaction_key`, \
         `memory_limit`, `ring_size`, `recorder`, `propagators`, `admin`, `console`, `required`, `shutdown_timeout`, `drain_period`",
        "FILE:2:1: there is no key `sample_rate`, did you mean `tracing.sample_rate`?; there are `explain`, `log_level`, \
         `service`, `resource`, `disabled`, `tracing`, `components`, `logging`, `metrics`, `otlp`, `redaction_key`, \
         `memory_limit`, `ring_size`, `recorder`, `propagators`, `admin`, `console`, `required`, `shutdown_timeout`, `drain_period`",
        "FILE:10:3: there is no key `metrics.extra`; there are `exporters`, `temporality`, `histogram_aggregation`, \
         `interval`, `timeout`, `exemplars`, `enabled`, `addr`, `port`, `process`, `runtimes`, `build_info`, \
         `recorder`, `own`, `rolling_windows`",
        "FILE:12:8: `service.name` is `5`, not text: it is an integer; write it in quotes; the default is used: \
         `unknown_service:` and the program's name",
        "FILE:19:7: `resource` is not a list as `key1=value1,key2=value2`, percent-encoded: it is a table of something \
         else than strings; the default is used: none",
    ];
    let problems = problems(file);
    for expected in expected {
        let place = expected.split(": ").next().unwrap().replace("19:7", "18:1");
        let at_place = problems.iter().find(|problem| problem.starts_with(&format!("{place}:")));
        let at_place = at_place.unwrap_or_else(|| panic!("nothing at {place}: {problems:#?}"));
        assert_eq!(*at_place, expected.replace("19:7", "18:1"));
    }
    for part in [
        "FILE:4:15: `tracing.sample_rate` is `half`, not a number from 0.0 to 1.0: it is a string; the default",
        "FILE:5:11: `tracing.enabled` is `true`, not `true` or `false`: it is a string; write it without quotes",
        "FILE:6:11: `tracing.sampler` is `always_one`, not `always_on`",
        "FILE:7:13: `tracing.exporters` is `otlp,jaeger`, not a list of `otlp`",
        "FILE:9:8: `metrics.port` is `90901`, not a port from 0 to 65535; the default is used",
        "FILE:14:9: `logging.level` is not a list of levels and targets as `info,my_crate::db=debug`: it is a time",
        "FILE:15:10: `logging.format` is ``, not `json` or `pretty`: it is empty; leave the key out",
        "FILE:17:11: `otlp.headers` is not a list",
    ] {
        assert!(problems.iter().any(|problem| problem.starts_with(part)), "{part}\n{problems:#?}");
    }
    assert_eq!(problems.len(), 13, "{problems:#?}");
}

#[test]
fn of_a_file_that_is_no_toml_nothing_is_used_and_all_is_said() {
    let file = "service.name = 'shop'\nservice.nam = 'shop'\nservice.name = 'other'\n[metrics\nport = 1\nport = ??\n";
    let messages = problems(file);
    assert!(messages[0].starts_with("FILE:2:9: there is no key `service.nam`"), "{messages:#?}");
    assert_eq!(messages[1], "FILE:3:9: `name` is there twice; nothing of the file is used");
    assert!(messages.len() == 3 && messages[2].starts_with("FILE:4:9: "), "{messages:#?}");
    assert_eq!(resolved(file, &[]).config.resource("service.name"), Some("unknown_service:prog"));
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let missing = [("APP_CONFIG", "/nonexistent/app.toml")];
    let (_, messages) = resolve(&missing);
    let expected = "the configuration file `/nonexistent/app.toml` can't be read: No such file or directory";
    assert!(messages[0].starts_with(expected), "{messages:?}");
    assert_eq!(
        problems(b"[service]\nname = \"\xff\""),
        ["FILE:2:9: this is not valid UTF-8; nothing of the file is used"]
    );
    let large = problems(vec![b'#'; (1 << 20) + 1]);
    assert!(large[0].ends_with("FILE` is larger than 1 MiB; nothing of it is used"), "{large:?}");
    #[cfg(unix)]
    {
        let (_, messages) = resolve(&[("APP_CONFIG", "/dev/zero")]);
        assert!(messages[0].ends_with("is larger than 1 MiB; nothing of it is used"), "{messages:?}");
        let (_, messages) = resolve(&[("APP_CONFIG", "/tmp")]);
        assert!(messages[0].contains("`/tmp` can't be read"), "{messages:?}");
    }
}

#[test]
fn what_is_used_instead_of_a_bad_variable_is_where_the_file_has_it() {
    let resolved = resolved("tracing.sample_rate = 0.5", &[("APP_TRACE_SAMPLE_RATE", "half")]);
    let message = resolved.problems[0].to_string();
    assert!(message.contains("; the value at ") && message.ends_with(".toml:1:23 is used"), "{message}");
    assert_eq!(resolved.config.traces.unwrap().sampling.root.ratio, 0.5);
}

#[test]
fn the_explanation_has_every_key_and_no_secret() {
    let file = "redaction_key = 'hunter2 hunter2 hunter2'\n[otlp]\nendpoint = 'https://me:hunter2@a:1'\n\
                headers = { authorization = 'hunter2' }\n[resource]\npassword = 'hunter2'\nteam = 'blue'\n\
                [tracing]\nsample_rate = 0.5\n[admin]\ntoken = 'hunter2-hunter2-hunter2'";
    let variables = [("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x=hunter2"), ("APP_TRACE_SAMPLE_RATE", "0.25")];
    let explanation = resolved(file, &variables).explanation;
    let text = explanation.to_string();
    assert!(!text.contains("hunter2") && !format!("{explanation:?}").contains("hunter2"), "{text}");
    assert_eq!(explanation.keys().len(), KEYS.len());
    let line =
        |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{text}"));
    assert!(line("tracing.sample_rate = 0.25 ").contains("# APP_TRACE_SAMPLE_RATE; also set: "));
    assert!(line("tracing.sample_rate").ends_with(".toml:9:15"));
    assert!(line("otlp.traces.headers = x=… ").contains("# OTEL_EXPORTER_OTLP_TRACES_HEADERS; also set: "));
    assert!(line("otlp.logs.headers = authorization=… ").contains(".toml:4:11"));
    assert!(line("otlp.endpoint = https://***@a:1 ").contains(".toml:3:12"));
    assert!(line("resource = password=REDACTED,team=blue ").contains(".toml:5:1"));
    assert!(line("metrics.port = the address's ").ends_with("# default"));
    assert!(line("redaction_key = RedactionKey(not shown)").contains(".toml:1:17"));
    assert!(line("admin.token = Token(not shown)").contains(".toml:11:9"));
}

#[test]
fn the_defaults_are_what_the_documentation_says() {
    assert_eq!(keys::wrong_defaults(), [""; 0]);
}

proptest! {
    /// No file makes the reader panic, and whatever is said of it is on one line.
    #[test]
    fn any_file_is_read_without_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        lines in prop::collection::vec(
            "(\\[{1,2}(otlp|tracing|metrics|resource|[a-z.\"' ]{0,9})\\]{0,2})|((service\\.)?name|timeout|\
             headers|otlp\\.headers\\.a|level|port|[\"'a-z. ]{0,9}) ?=? ?([0-9]{0,20}|\"\\PC{0,9}\"|\\[.{0,9}\\]?|\
             \\{ ?a ?= ?.{0,9}\\}?|.{0,12})", 0..12),
    ) {
        for file in [bytes, lines.join("\n").into_bytes()] {
            let resolved = resolved_bytes(&file, Settings::default(), &[]);
            let explanation = resolved.explanation.to_string();
            prop_assert_eq!(explanation.lines().count(), KEYS.len() + resolved.problems.len(), "{}", explanation);
        }
    }

    /// What is written as a string is what is read.
    #[test]
    fn texts_of_a_file_are_read_as_they_are(name in "[ -~]{0,20}[!-~]", value in "[ -~é]{0,20}[!-~]") {
        let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let file = format!("service.name = {}\n[resource]\n{} = 'x'", quote(&value), quote(&format!("k{name}")));
        let config = resolved(&file, &[]).config;
        prop_assert_eq!(config.resource("service.name"), Some(value.as_str()));
        let key = format!("k{name}");
        prop_assert!(config.resource(&key).is_some());
    }
}
