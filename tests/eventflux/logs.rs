//! Log lines, by the document's names: their messages, fields, shape and levels.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::collector::Collector;
use crate::program::{SEED, eventflux, lines};
use crate::system::Ended;
use crate::table::{quoted, rows_of};

/// The lines of a run in which a query fails.
#[track_caller]
fn troubled(level: &str) -> Vec<Json> {
    let ended = Ended::of(eventflux(&["--once", "--trouble"]).env("EVENTFLUX_LOG", level));
    let lines = lines(&ended.stdout);
    assert!(!lines.is_empty(), "{}{}", ended.stdout, ended.stderr);
    lines
}

fn fields(line: &Json) -> BTreeSet<&str> {
    line["fields"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn the_lines_are_those_of_the_document() {
    let lines = troubled("info");
    for row in rows_of(SEED, "log line") {
        let level = row.item.split(' ').next().expect("a level");
        let parts = quoted(&row.item);
        let (message, target, names) = match &parts[..] {
            [message, target, names @ ..] if row.item.contains("target `") => (message, *target, names),
            [message, names @ ..] => (message, "eventflux::query", names),
            [] => panic!("{}", row.item),
        };
        let has_all = |line: &&Json| {
            line["level"] == level
                && line["target"] == target
                && line["message"] == **message
                && names.iter().all(|name| fields(line).contains(name))
        };
        let found = lines.iter().find(has_all).unwrap_or_else(|| {
            let alike: Vec<_> = lines.iter().filter(|line| line["message"] == **message).collect();
            panic!("no {} in {alike:#?}", row.item)
        });
        let is_said = |name: &&str| !found["fields"][*name].is_null() && found["fields"][*name] != "";
        assert!(names.iter().all(is_said), "{found}");
    }
}

#[test]
fn a_line_has_the_shape_of_the_document() {
    let lines = troubled("info");
    // Which stream is called so, and which query.
    let says = |line: &&Json| {
        line["message"] == "Query executed successfully"
            && line["fields"]["query.id"] == "stock_aggregation"
            && line["fields"]["events.processed"].as_u64() > Some(0)
    };
    let line = lines.iter().find(says).expect("the document's line");
    let mut seen = 0;
    for row in rows_of(SEED, "JSON field") {
        let Some(item) = row.item.strip_prefix("log: ") else { continue };
        let [path, stated @ ..] = &quoted(item)[..] else { panic!("{item}") };
        // `fields."query.id"` has one dot that parts, and `span.trace_id` too.
        let (outer, inner) = path.split_once('.').unwrap_or((path, ""));
        let value = if inner.is_empty() { &line[outer] } else { &line[outer][inner.trim_matches('"')] };
        let is_good = match stated.first() {
            Some(text) if *path == "timestamp" => {
                is_alike(value.as_str().unwrap_or_default(), text.trim_matches('"'))
            }
            Some(text) if text.starts_with('"') => *value == text.trim_matches('"'),
            // Of an id and a number the document has examples.
            _ if *path == "span.trace_id" => value.as_str().is_some_and(|id| id.len() == 32),
            _ if *path == "span.span_id" => value.as_str().is_some_and(|id| id.len() == 16),
            _ => value.as_u64().is_some(),
        };
        assert!(is_good, "{item}: {value} in {line}");
        seen += 1;
    }
    assert_eq!(seen, 10, "the document has so many");
    let keys: BTreeSet<_> = line.as_object().expect("a line").keys().map(String::as_str).collect();
    assert!(keys.is_superset(&BTreeSet::from(["timestamp", "level", "target", "message", "fields", "span"])));
}

/// Whether two times are written the same way: digits where there are digits, and the same letters, up to the fraction.
fn is_alike(one: &str, other: &str) -> bool {
    let shape = |text: &str| -> String {
        let (time, _) = text.split_once('.').unwrap_or((text, ""));
        time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
    };
    shape(one) == shape(other) && one.ends_with('Z')
}

#[test]
fn levels_are_for_what_the_document_says() {
    let lines = troubled("eventflux=trace");
    let of_level = |level: &str| -> BTreeSet<&str> {
        let of_level = lines.iter().filter(|line| line["level"] == level);
        of_level.filter_map(|line| line["message"].as_str()).collect()
    };
    for row in rows_of(SEED, "level") {
        let messages = of_level(row.name());
        let expected: &[&str] = match row.name() {
            "ERROR" => &["Query execution failed"],
            "INFO" => &["Query started", "Query completed", "Query executed successfully"],
            "WARN" => &["Delivery has failed, it is tried again"],
            "DEBUG" => &["Events processed", "Message received"],
            "TRACE" => &["Event", "Events handed on"],
            other => panic!("`{other}` is no level"),
        };
        assert!(!messages.is_empty(), "{}", row.item);
        assert!(messages.is_superset(&expected.iter().copied().collect()), "{}: {messages:?}", row.item);
    }
    // What has a level of its own has no other.
    let lifecycle = lines.iter().filter(|line| {
        ["Query started", "Query stopped", "Query completed"]
            .iter()
            .any(|message| line["message"] == **message)
    });
    assert!(lifecycle.into_iter().all(|line| line["level"] == "INFO"));
    // At the default level nothing is said of each event.
    let by_default = troubled("info");
    let levels: BTreeSet<_> = by_default.iter().filter_map(|line| line["level"].as_str()).collect();
    assert!(levels.is_subset(&BTreeSet::from(["ERROR", "WARN", "INFO"])), "{levels:?}");
    // Each of the demonstration's 5,000 trades has a line of its own in each of its queries, and they come in fifty batches. Where
    // there are more lines than can be written, some are dropped.
    let events = lines.iter().filter(|line| line["message"] == "Event" && line["level"] == "TRACE");
    let of_query = events.filter(|line| line["fields"]["query.id"] == "stock_aggregation");
    assert!(of_query.count() > 500, "a line an event");
}

#[test]
fn every_line_is_structured_and_says_of_which_query_it_is() {
    let lines = troubled("eventflux=debug");
    let about_queries: Vec<_> = lines.iter().filter(|line| line["target"] == "eventflux::query").collect();
    assert!(about_queries.len() > 10);
    for line in &about_queries {
        // In its own fields, or those of the spans that it is in.
        let text = line.to_string();
        assert!(text.contains("\"query.id\"") || text.contains("\"query_id\""), "{line}");
        assert!(text.contains("\"stream.name\"") || text.contains("\"stream_name\""), "{line}");
    }
    for line in &lines {
        let message = line["message"].as_str().unwrap_or_default();
        // What changes from line to line is in fields.
        assert!(!message.is_empty() && !message.chars().any(|c| c.is_ascii_digit()), "{line}");
    }
    let targets: BTreeSet<_> = lines.iter().filter_map(|line| line["target"].as_str()).collect();
    assert!(targets.iter().all(|target| target.starts_with("eventflux")), "{targets:?}");
    assert!(targets.len() > 1, "several components say something: {targets:?}");
}

#[test]
fn lines_within_a_query_carry_its_id_and_its_trace() {
    let collector = Collector::start();
    let mut command = eventflux(&["--once"]);
    command.env("EVENTFLUX_LOG", "eventflux=debug").env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    command.env("OTEL_BSP_MAX_QUEUE_SIZE", "50000").env("OTEL_METRICS_EXPORTER", "none");
    let ended = Ended::of(&mut command);
    let (lines, spans) = (lines(&ended.stdout), collector.spans());
    let within = lines.iter().filter(|line| line["span"]["span_id"].is_string());
    let mut count = 0;
    for line in within {
        let of_line = |span: &&crate::backends::Span| line["span"]["span_id"] == *span.span_id;
        let span = spans.iter().find(of_line).unwrap_or_else(|| panic!("no span of {line}"));
        assert_eq!(line["span"]["trace_id"], *span.trace_id, "{line}");
        count += 1;
    }
    assert!(count > 10, "{count} lines are in spans");
    // The span `query` with an id, as the document writes it by hand: lines that say nothing of the query have it from there.
    let inherited = lines.iter().filter(|line| {
        line["spans"].as_array().into_iter().flatten().any(|span| {
            span["name"] == "query" && span["fields"]["id"].is_string()
                || span["fields"]["query.id"].is_string()
        })
    });
    assert!(inherited.count() > 0, "no line has its query's id from a span");
}

#[test]
fn all_that_others_print_is_structured_too() {
    // The processor prints its summary for whoever started it, and nothing else that is no line of JSON.
    let ended = Ended::of(eventflux(&["--once", "--trouble"]).env("EVENTFLUX_LOG", "trace"));
    let (before, _) = ended.stdout.split_once("\nquery  ").expect("there is a summary");
    let greeting = ["What it says of itself", "The stream ", "Ctrl-C ends it."];
    let is_other = |line: &&str| {
        !line.starts_with("{\"timestamp\"") && !greeting.iter().any(|greeting| line.starts_with(greeting))
    };
    let others: Vec<_> = before.lines().filter(is_other).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(
        ended.stderr.lines().all(|line| line.starts_with("spanwright") || line.is_empty()),
        "{}",
        ended.stderr
    );
}
