//! What no telemetry may show.
//!
//! Every secret of the `confidant` is a canary: a word that is like no other, and says where it was put. Whatever the
//! program says to anybody is searched for any of them.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::backends::{OtlpReceiver, or_skip, workspace};
use crate::process::{Process, TempDir, until};
use crate::shop::{DECLINED_CARD, GOOD_CARD, SILENT_CARD, Shop, http};

/// What all canaries end in.
const MARK: &str = "7f3a9c";

/// The secret that is kept at some place.
fn canary(place: &str) -> String {
    format!("Kanary{place}{MARK}")
}

/// The program with canaries in what is always around it.
fn confidant(variables: &[(&str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_confidant"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["OTEL_", "SPANWRIGHT_", "RUST_"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command.arg(format!("--password={}", canary("Argument"))).env("SECRET", canary("Code"));
    command.env("DATABASE_URL", format!("postgres://me:{}@localhost", canary("OtherVariable")));
    command.env("SPANWRIGHT_METRICS_PORT", "0").env("RUST_LOG", "trace");
    // All that is in force is said, as far as it may be.
    command.env("SPANWRIGHT_EXPLAIN_CONFIG", "true").env("SPANWRIGHT_REDACTION_KEY", canary("RedactionKey"));
    command.env("NO_PROXY", "localhost,127.0.0.1");
    command.env("HTTP_PROXY", format!("http://me:{}@127.0.0.1:1", canary("Proxy")));
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

/// A running program, and how many of its answers were read.
struct Confidant {
    process: Process,
    answers: usize,
}

impl Confidant {
    /// Starts it; gives its admin server's address too.
    fn start(variables: &[(&str, String)]) -> (Self, String) {
        let process = Process::start_listening(&mut confidant(variables));
        let mut started = Self { process, answers: 0 };
        let ready = started.answer();
        (started, ready.trim_start_matches("ready ").to_owned())
    }

    #[track_caller]
    fn answer(&mut self) -> String {
        let answer = until("the confidant's answer", || {
            let stdout = self.process.stdout();
            stdout.lines().filter_map(|line| line.strip_prefix("> ")).nth(self.answers).map(str::to_owned)
        });
        self.answers += 1;
        answer
    }

    #[track_caller]
    fn tell(&mut self, command: &str) {
        self.process.tell(command);
        assert_eq!(self.answer(), "done", "{command}");
    }

    fn said(&self) -> [(&'static str, String); 2] {
        [("the standard output", self.process.stdout()), ("the standard error", self.process.stderr())]
    }
}

/// Looks for canaries in what somebody was told.
#[track_caller]
fn assert_no_canary(outputs: &[(&str, String)]) {
    for (output, text) in outputs {
        let lower = text.to_lowercase();
        if let Some(at) = lower.find(MARK) {
            let line = lower[..at].rfind('\n').map_or(0, |before| before + 1);
            let rest = &lower[line..];
            panic!("{output} has a canary: {}", &rest[..rest.find('\n').unwrap_or(rest.len())]);
        }
    }
}

/// Heads and bodies.
type Requests = Mutex<Vec<(String, Vec<u8>)>>;

/// A server that keeps what it is sent, byte by byte, and answers as it is told. Closed where the test ends.
struct Receiver {
    address: String,
    requests: Arc<Requests>,
}

impl Receiver {
    fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let address = format!("127.0.0.1:{}", listener.local_addr().expect("it is bound").port());
        let (requests, answer) = (Arc::default(), Arc::new(answer));
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                // Who sends may be gone.
                thread::spawn(move || serve(&connection, &kept, &*answer));
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<(String, String)> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
        requests.iter().map(|(head, body)| (head.clone(), text(body))).collect()
    }
}

fn serve(
    connection: &TcpStream,
    kept: &Requests,
    answer: &(dyn Fn(&str) -> String + Send + Sync),
) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let reply = answer(&head);
        kept.lock().unwrap_or_else(PoisonError::into_inner).push((head, body));
        (&*connection).write_all(reply.as_bytes())?;
    }
}

/// Endpoints and headers of everything that can be sent, with secrets where a receiver may ask for them.
fn exports(address: &str) -> Vec<(&'static str, String)> {
    // Some receivers have their token in the path.
    let url = |path: &str, place: &str| {
        format!("http://{address}/{}{path}?api_key={}", canary(&format!("{place}Path")), canary(place))
    };
    let headers = |place: &str| format!("authorization=Bearer%20{0},x-api-key={0}", canary(place));
    vec![
        ("OTEL_TRACES_EXPORTER", "otlp,zipkin,console".to_owned()),
        ("OTEL_METRICS_EXPORTER", "otlp,console".to_owned()),
        ("OTEL_LOGS_EXPORTER", "otlp".to_owned()),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url("/v1/traces", "TracesQuery")),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", url("/v1/logs", "LogsQuery")),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", url("/v1/metrics", "MetricsQuery")),
        ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", url("/api/v2/spans", "ZipkinQuery")),
        ("OTEL_EXPORTER_OTLP_HEADERS", headers("Headers")),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", headers("TracesHeaders")),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            format!("deployment.environment.name=test,db.password={}", canary("Resource")),
        ),
        ("OTEL_BSP_SCHEDULE_DELAY", "10".to_owned()),
        ("OTEL_BLRP_SCHEDULE_DELAY", "10".to_owned()),
    ]
}

