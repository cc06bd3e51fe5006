//! Loggers, their levels, and how lines look.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::collector::Collector;
use crate::guide::SEED;
use crate::program::eventsource;
use crate::system::Ended;
use crate::table::rows_of;

/// The log lines among what was written, as JSON.
fn json_lines(stdout: &str) -> Vec<Json> {
    let lines = stdout.lines().filter(|line| line.starts_with("{\"timestamp\""));
    lines.map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// A run with these levels; lines are JSON with the guide's keys.
#[track_caller]
fn lines(filter: &str) -> Vec<Json> {
    let mut command = eventsource(&["--once", "--orders", "3"]);
    command.env("RUST_LOG", filter).env("EVENTSOURCE_LOG_JSON_KEYS", "target=logger");
    json_lines(&Ended::well(&mut command).stdout)
}

fn text<'l>(line: &'l Json, key: &str) -> &'l str {
    line[key].as_str().unwrap_or_default()
}

/// The levels that are seen of each logger.
fn levels(lines: &[Json]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut levels = BTreeMap::<_, BTreeSet<_>>::new();
    for line in lines {
        levels.entry(text(line, "logger")).or_default().insert(text(line, "level"));
    }
    levels
}

#[test]
fn each_component_has_its_logger() {
    // Whoever logs, in this program it is they.
    let lines = lines("trace");
    let seen = levels(&lines);
    assert!(seen.keys().all(|logger| logger.starts_with("eventsource.")), "{:?}", seen.keys());
    // Those of brokers and of PostgreSQL are seen with them.
    let elsewhere = [
        "eventsource.stores.postgresql",
        "eventsource.bus.kafka",
        "eventsource.bus.rabbitmq",
        "eventsource.bus.redis",
    ];
    for row in rows_of(SEED, "logger") {
        let logger = row.name();
        if row.item.contains("common namespace") || elsewhere.contains(&logger) {
            continue;
        }
        assert!(seen.contains_key(logger), "nothing is logged by {logger}: {:?}", seen.keys());
    }
}

#[test]
fn each_logger_has_a_level() {
    let rows = rows_of(SEED, "behaviour");
    let row = rows.iter().find(|row| row.item.starts_with("a level per logger")).expect("the guide has it");
    let (_, stated) = row.item.split_once(": ").expect("it states them");
    let of_one = |part: &str| {
        let (logger, level) = part.trim_start_matches('`').split_once("` ").expect("a logger and a level");
        format!("{logger}={}", level.to_lowercase().replace("warning", "warn"))
    };
    let filter: Vec<_> = stated.split(", ").map(of_one).collect();
    let filter = format!("info,{}", filter.join(","));
    assert_eq!(filter, "info,eventsource=debug,eventsource.stores.sqlite=warn,eventsource.bus.kafka=debug");
    let lines = lines(&filter);
    let seen = levels(&lines);
    assert!(seen["eventsource.aggregates.repository"].contains("DEBUG"), "{seen:?}");
    let of_sqlite = seen.get("eventsource.stores.sqlite").cloned().unwrap_or_default();
    assert!(!of_sqlite.contains("DEBUG") && !of_sqlite.contains("INFO"), "{seen:?}");
    let all = self::lines("info,eventsource=debug");
    assert!(levels(&all)["eventsource.stores.sqlite"].contains("DEBUG"), "it would have been seen");
}

#[test]
fn lines_are_json_with_the_fields_of_the_guide() {
    let lines = lines("eventsource=debug");
    let rows = rows_of(SEED, "JSON field");
    assert_eq!(rows.len(), 5);
    for row in &rows {
        // After `log: `.
        let field = row.name();
        let with: Vec<_> = lines.iter().filter(|line| line.get(field).is_some()).collect();
        match field {
            "timestamp" => {
                assert!(row.item.contains("ISO 8601, UTC"));
                let is_utc = |line: &&Json| text(line, field).len() > 20 && text(line, field).ends_with('Z');
                assert!(with.iter().all(is_utc) && with.len() == lines.len());
            }
            "exception" => {
                // Where there is one, and nowhere else.
                assert!(!with.is_empty() && with.len() < lines.len(), "{} of {}", with.len(), lines.len());
                assert!(with.iter().all(|line| line[field]["message"].is_string()), "{with:#?}");
            }
            _ => assert!(with.len() == lines.len() && with.iter().all(|line| !text(line, field).is_empty())),
        }
    }
}

