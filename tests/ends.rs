//! How programs end, and what of their telemetry arrives: all of it, whatever way they take.

use std::process::Command;

use serde_json::Value as Json;

use crate::backends::or_skip;
use crate::collector::Collector;
use crate::process::{Process, until};
use crate::shop::http;

/// What the program was asked to do, and where it sends its telemetry.
fn ender(way: &str, collector: &Collector) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ender"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("OTEL_") || text.starts_with("SPANWRIGHT_") || text.starts_with("RUST_LOG") {
            command.env_remove(&name);
        }
    }
    // Nothing would be sent for an hour.
    command.env("OTEL_BSP_SCHEDULE_DELAY", "3600000").env("OTEL_BLRP_SCHEDULE_DELAY", "3600000");
    command.env("OTEL_METRIC_EXPORT_INTERVAL", "3600000").env("SPANWRIGHT_SHUTDOWN_TIMEOUT", "25000");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    command.env("SPANWRIGHT_METRICS_PORT", "0").env("SPANWRIGHT_DRAIN_PERIOD", "0");
    command.arg(way);
    command
}

/// What has come: spans, and the newest count of calls, by the function's metrics and by the program's own.
fn arrived(collector: &Collector) -> (usize, f64, f64) {
    let newest = |name: &str| collector.sums(name).into_values().flatten().fold(0.0, f64::max);
    (collector.spans().len(), newest("ender_calls_total"), newest("ender_done_total"))
}

fn said(process: &Process) -> Vec<String> {
    process.stdout().lines().filter_map(|line| line.strip_prefix("> ")).map(str::to_owned).collect()
}

#[test]
fn whatever_way_a_program_ends_by_itself_all_arrives_once() {
    for (way, code) in [
        ("return", 0),
        ("exit", 3),
        ("exit-elsewhere", 3),
        ("forget", 0),
        ("panic", 101),
        ("current-thread", 0),
        ("nested", 0),
    ] {
        let collector = Collector::start();
        let mut process = Process::start(&mut ender(way, &collector));
        assert_eq!(process.wait().code(), Some(code), "{way}: {}", process.stderr());
        assert_eq!(arrived(&collector), (7, 7.0, 7.0), "{way}: {}", process.stderr());
    }
}

#[test]
fn a_second_telemetry_is_a_clear_error_and_one_after_the_first_works() {
    let collector = Collector::start();
    let mut process = Process::start(&mut ender("twice", &collector));
    assert!(process.wait().success(), "{}", process.stderr());
    let expected =
        "the telemetry of this process is installed already; install it once, in `main`, and keep the guard";
    assert_eq!(said(&process), [expected]);
    // Metrics count on in between.
    assert_eq!(arrived(&collector), (7, 8.0, 7.0));
}

#[test]
fn a_signal_without_a_token_loses_nothing_that_has_finished() {
    for signal in ["TERM", "INT"] {
        let collector = Collector::start();
        let mut process = Process::start(&mut ender("idle", &collector));
        until("the program to be ready", || (said(&process) == ["ready"]).then_some(()));
        process.signal(signal);
        assert_eq!(process.wait().code(), None, "it ends by the signal");
        assert_eq!(arrived(&collector), (7, 7.0, 7.0), "SIG{signal}: {}", process.stderr());
    }
}

#[test]
fn the_first_process_of_a_container_ends_by_a_signal_with_its_code() {
    // As root of a namespace of its own, which not every system allows.
    let isolated = ["--user", "--map-root-user", "--pid", "--fork"];
    let allowed =
        Command::new("unshare").args(isolated).arg("true").output().is_ok_and(|run| run.status.success());
    let allowed = allowed.then_some(()).ok_or("`unshare` makes no namespace of processes here".to_owned());
    if or_skip(allowed).is_none() {
        return;
    }
    let collector = Collector::start();
    let program = ender("own-signal", &collector);
    let mut command = Command::new("unshare");
    command.args(isolated).arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut process = Process::start(&mut command);
    assert_eq!(process.wait().code(), Some(128 + 15), "{}", process.stderr());
    assert_eq!(arrived(&collector), (7, 7.0, 7.0), "{}", process.stderr());
}

#[test]
fn sigterm_under_load_loses_no_finished_span_and_no_count() {
    let collector = Collector::start();
    let mut command = ender("load", &collector);
    command.env("OTEL_BSP_SCHEDULE_DELAY", "20").env("OTEL_BSP_MAX_QUEUE_SIZE", "500000");
    command.env("OTEL_METRIC_EXPORT_INTERVAL", "50").env("SPANWRIGHT_RING_SIZE", "64MiB");
    let mut process = Process::start(&mut command);
    until("the load to be under way", || (collector.spans().len() > 5_000).then_some(()));
    process.signal("TERM");
    assert!(process.wait().success(), "{}", process.stderr());
    let said = said(&process);
    let (calls, all) = said[1].split_once(' ').expect("it says how many calls");
    let calls: usize = calls.parse().expect("a number");
    assert_eq!((all, process.stderr()), ("true", String::new()));
    assert_eq!(arrived(&collector), (calls, calls as f64, calls as f64));
    let spans = collector.spans();
    let ids: std::collections::BTreeSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), calls, "each came once");
}

