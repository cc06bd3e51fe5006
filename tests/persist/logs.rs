//! Log lines, by the guide's names, and how they are filtered and written.

use std::collections::BTreeSet;

use crate::program::{Line, SEED, persist};
use crate::system::Ended;
use crate::table::{quoted, rows_of};

const S3: &str = "persist_core::storage::s3";

/// A run in which the first agent finds no bucket, after two repetitions.
#[track_caller]
fn troubled(filter: &str) -> Ended {
    let ended = Ended::of(persist(&["--once", "--agents", "2", "--no-bucket"]).env("RUST_LOG", filter));
    assert!(!ended.succeeded && ended.stdout.contains("; 1 could not be"), "{}", ended.stdout);
    ended
}

fn levels(lines: &[Line]) -> BTreeSet<&str> {
    lines.iter().map(|line| line.text("level")).collect()
}

#[test]
fn the_lines_are_those_of_the_guide() {
    let lines = troubled("persist_core=info").lines();
    for row in rows_of(SEED, "log line") {
        let [message, fields @ ..] = &quoted(&row.item)[..] else { panic!("{}", row.item) };
        let level = row.item.split(' ').next().expect("a level");
        let names: BTreeSet<_> =
            fields.iter().map(|field| field.split('=').next().expect("a name")).collect();
        let shows = |line: &&Line| {
            let says = [("level", level), ("target", S3), ("message", message)];
            let values = fields.iter().filter_map(|field| field.split_once('='));
            says.iter().all(|(key, value)| line.text(key) == *value)
                && line.fields() == names
                && values.into_iter().all(|(name, value)| match line.field(name).as_u64() {
                    // How long it takes is not for the guide to say.
                    Some(found) => name == "duration_ms" || value == found.to_string(),
                    None => line.field(name).as_str() == Some(value.trim_matches('"')),
                })
        };
        let line = lines.iter().find(shows).unwrap_or_else(|| panic!("no {} in {lines:#?}", row.item));
        assert_eq!(line.field("bucket"), "my-bucket");
        assert!(line.field("key").as_str().is_some_and(|key| key.ends_with("/snapshot_001.json.gz")));
    }
}

#[test]
fn levels_are_for_what_the_guide_says() {
    let lines = troubled("persist_core=trace").lines();
    let targets: BTreeSet<_> = lines.iter().map(|line| line.text("target")).collect();
    assert!(targets.contains(S3) && targets.iter().all(|target| target.starts_with("persist_core::")));
    for row in rows_of(SEED, "level") {
        let messages: &[&str] = match row.name() {
            "ERROR" => &["S3 upload failed"],
            "WARN" => &["Retrying S3 operation due to transient error"],
            "INFO" => &[
                "S3 operation completed successfully",
                "Snapshot loaded",
                "Snapshot saved",
                "Snapshot verified",
            ],
            "DEBUG" => &[
                "Data compressed",
                "Data decompressed",
                "File read",
                "File written",
                "Integrity verified",
                "NoSuchBucket: The specified bucket does not exist",
                "SlowDown: Please reduce your request rate.",
                "State serialized",
            ],
            "TRACE" => &["Sending the request", "Writing beside the file"],
            other => panic!("`{other}` is no level"),
        };
        let seen: BTreeSet<_> = lines
            .iter()
            .filter(|line| line.text("level") == row.name())
            .map(|line| line.text("message"))
            .collect();
        assert_eq!(seen, messages.iter().copied().collect(), "{}", row.item);
    }
}

#[test]
fn the_filters_of_the_guide_do_what_it_says() {
    let mut filters = BTreeSet::new();
    for row in rows_of(SEED, "environment variable") {
        let Some(filter) = row.name().strip_prefix("RUST_LOG=") else { continue };
        let ended = troubled(filter.trim_matches('"'));
        let lines = ended.lines();
        let expected: &[&str] = match filter {
            "\"persist_core=info,persist_python=info\"" | "\"persist_core=info\"" => {
                &["ERROR", "INFO", "WARN"]
            }
            "\"persist_core=debug\"" => &["DEBUG", "ERROR", "INFO", "WARN"],
            "\"persist_core=trace\"" => &["DEBUG", "ERROR", "INFO", "TRACE", "WARN"],
            "\"persist_core=warn\"" => &["ERROR", "WARN"],
            other => panic!("nothing is known of the filter {other}"),
        };
        assert_eq!(levels(&lines), expected.iter().copied().collect(), "{filter}");
        assert!(lines.iter().all(|line| line.text("target").starts_with("persist_core")), "{filter}");
        let has_traces = ended.stdout.contains("\n└─ s3_upload ");
        assert_eq!(has_traces, filter.contains("trace"), "traces are on the console for `trace` alone");
        filters.insert(filter.to_owned());
    }
    assert_eq!(filters.len(), 5);
}

