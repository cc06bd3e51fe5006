//! The program: its events, by the document's names, and how they are filtered.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::backends::Span;
use crate::collector::Collector;
use crate::output::{Line, command, lines, run};
use crate::process::{Process, TempDir, free_port, until};
use crate::table::{is_an_example, rows_of, workspace};

const SEED: &str = "AOF2";
const LOG: &str = "bop_rs::aof2::mod";
const FLUSH: &str = "bop_rs::aof2::flush";
const READER: &str = "bop_rs::aof2::reader";

/// What happens where all goes well.
fn routine() -> &'static [Line] {
    static LINES: OnceLock<Vec<Line>> = OnceLock::new();
    LINES.get_or_init(|| lines(&run(&["--once"], None)))
}

/// What happens where the disk is slow, or fails.
fn trouble() -> &'static [Line] {
    static LINES: OnceLock<Vec<Line>> = OnceLock::new();
    LINES.get_or_init(|| {
        let mut all = lines(&run(&["--once", "--records=300", "--fail-writes=12"], None));
        all.extend(lines(&run(&["--once", "--records=1200", "--pause=0", "--slow-disk=700"], None)));
        all
    })
}

/// The events that a row of the document means, by target and message.
fn meant(item: &str) -> (&'static str, &'static [&'static str]) {
    match item {
        "`bop_rs::aof2::mod`: segment allocation" => (LOG, &["segment allocated"]),
        "`bop_rs::aof2::mod`: segment sealing" => (LOG, &["segment sealed"]),
        "`bop_rs::aof2::mod`: archival queueing" => (LOG, &["segment queued for archival"]),
        "`bop_rs::aof2::mod`: flush scheduling decision" => (LOG, &["flush scheduled"]),
        "recovery events (structured, beside segment lifecycle and flush scheduling)" => {
            (LOG, &["segment recovered"])
        }
        "`bop_rs::aof2::flush`: retry attempt" => (FLUSH, &["flush failed, it is tried again"]),
        "`bop_rs::aof2::flush`: synchronous fallback usage" => (FLUSH, &["flushing synchronously"]),
        "`bop_rs::aof2::flush`: queue backpressure notification" => (FLUSH, &["flush queue is full"]),
        "`bop_rs::aof2::reader`: tail follower lifecycle update" => (
            READER,
            &["tail follower attached", "tail follower reads a segment", "tail follower has read all"],
        ),
        other => panic!("no event is known for `{other}`"),
    }
}

#[test]
fn targets_and_events_are_the_documents() {
    let folder = TempDir::new();
    let dir = format!("--dir={}", folder.path().display());
    run(&["--once", "--records=10", &dir], None);
    let again = lines(&run(&["--once", "--records=10", &dir], None));
    let all: Vec<_> = routine().iter().chain(trouble()).chain(&again).collect();
    let targets: BTreeSet<_> =
        all.iter().map(|line| line.target.as_str()).filter(|target| target.starts_with("bop_rs")).collect();
    assert_eq!(targets, rows_of(SEED, "target").iter().map(|row| row.name()).collect(), "no other targets");
    for row in rows_of(SEED, "event") {
        let (target, messages) = meant(&row.item);
        for message in messages {
            assert!(
                all.iter().any(|line| line.target == target && line.message == *message),
                "no `{message}`"
            );
        }
    }
}

#[test]
fn fields_are_the_documents() {
    let all: Vec<_> = routine().iter().chain(trouble()).collect();
    // `sample.name` and its like are fields of types, not of events.
    let rows = rows_of(SEED, "field");
    let of_events: Vec<_> = rows.iter().filter(|row| row.item.contains("(`aof2::")).collect();
    assert_eq!(of_events.len(), 9, "{of_events:?}");
    for row in of_events {
        for module in row.item.split('`').filter(|part| part.starts_with("aof2::")) {
            let target = format!("bop_rs::{module}");
            let found = all.iter().find(|line| line.target == target && line.fields.contains_key(row.name()));
            assert!(found.is_some(), "no event of `{target}` has `{}`", row.name());
        }
    }
    let decision = all.iter().find(|line| line.message == "flush scheduled").expect("decisions");
    for field in ["segment_id", "pending_remaining", "requested", "durable", "lag_ms"] {
        decision.number(field);
    }
    let retry = all.iter().find(|line| line.message == "flush failed, it is tried again").expect("retries");
    assert_eq!(retry.fields["error"], "injected write failure");
    assert_eq!((retry.number("attempts"), retry.number("delay_ms")), (1, 20));
    for line in all.iter().filter(|line| line.target == READER) {
        assert!(line.fields.contains_key("event") && line.fields.contains_key("segment_id"), "{line:?}");
    }
}

#[test]
fn the_numbers_of_events_are_what_has_happened() {
    // 64 records of 1,024 bytes with headers of nine, and the seal.
    let whole = 64 * 1033 + 17;
    for line in routine().iter().chain(trouble()) {
        match line.message.as_str() {
            "segment sealed" => {
                assert_eq!(line.number("requested"), whole, "{line:?}");
                assert!(line.number("durable") <= whole, "{line:?}");
            }
            "segment queued for archival" => assert_eq!(line.number("durable"), whole, "{line:?}"),
            "flush scheduled" => {
                assert!(line.number("durable") <= line.number("requested"), "{line:?}");
                let (is_late, lag_ms) = (line.level == "WARN", line.number("lag_ms"));
                assert!(if is_late { lag_ms >= 250 } else { lag_ms <= 250 }, "{line:?}");
            }
            _ => {}
        }
    }
    let most = |message: &str, field: &str| {
        trouble().iter().filter(|line| line.message == message).map(|line| line.number(field)).max()
    };
    assert!(most("segment sealed", "pending_remaining") >= Some(4), "a slow disk has a queue of four");
    assert!(most("flush scheduled", "lag_ms") >= Some(700), "a write takes that long");
    // A flush is tried again three times, each time after twice as long.
    let retries = trouble().iter().filter(|line| line.message == "flush failed, it is tried again");
    let said: BTreeSet<_> = retries.map(|line| (line.number("attempts"), line.number("delay_ms"))).collect();
    assert_eq!(said, BTreeSet::from([(1, 20), (2, 40), (3, 80)]));
}

#[test]
fn routine_is_debug_and_trouble_is_a_warning() {
    let at = |level: &str| -> BTreeSet<&str> {
        let lines = routine().iter().filter(|line| line.target.starts_with("bop_rs") && line.level == level);
        lines.map(|line| line.message.as_str()).collect()
    };
    for row in rows_of(SEED, "event") {
        let (_, messages) = meant(&row.item);
        if !["retry", "fallback", "backpressure", "recovery"].iter().any(|trouble| row.item.contains(trouble))
        {
            messages
                .iter()
                .for_each(|message| assert!(at("DEBUG").contains(message), "no debug `{message}`"));
        }
    }
    // On a machine that is busy with other things a flush may really be late, but none fails.
    let allowed =
        ["flush scheduled", "flush queue is full", "tail is blocked by a sealed segment that is not durable"];
    let warned = at("WARN");
    assert!(warned.iter().all(|message| allowed.contains(message)), "{warned:?}");
    let warnings: BTreeSet<_> =
        trouble().iter().filter(|line| line.level == "WARN").map(|line| line.message.as_str()).collect();
    for pushed in [
        "flush failed, it is tried again",
        "flushing synchronously",
        "flush queue is full",
        "flush scheduled",
    ] {
        assert!(warnings.contains(pushed), "no warning `{pushed}` in {warnings:?}");
    }
    let blocked =
        trouble().iter().find(|line| line.fields.get("event").is_some_and(|event| event == "blocked"));
    let blocked = blocked.expect("a disk that slow blocks the tail");
    assert_eq!((blocked.level.as_str(), blocked.target.as_str()), ("WARN", READER));
}

#[test]
fn the_fallback_keeps_what_was_accepted() {
    let output = run(&["--once", "--records=300", "--fail-writes=12"], Some("warn"));
    let value = |name: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix(name)).expect("the summary has it");
        line.trim().parse::<u64>().expect("a number")
    };
    assert_eq!(value("aof_flush_failures_total"), 12);
    assert!(value("aof_flush_retries_total") >= 3 && value("aof_flush_synchronous_total") >= 1, "{output}");
    let failed: u64 = output
        .lines()
        .find_map(|line| line.strip_suffix(" appends failed.")?.rsplit(' ').next()?.parse().ok())
        .expect("the summary says how many");
    // A record is 1,024 bytes and a header of nine; the seals of segments are 17 bytes each.
    let records = 300 - failed;
    let seals = value("aof_flush_durable_bytes_total") - records * 1033;
    assert_eq!(seals, records / 64 * 17, "{output}");
}

