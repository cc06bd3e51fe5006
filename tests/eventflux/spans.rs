//! The spans: their names, their trees and their attributes, as a collector gets them.

use std::collections::BTreeSet;

use eventflux::{EngineSettings, Event, EventFlux, Value, process_event};
use serde_json::json;
use spanwright::testing::Captured;

use crate::backends::Span;
use crate::collector::Collector;
use crate::pipeline::eventually;
use crate::program::{SEED, eventflux};
use crate::system::Ended;
use crate::table::{quoted, rows_of};

/// The spans that a bounded run exports.
#[track_caller]
fn spans(arguments: &[&str]) -> Vec<Span> {
    let collector = Collector::start();
    let mut command = eventflux(&["--once"]);
    command.args(arguments).env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    // There is room for all of them.
    command.env("OTEL_BSP_MAX_QUEUE_SIZE", "50000").env("OTEL_METRICS_EXPORTER", "none");
    let ended = Ended::of(&mut command);
    assert!(ended.succeeded, "{}{}", ended.stdout, ended.stderr);
    let mut spans = collector.spans();
    spans.sort_by_key(|span| span.start);
    assert!(!spans.is_empty(), "{}", ended.stderr);
    spans
}

/// The names of a span's children, in their order.
fn children<'a>(spans: &'a [Span], parent: &Span) -> Vec<&'a str> {
    spans.iter().filter(|span| span.parent == parent.span_id).map(|span| span.name.as_str()).collect()
}

#[track_caller]
fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    let names: BTreeSet<_> = spans.iter().map(|span| &span.name).collect();
    assert!(!found.is_empty(), "no span `{name}` among {names:?}");
    found
}

/// The documents's tree: a span, and what is in it.
fn trees() -> Vec<(String, Vec<String>)> {
    let rows = rows_of(SEED, "span tree");
    let tree = |item: &str| {
        let (parent, children) = item.split_once(" → ").expect("a parent and its children");
        let parent = parent.trim_end_matches(" (root)").to_owned();
        (parent, children.split(", ").map(str::to_owned).collect())
    };
    rows.iter().map(|row| tree(&row.item)).collect()
}

#[test]
fn an_execution_is_the_whole_tree_of_the_document() {
    let spans = spans(&[]);
    let trees = trees();
    let roots = named(&spans, &trees[0].0);
    let is_whole = |root: &&&Span| {
        let trace: Vec<_> = spans.iter().filter(|span| span.trace_id == root.trace_id).cloned().collect();
        trees.iter().all(|(parent, expected)| {
            let parents: Vec<_> = trace.iter().filter(|span| span.name == *parent).collect();
            !parents.is_empty() && parents.iter().any(|parent| children(&trace, parent) == *expected)
        })
    };
    let whole = roots.iter().find(is_whole);
    let outlines: BTreeSet<_> = roots.iter().map(|root| children(&spans, root)).collect();
    let root = whole.unwrap_or_else(|| panic!("no execution is the whole tree: {outlines:#?}"));
    assert_eq!(root.parent, "", "it is a trace of its own");
    assert_eq!(root.text("query.id"), Some("stock_aggregation"));
}

#[test]
fn the_spans_of_the_overview_are_there_and_say_what_they_are_about() {
    let spans = spans(&[]);
    for row in rows_of(SEED, "trace span") {
        let name = row.item.split(": ").next().expect("a name");
        // The overview has "Aggregation", which the tree calls "Aggregation Processing"; a network's spans are of the links.
        if name == "Aggregation" {
            for child in ["State Update", "Computation"] {
                let parent = &named(&spans, child)[0].parent;
                let parent = spans.iter().find(|span| span.span_id == *parent).expect("it was exported");
                assert_eq!(parent.name, "Aggregation Processing", "{}", row.item);
            }
        }
        let name = if name == "Aggregation" { "Aggregation Processing" } else { name };
        let found = named(&spans, name);
        assert!(found.iter().all(|span| span.service == "eventflux" && !span.is_error), "{}", row.item);
    }
}

#[test]
fn the_functions_of_the_document_are_spans() {
    let spans = spans(&[]);
    for row in rows_of(SEED, "span") {
        let [span, function, skipped, attribute] = quoted(&row.item)[..] else { panic!("{}", row.item) };
        assert_eq!((function, skipped), ("execute_query", "skip(query)"));
        for span in named(&spans, span) {
            assert!(span.text(attribute).is_some(), "{span:?}");
            // What is skipped is not an attribute.
            assert!(!span.attributes.contains_key("query"), "{span:?}");
        }
    }
    let joins = named(&spans, "Join Operation");
    assert!(joins.iter().all(|join| join.text("processor.type") == Some("join")), "{joins:?}");
}

#[test]
fn the_attributes_are_those_of_the_document() {
    let spans = spans(&[]);
    let having = |attribute: &str| -> Vec<&Span> {
        spans.iter().filter(|span| span.attributes.contains_key(attribute)).collect()
    };
    let texts = |attribute: &str| -> BTreeSet<&str> {
        spans.iter().filter_map(|span| span.text(attribute)).collect()
    };
    for row in rows_of(SEED, "attribute") {
        match row.name() {
            "query.id" => {
                assert!(texts("query.id").len() > 1, "several queries run: {:?}", texts("query.id"))
            }
            "stream.name" => assert!(texts("stream.name").contains("StockStream")),
            "event.count" => {
                let counts: Vec<_> = spans.iter().filter_map(|span| span.int("event.count")).collect();
                assert!(!counts.is_empty() && counts.iter().all(|count| *count >= 0));
                assert!(counts.iter().any(|count| *count > 0));
            }
            "window.type" => {
                assert!(texts("window.type").is_superset(&BTreeSet::from(["tumbling", "sliding"])));
            }
            "processor.type" => {
                let all = BTreeSet::from(["filter", "window", "aggregator", "join"]);
                assert!(texts("processor.type").is_superset(&all), "{:?}", texts("processor.type"));
            }
            "window duration" => {
                let found = having("window.duration_ms");
                assert!(
                    !found.is_empty() && found.iter().all(|span| span.int("window.duration_ms") > Some(0))
                );
            }
            // Of the resource, and of what fails: tests of their own.
            "service.name"
            | "service.version"
            | "deployment.environment"
            | "error details"
            | "retry counts" => {}
            other => panic!("nothing is known of the attribute `{other}`"),
        }
    }
}