#[test]
fn what_goes_well_shows_no_secret_to_anybody() {
    let receiver = Receiver::start(|_| "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned());
    let folder = TempDir::new();
    let file = folder.path().join("spans.jsonl");
    let mut variables = exports(&receiver.address);
    variables.push(("SPANWRIGHT_TRACE_FILE", file.display().to_string()));
    let (mut confidant, admin) = Confidant::start(&variables);
    confidant.tell("work");
    confidant.tell("show");
    let mut outputs = Vec::new();
    for (path, accept) in [
        ("/metrics", "text/plain"),
        ("/metrics", "application/openmetrics-text"),
        (
            "/metrics",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
        ),
        ("/health", "*/*"),
        ("/ready", "*/*"),
        ("/live", "*/*"),
        ("/nowhere", "*/*"),
    ] {
        let request = http().get(format!("http://{admin}{path}")).header("accept", accept);
        let mut answer = request.call().expect("the admin server answers");
        let body = answer.body_mut().read_to_vec().expect("it answers all");
        assert!(!body.is_empty(), "{path}");
        outputs.push((path, String::from_utf8_lossy(&body).into_owned()));
    }
    confidant.tell("end");
    outputs.push(("the file", std::fs::read_to_string(&file).expect("spans are in it")));
    outputs.extend(confidant.said());
    let requests = receiver.requests();
    for path in ["/v1/traces", "/v1/logs", "/v1/metrics", "/api/v2/spans"] {
        let is_there =
            |(head, _): &(String, _)| head.starts_with("POST ") && head.contains(&format!("{path}?"));
        assert!(requests.iter().any(is_there), "{path}");
    }
    for (head, body) in requests {
        // The receivers themselves are told what is theirs, and nothing else.
        let path = head.split(['?', ' ']).nth(1).and_then(|path| path.get(1..)?.split_once('/'));
        let (path, theirs): (_, &[&str]) = match path.map(|(_, path)| path) {
            Some(path @ "v1/traces") => (path, &["TracesHeaders", "TracesQuery", "TracesQueryPath"]),
            Some(path @ "v1/logs") => (path, &["Headers", "LogsQuery", "LogsQueryPath"]),
            Some(path @ "v1/metrics") => (path, &["Headers", "MetricsQuery", "MetricsQueryPath"]),
            Some(path @ "api/v2/spans") => (path, &["ZipkinQuery", "ZipkinQueryPath"]),
            _ => panic!("who is asked for that? {head}"),
        };
        let words = head.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.contains(MARK));
        let told: BTreeSet<_> = words.map(str::to_owned).collect();
        assert_eq!(told, theirs.iter().map(|place| canary(place)).collect(), "{path}");
        outputs.push(("a request's body", body));
    }
    assert_no_canary(&outputs);
    let all: String = outputs.into_iter().map(|(_, text)| text).collect();
    // What was searched is what it should be.
    for said in ["user 7 is refused: user 8 is refused", "by_names", "the password is not empty", "REDACTED"]
    {
        assert!(all.contains(said), "nobody said `{said}`");
    }
}

/// Refuses, and repeats all that it was sent.
fn parrot(head: &str) -> String {
    format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{head}", head.len())
}