#[test]
fn rust_log_tightens_and_widens_the_feed() {
    let levels = |filter| {
        let lines = lines(&run(&["--once", "--records=100"], filter));
        let of = |ours: bool| -> BTreeSet<String> {
            let lines = lines.iter().filter(|line| line.target.starts_with("bop_rs") == ours);
            lines.map(|line| line.level.clone()).collect()
        };
        (of(true), of(false))
    };
    let set = |levels: &[&str]| levels.iter().map(|level| (*level).to_owned()).collect::<BTreeSet<_>>();
    let (log, program) = levels(None);
    assert!(
        log.contains("DEBUG") && !log.contains("TRACE"),
        "the default lifts its modules to debug: {log:?}"
    );
    assert_eq!(program, set(&["INFO"]));
    let (log, program) = levels(Some("warn,bop_rs::aof2=trace"));
    assert!(log.is_superset(&set(&["TRACE", "DEBUG"])), "{log:?}");
    assert_eq!(program, set(&[]), "its own lines are below a warning");
    let (log, program) = levels(Some("error"));
    assert_eq!((log, program), (set(&[]), set(&[])));
}

#[test]
fn segments_and_numbers_are_seen_in_the_console() {
    let rows = rows_of(SEED, "log line");
    assert_eq!(rows.len(), 2);
    let own: Vec<_> = routine().iter().filter(|line| line.target == "aof_tracing").collect();
    for row in rows {
        let found: Vec<_> = own.iter().filter(|line| line.message == row.name()).collect();
        assert!(!found.is_empty(), "no `{}`", row.name());
        let fields: BTreeSet<&str> = row.item.split('`').skip(3).step_by(2).collect();
        for line in found {
            assert_eq!(line.level, "INFO");
            assert_eq!(line.fields.keys().map(String::as_str).collect::<BTreeSet<_>>(), fields);
        }
    }
    // Periodically: each number more than once, and the last one is what has happened.
    let bytes = own
        .iter()
        .filter(|line| line.fields.get("metric").is_some_and(|name| name == "aof_flush_durable_bytes_total"));
    let bytes: Vec<u64> = bytes.map(|line| line.number("value")).collect();
    assert!(bytes.len() > 1 && bytes.is_sorted() && bytes.last() > bytes.first(), "{bytes:?}");
    assert!(routine().iter().any(|line| line.message == "segment sealed"));
    assert!(routine().iter().any(|line| line.message == "flushed"));
}