#[test]
fn lines_are_json_or_pretty_as_asked() {
    let written = |format: &str| {
        let mut command = persist(&["--once", "--agents", "1"]);
        Ended::of(command.env("RUST_LOG", "persist_core=info").env("PERSIST_LOG_FORMAT", format))
    };
    let [json, pretty] = ["json", "pretty"].map(written);
    let asked: Vec<_> = rows_of(SEED, "environment variable")
        .into_iter()
        .filter(|row| row.name().starts_with("PERSIST_LOG_FORMAT="))
        .collect();
    assert_eq!(asked.len(), 2);
    assert!(json.lines().len() > 5 && pretty.lines().is_empty());
    // As the guide shows it, before its fields.
    let line =
        " INFO persist_core::storage::s3: S3 operation completed successfully bucket=my-bucket key=agent-1/";
    assert!(pretty.stdout.contains(line), "{}", pretty.stdout);
    // Where nobody says, and nobody looks at a terminal, it is JSON.
    assert!(Ended::of(&mut persist(&["--once", "--agents", "1"])).lines().len() > 5);
}

#[test]
fn every_line_has_its_context() {
    let lines = troubled("persist_core=debug").lines();
    for line in &lines {
        let timestamp = line.text("timestamp");
        assert!(timestamp.len() > 20 && timestamp.ends_with('Z'), "{timestamp}");
        let ids = ["trace_id", "span_id"].map(|id| line.0["span"][id].as_str().unwrap_or_default().len());
        assert_eq!(ids, [32, 16], "{line:?}");
        let root = &line.0["spans"][0];
        assert!(root["fields"]["key"].is_string(), "{line:?}");
        // Who loads does not know whose it is before it has read it.
        let is_known = root["name"] == "save_snapshot" || line.text("message").starts_with("Snapshot ");
        for id in ["agent_id", "session_id"] {
            assert!(!is_known || root["fields"][id].is_string(), "{id} is not in {line:?}");
        }
    }
    assert!(lines.iter().any(|line| line.text("level") == "ERROR"));
}

/// The whole way of the guide: an error in the logs, its trace by its id, and what the metrics say of it.
#[test]
fn an_error_leads_from_its_line_to_its_trace_and_to_the_metrics() {
    let collector = crate::collector::Collector::start();
    let mut command = persist(&["--once", "--agents", "2", "--no-bucket", "--gather"]);
    let ended = Ended::of(command.env("PERSIST_JAEGER_ENDPOINT", &collector.endpoint));
    let lines = ended.lines();
    let errors: Vec<_> = lines.iter().filter(|line| line.text("level") == "ERROR").collect();
    let [error] = errors[..] else { panic!("{errors:#?}") };
    let trace_id = error.0["span"]["trace_id"].as_str().expect("it has the trace's id");
    let spans = collector.spans();
    let trace: Vec<_> = spans.iter().filter(|span| span.trace_id == trace_id).collect();
    let save = trace.iter().find(|span| span.parent.is_empty()).expect("the trace has its root");
    assert_eq!((save.name.as_str(), save.text("agent_id")), ("save_snapshot", Some("agent-1")));
    assert!(trace.iter().any(|span| error.0["span"]["span_id"] == span.span_id.as_str()));
    // The other agent did well: it is no pattern.
    for line in [
        "persist_s3_errors_total{operation=\"put_object\"} 3",
        "persist_s3_requests_total{operation=\"put_object\"} 4",
        "persist_s3_retries_total{operation=\"put_object\"} 2",
    ] {
        assert!(ended.stdout.lines().any(|other| other == line), "{line} in {}", ended.stdout);
    }
}