#[test]
fn a_receiver_that_repeats_what_it_is_sent_brings_no_secret_back() {
    let receiver = Receiver::start(parrot);
    for protocol in ["http/protobuf", "grpc"] {
        let mut variables = exports(&receiver.address);
        variables.push(("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()));
        let (mut confidant, _) = Confidant::start(&variables);
        confidant.tell("work");
        confidant.tell("end");
        let said = confidant.said();
        let complains = said[1].1.contains("answered 400 Bad Request: POST /…/api/v2/spans?api_key=…");
        assert!(complains, "{}", said[1].1);
        assert!(said[1].1.contains("exporter `otlp`"), "{}", said[1].1);
        assert_no_canary(&said);
    }
}

/// Variables that are URLs.
const URLS: [&str; 8] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    "OTEL_EXPORTER_JAEGER_ENDPOINT",
    "SPANWRIGHT_JAEGER_ENDPOINT",
    "SPANWRIGHT_RECORDER_STORE_ENDPOINT",
];
/// Variables that are lists of names and values.
const LISTS: [&str; 5] = [
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_RESOURCE_ATTRIBUTES",
];

#[test]
fn every_variable_that_may_hold_a_secret_is_tried() {
    let table = workspace().join("runtime/src/config/variables.md");
    let table = std::fs::read_to_string(table).expect("it is there");
    let mut tried = 0;
    for row in table.lines().skip(2) {
        let mut columns = row.trim_matches('|').split(" | ").map(str::trim);
        let (names, may_be) = (columns.next().unwrap_or_default(), columns.nth(2).unwrap_or_default());
        if !["a URL", "a list as `key1", "a list as `name1"].iter().any(|start| may_be.starts_with(start)) {
            continue;
        }
        for name in names.split(", ").map(|name| name.trim_matches('`').replace("<PREFIX>", "SPANWRIGHT")) {
            assert!(
                URLS.contains(&&*name) || LISTS.contains(&&*name),
                "{name} is {may_be}, and is not tried"
            );
            tried += 1;
        }
    }
    assert!(tried >= URLS.len() + LISTS.len(), "{tried} were found");
}

#[test]
fn what_cannot_be_used_is_said_without_its_secrets() {
    let urls = [
        "ftp://me:{}@localhost/v1?key={}",
        "http://me:{}@localhost:port",
        "http://me:a/{}@localhost:port",
        "http://me:a?b#{}@localhost:port",
        "localhost:port?api_key={}&x=a@{}",
        "http://local host/?api_key={}",
        "ftp://localhost/v1/otlp/{}/v1/traces",
        "authorization=Bearer {}",
    ];
    let lists = [
        "{}",
        "authorization: Bearer {}",
        "authorization {}",
        "api_key={},x",
        "api_key=%zz{}",
        "={}",
        "a b {}",
        "x={},y={}\n,z",
    ];
    for (url, list) in urls.into_iter().zip(lists) {
        let fill = |name: &'static str, shape: &str| (name, shape.replace("{}", &canary("Unusable")));
        let mut variables: Vec<_> = URLS.into_iter().map(|name| fill(name, url)).collect();
        variables.extend(LISTS.into_iter().map(|name| fill(name, list)));
        let (mut confidant, _) = Confidant::start(&variables);
        confidant.tell("show");
        confidant.tell("end");
        let said = confidant.said();
        for (name, value) in &variables {
            // It is among what the explanation remarks on.
            let is_said =
                said[1].1.lines().any(|line| line.starts_with(&format!("spanwright: ! `{name}` is ")));
            assert!(is_said, "{name}={value}: {}", said[1].1);
        }
        assert_no_canary(&said);
        // Whoever requires the telemetry is told in an error.
        variables.push(("SPANWRIGHT_REQUIRED", "true".to_owned()));
        let mut refused = Process::start(&mut self::confidant(&variables));
        refused.wait();
        assert!(refused.stdout().contains("> refused"), "{}", refused.stdout());
        assert_no_canary(&[
            ("the standard output", refused.stdout()),
            ("the standard error", refused.stderr()),
        ]);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_said_without_its_password() {
    let mut variables = exports("collector.invalid:80");
    variables.push(("NO_PROXY", String::new()));
    variables.push(("SPANWRIGHT_SHUTDOWN_TIMEOUT", "1500".to_owned()));
    let (mut confidant, _) = Confidant::start(&variables);
    confidant.tell("work");
    confidant.tell("end");
    let said = confidant.said();
    assert!(said[1].1.contains("exporter `"), "{}", said[1].1);
    assert_no_canary(&said);
}

#[test]
fn a_card_number_appears_nowhere() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let start = Shop::start().export_to(&receiver.endpoint);
    let shop = start.env("RUST_LOG", "trace").env("SPANWRIGHT_TRACE_FILTER", "trace").serve();
    let mut answers = String::new();
    for card in [GOOD_CARD, DECLINED_CARD, SILENT_CARD] {
        let (_, order) = shop.order("teapot", 1, card);
        answers += &order.to_string();
    }
    let mut shown = shop.metrics("*/*").1;
    let spans = until("the spans of all charges", || {
        let charges = receiver.spans().iter().filter(|span| span.name == "charge").count();
        (charges == 3).then(|| receiver.raw())
    });
    let ended = shop.terminate();
    // The shop's own greeting has an example of an order, which is no output of a signal.
    let logged =
        ended.stdout.lines().filter(|line| !line.trim_start().starts_with("curl")).collect::<String>();
    shown += &(answers + &spans + &logged + &ended.stderr);
    for card in [GOOD_CARD, DECLINED_CARD, SILENT_CARD] {
        assert!(!shown.contains(card), "{card} was shown");
    }
}