#[test]
fn the_documents_commands_run_from_the_root() {
    for row in rows_of(SEED, "command") {
        let words: Vec<_> = row.name().split(' ').collect();
        let at = words.iter().position(|word| *word == "cargo").expect("all are cargo's");
        let [run, option, name] = words[at + 1..] else { panic!("{row:?}") };
        assert_eq!((run, option), ("run", "--example"));
        let variables: Vec<_> = words[..at].iter().filter_map(|word| word.split_once('=')).collect();
        assert!(is_an_example(name), "{row:?}");
        let mut command = command(&["--once", "--records=5"]);
        let mut ended = Process::start(command.envs(variables));
        assert!(ended.wait().success(), "{}", ended.stderr());
        assert!(ended.stdout().contains("0 records were recovered"), "{}", ended.stdout());
    }
    for row in rows_of(SEED, "program") {
        assert!(workspace().join(row.name()).is_file(), "{row:?}");
    }
}

#[test]
fn a_scrape_has_the_flush_metrics_and_the_gauge_of_pending_segments() {
    let port = free_port();
    let mut command = command(&["--pause=0", "--slow-disk=100"]);
    command.env_remove("SPANWRIGHT_METRICS_ENABLED").env("SPANWRIGHT_METRICS_PORT", port.to_string());
    let mut process = Process::start(&mut command);
    let text = until("a segment to be pending", || {
        let mut answer = ureq::get(format!("http://127.0.0.1:{port}/metrics")).call().ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        let gauge = &rows_of(SEED, "metric")[0];
        let pending =
            text.lines().find_map(|line| line.strip_prefix(gauge.name())?.trim().parse::<f64>().ok());
        pending.filter(|pending| *pending > 0.0).map(|_| text)
    });
    for name in ["aof_flush_attempts_total", "aof_flush_duration_seconds_count", "aof_flush_queue_segments"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "no {name} in\n{text}");
    }
    process.signal("TERM");
    assert!(process.wait().success(), "it ends in its own way");
    assert!(process.stdout().contains("sealed segments were followed"));
}