#[test]
fn the_resource_is_that_of_the_document() {
    for environment in ["production", "staging", "dev"] {
        let collector = Collector::start();
        let mut command = eventflux(&["--once"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).env("OTEL_METRICS_EXPORTER", "none");
        if environment != "dev" {
            command.env("EVENTFLUX_ENVIRONMENT", environment);
        }
        let ended = Ended::of(&mut command);
        assert!(ended.succeeded, "{}", ended.stderr);
        let resource = collector.resource();
        let text = |value: &str| json!({ "string_value": value });
        for row in rows_of(SEED, "attribute") {
            let [name, values @ ..] = &quoted(&row.item)[..] else { continue };
            let value = match *name {
                "deployment.environment" => environment,
                "service.name" | "service.version" => values[0].trim_matches('"'),
                _ => continue,
            };
            assert_eq!(resource.get(*name), Some(&text(value)), "{}", row.item);
        }
    }
}

#[test]
fn what_fails_says_why_and_how_often_it_was_tried() {
    let spans = spans(&["--trouble"]);
    let failed: Vec<_> = spans.iter().filter(|span| span.is_error).collect();
    assert!(!failed.is_empty());
    for row in rows_of(SEED, "attribute") {
        let attribute = match row.name() {
            "error details" => "error.details",
            "retry counts" => "retry.count",
            _ => continue,
        };
        let found: Vec<_> = spans.iter().filter(|span| span.attributes.contains_key(attribute)).collect();
        assert!(!found.is_empty(), "{}", row.item);
        let says_something = found.iter().all(|span| match attribute {
            "error.details" => span.text(attribute).is_some_and(|text| !text.is_empty()),
            _ => span.int(attribute).is_some(),
        });
        assert!(says_something, "{found:?}");
    }
    let retried: Vec<_> = spans.iter().filter_map(|span| span.int("retry.count")).collect();
    assert!(retried.iter().any(|count| *count > 0), "{retried:?}");
}

#[test]
fn every_query_has_traces_from_one_end_to_the_other() {
    let spans = spans(&[]);
    let queries: BTreeSet<_> =
        named(&spans, "query_execution").iter().filter_map(|span| span.text("query.id")).collect();
    assert!(queries.len() > 2, "{queries:?}");
    for query in queries {
        let of_query = |span: &&Span| span.text("query.id") == Some(query);
        let roots: Vec<_> = named(&spans, "Query Execution").into_iter().filter(of_query).collect();
        let is_complete = |root: &&Span| {
            let parts = children(&spans, root);
            parts.first() == Some(&"Event Ingestion") && parts.last() == Some(&"Output Emission")
        };
        assert!(roots.iter().copied().any(|root| is_complete(&root)), "{query}: {} executions", roots.len());
    }
}

#[spanwright::test]
async fn an_event_is_traced_through_all_that_the_document_lists(telemetry: Captured) {
    let engine = EventFlux::new(EngineSettings::default());
    let statements = "CREATE STREAM Joining (symbol TEXT, price DOUBLE);
         CREATE STREAM Joined (symbol TEXT, bid DOUBLE);
         CREATE SINK JoinedSink TO memory;
         CREATE QUERY joining AS SELECT COUNT(*) AS pairs FROM Joining JOIN Joined ON Joining.symbol = Joined.symbol
           WITHIN 5 SECONDS WHERE price > 1 WINDOW TUMBLING 1 EVENT INTO JoinedSink;";
    engine.load(statements).await.expect("the statements are right");
    let query = engine.query("joining").expect("it was made");
    let event =
        |value| Event { timestamp: 1, values: [Value::Text("ACME".into()), Value::Double(value)].into() };
    engine.start();
    engine.send("Joined", vec![event(2.0)]).await.expect("the stream is there");
    eventually(|| query.executed().events_processed == 1).await;
    process_event(&query, event(12.0)).await.expect("it is an event of the stream");
    assert_eq!(engine.rows("JoinedSink").len(), 1);
    let tree = telemetry.tree();
    let (_, traced) =
        tree.split_once("process_event").unwrap_or_else(|| panic!("no process_event in {tree}"));
    let row = rows_of(SEED, "behaviour").into_iter().find(|row| row.item.starts_with("`process_event`"));
    let (_, listed) =
        row.as_ref().and_then(|row| row.item.split_once("through: ")).expect("the document has it");
    for step in listed.split(", ") {
        let span = match step {
            "stream ingestion" => "Event Ingestion",
            "filter processing" => "Filter Processing",
            "window aggregation" => "Window Processing",
            "join operation" => "Join Operation",
            "output emission" => "Output Emission",
            other => panic!("nothing is known of {other}"),
        };
        assert!(traced.lines().any(|line| line.trim() == span), "{span} in {tree}");
    }
    assert!(traced.contains("Aggregation Processing"), "{tree}");
    telemetry.span("process_event").has("query.id", "joining").has_no("event").has_no("query");
}