/// The lines of a run in the text of a pattern.
#[track_caller]
fn patterned(pattern: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = eventsource(&["--once", "--orders", "1"]);
    command.env("RUST_LOG", "eventsource=info").env("EVENTSOURCE_LOG_PATTERN", pattern);
    let ended = Ended::well(command.envs(variables.iter().copied()));
    let lines = ended.stdout.lines().filter(|line| line.starts_with("20") && line.contains("Z"));
    lines.map(str::to_owned).collect()
}

/// A format of Python's as a pattern of ours.
fn pattern_of(format: &str) -> String {
    let places = [("asctime", "timestamp"), ("name", "target"), ("levelname", "level")];
    let same = ["message", "trace_id", "span_id"].map(|name| (name, name));
    places.into_iter().chain(same).fold(format.to_owned(), |pattern, (theirs, ours)| {
        pattern.replace(&format!("%({theirs})s"), &format!("{{{ours}}}"))
    })
}

#[test]
fn lines_are_texts_of_the_guides_formats() {
    let rows = rows_of(SEED, "log format");
    let [plain, with_ids] = &rows[..] else { panic!("{rows:?}") };
    let pattern = pattern_of(plain.name());
    assert_eq!(pattern, "{timestamp} - {target} - {level} - {message}");
    let lines = patterned(&pattern, &[]);
    let parts: Vec<Vec<_>> = lines.iter().map(|line| line.splitn(4, " - ").collect()).collect();
    assert!(
        parts
            .iter()
            .any(|parts| parts[1..] == ["eventsource.aggregates.repository", "INFO", "Aggregate saved"]),
        "{lines:#?}"
    );
    let pattern = pattern_of(with_ids.name());
    assert_eq!(pattern, "{timestamp} [{level}] trace_id={trace_id} span_id={span_id} - {message}");
    let lines = patterned(&pattern, &[]);
    assert!(
        lines.iter().any(|line| line.contains("Z [INFO] trace_id=") && line.ends_with(" - Aggregate saved")),
        "{lines:#?}"
    );
    assert!(lines.iter().all(|line| line.contains("] trace_id=")), "{lines:#?}");
}

#[test]
fn lines_have_the_ids_of_the_current_span_or_none() {
    let rows = rows_of(SEED, "log field");
    let [trace, span] = &rows[..] else { panic!("{rows:?}") };
    assert!(trace.item.contains("32 hex digits, empty outside a span"));
    assert!(span.item.contains("16 hex digits, empty outside a span"));
    let collector = Collector::start();
    let pattern = pattern_of(rows_of(SEED, "log format")[1].name());
    let lines = patterned(&pattern, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)]);
    let ids = |line: &str| -> [String; 2] {
        ["trace_id=", "span_id="].map(|name| {
            let (_, rest) = line.split_once(name).unwrap_or_else(|| panic!("{line}"));
            rest.split(' ').next().unwrap_or_default().to_owned()
        })
    };
    let spans = collector.spans();
    let saved = lines.iter().find(|line| line.ends_with(" - Aggregate saved")).expect("an order was saved");
    let [trace_id, span_id] = ids(saved);
    assert_eq!((trace_id.len(), span_id.len()), (32, 16), "{saved}");
    let of_line = spans.iter().find(|span| (&span.trace_id, &span.span_id) == (&trace_id, &span_id));
    assert_eq!(of_line.map(|span| &*span.name), Some("eventsource.repository.save"), "{saved}");
    // What is logged outside of all spans has none.
    assert!(lines.iter().any(|line| ids(line) == ["", ""]), "{lines:#?}");
    let hexadecimal = |id: &String| id.chars().all(|digit| digit.is_ascii_hexdigit());
    assert!(lines.iter().flat_map(|line| ids(line)).all(|id| hexadecimal(&id)));
    // As records over OTLP they have them too.
    let records = collector.logs();
    let record = records.iter().find(|record| record.body == "Aggregate saved").expect("it is a record");
    assert_eq!((&record.trace_id, &record.span_id), (&trace_id, &span_id));
}