/// The spans that a collector gets of a run.
fn spans(arguments: &[&str], filter: &str) -> Vec<Span> {
    let collector = Collector::start();
    let mut command = command(arguments);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).env("RUST_LOG", filter);
    let mut process = Process::start(command.env("OTEL_BSP_MAX_QUEUE_SIZE", "20000"));
    assert!(process.wait().success(), "{}", process.stderr());
    collector.spans()
}

#[test]
fn the_annotated_functions_are_spans_at_the_collector() {
    let spans = spans(&["--once", "--records=130"], "off,bop_rs::aof2=trace");
    let named = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let number =
        |span: &Span, name: &str| span.int(name).unwrap_or_else(|| panic!("no `{name}` in {span:?}"));
    assert!(spans.iter().all(|span| span.service == "aof"));
    assert_eq!((named("append").len(), named("recover").len(), named("close").len()), (130, 1, 1));
    for span in named("append") {
        assert_eq!(number(span, "bytes"), 1024);
        assert!((1..=3).contains(&number(span, "segment_id")), "{span:?}");
    }
    assert_eq!(number(named("recover")[0], "records"), 0);
    let archived: BTreeSet<_> = named("archive").iter().map(|span| number(span, "segment_id")).collect();
    // The log ends without waiting for the last one: the next start archives it.
    assert!(archived.contains(&1) && archived.is_subset(&BTreeSet::from([1, 2])), "{archived:?}");
    let appends: BTreeSet<_> = named("append").iter().map(|span| span.span_id.as_str()).collect();
    let flushes = named("flush");
    for flush in &flushes {
        // What came until it was written is durable as well.
        assert!(number(flush, "durable") >= number(flush, "requested") && !flush.is_error, "{flush:?}");
        assert_eq!(number(flush, "attempts"), 1);
        assert!(flush.links.iter().all(|link| appends.contains(link.as_str())), "{flush:?}");
    }
    assert!(flushes.iter().all(|flush| !flush.links.contains(&flush.parent)), "{flushes:#?}");
    assert!(flushes.iter().any(|flush| !flush.links.is_empty()), "appends have led to flushes");
}

#[test]
fn an_attempt_that_fails_is_a_span_with_its_error() {
    let spans = spans(&["--once", "--records=150", "--fail-writes=2"], "off,bop_rs::aof2=debug");
    let mut failed: Vec<_> = spans.iter().filter(|span| span.name == "flush" && span.is_error).collect();
    failed.sort_by_key(|span| span.start);
    let attempts: Vec<_> = failed.iter().map(|span| span.int("attempts")).collect();
    assert_eq!(attempts, [Some(1), Some(2)]);
    assert!(failed.iter().all(|span| span.text("error.type") == Some("other")), "{failed:?}");
}