#[test]
fn a_forked_child_has_no_telemetry_and_its_parent_all_of_its_own() {
    let collector = Collector::start();
    let mut process = Process::start(&mut ender("fork", &collector));
    assert!(process.wait().success(), "{}", process.stderr());
    let expected = [
        "flushed in the child true false",
        "this process was forked from one with telemetry, and can't have its own: install it after the fork, or start \
         another program",
        "gone true",
    ];
    assert_eq!(said(&process), expected, "{}", process.stderr());
    let (spans, calls, done) = arrived(&collector);
    assert_eq!((spans, calls, done), (7, 7.0, 7.0), "{}", process.stderr());
}

#[test]
fn a_signal_ends_a_forked_child_and_one_with_its_own_telemetry_loses_nothing() {
    let collector = Collector::start();
    let mut process = Process::start(&mut ender("fork-and-signal", &collector));
    assert!(process.wait().success(), "{}", process.stderr());
    assert_eq!(said(&process), ["TERM 15", "INT 2", "TERM 15", "TERM 15"], "{}", process.stderr());
    assert_eq!(arrived(&collector), (7, 7.0, 7.0), "{}", process.stderr());
}

#[test]
fn switched_off_nothing_is_recorded_and_log_lines_go_on() {
    let collector = Collector::start();
    let mut process = Process::start(&mut ender("switch", &collector));
    assert!(process.wait().success(), "{}", process.stderr());
    // The program's own counter is a handle, which counts on.
    assert_eq!(arrived(&collector), (7, 7.0, 107.0), "{}", process.stderr());
    let logs: Vec<_> = collector.logs().into_iter().map(|log| log.body).collect();
    assert_eq!(logs, ["all export this"]);
    assert!(process.stdout().contains("nobody exports this"), "{}", process.stdout());
}

/// A service that is probed as Kubernetes does.
struct Probed {
    process: Process,
    admin: String,
    commands: usize,
}

impl Probed {
    fn start(drain: &str) -> Self {
        let mut command = ender("probes", &Collector::start());
        command.env("OTEL_SDK_DISABLED", "true").env("SPANWRIGHT_DRAIN_PERIOD", drain);
        let process = Process::start_listening(&mut command);
        let admin = until("the service to listen", || said(&process).first().cloned());
        Self { process, admin, commands: 1 }
    }

    fn tell(&mut self, command: &str) {
        self.process.tell(command);
        self.commands += 1;
        until(command, || (said(&self.process).len() >= self.commands).then_some(()));
    }

    fn probe(&self, path: &str) -> (u16, Json) {
        let mut answer = http().get(format!("http://{}{path}", self.admin)).call().expect("it answers");
        (answer.status().as_u16(), answer.body_mut().read_json().expect("it answers JSON"))
    }

    /// The codes of the three probes, startup's and readiness' being one.
    fn codes(&self) -> [u16; 3] {
        ["/live", "/ready", "/health"].map(|path| self.probe(path).0)
    }
}

#[test]
fn probes_see_the_start_degradation_failure_and_the_drain_period() {
    let mut service = Probed::start("3000");
    assert_eq!(service.codes(), [200, 503, 200]);
    assert_eq!(service.probe("/ready").1["reason"], "the cache is being loaded");
    service.tell("started");
    assert_eq!(service.codes(), [200, 200, 200]);
    assert_eq!(service.probe("/ready").1["status"], "ready");
    service.tell("work");
    service.tell("degrade");
    assert_eq!(service.codes(), [200, 200, 200]);
    let health = service.probe("/health").1;
    assert_eq!((&health["status"], &health["checks"]["cache"]), (&"degraded".into(), &"degraded".into()));
    assert_eq!(health["calls_done"], 5);
    assert_eq!(service.probe("/health?detail").1["checks"]["cache"]["reason"], "it is cold");
    service.tell("fail");
    assert_eq!(service.codes(), [200, 503, 503]);
    service.tell("recover");
    assert_eq!(service.codes(), [200, 200, 200]);

    service.process.signal("TERM");
    until("readiness to go off", || (service.probe("/ready").0 == 503).then_some(()));
    // The service itself has not been told yet, and serves on.
    assert!(!said(&service.process).contains(&"told to end".to_owned()));
    assert_eq!(service.codes(), [200, 503, 503]);
    assert_eq!(service.probe("/health").1["status"], "shutting_down");
    assert!(service.process.wait().success(), "{}", service.process.stderr());
    assert!(said(&service.process).contains(&"told to end".to_owned()));
}
