//! The span tree and its attributes, as a collector has them.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use crate::backends::Span;
use crate::collector::Collector;
use crate::program::{SEED, persist};
use crate::system::Ended;
use crate::table::{quoted, rows_of};

/// Spans that the guide has no name for: a request that reads, as `put_object_request` is one that writes.
const MORE: [&str; 1] = ["get_object_request"];

/// The spans that the program exports.
#[track_caller]
fn spans(arguments: &[&str]) -> Vec<Span> {
    let collector = Collector::start();
    let mut command = persist(&["--once"]);
    let ended = Ended::of(command.args(arguments).env("PERSIST_JAEGER_ENDPOINT", &collector.endpoint));
    assert!(ended.stdout.contains("snapshots were saved"), "{}", ended.stderr);
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
    assert!(!found.is_empty(), "no span `{name}`");
    found
}

#[test]
fn the_spans_are_those_of_the_guide() {
    let spans = spans(&["--agents", "1"]);
    let seen: BTreeSet<_> = spans.iter().map(|span| span.name.as_str()).collect();
    let rows = rows_of(SEED, "span");
    let expected: BTreeSet<_> = rows.iter().map(|row| row.name()).chain(MORE).collect();
    assert_eq!(seen, expected);
    assert!(spans.iter().all(|span| span.service == "persist" && span.scope.starts_with("persist_core")));
}

#[test]
fn a_save_is_the_tree_of_the_guide() {
    let spans = spans(&["--agents", "1"]);
    let uploads = named(&spans, "s3_upload");
    let trace: Vec<_> = spans.iter().filter(|span| span.trace_id == uploads[0].trace_id).cloned().collect();
    for row in rows_of(SEED, "span tree") {
        let names = quoted(&row.item);
        assert_eq!(children(&trace, named(&trace, names[0])[0]), names[1..], "{}", row.item);
    }
    assert_eq!(named(&trace, "save_snapshot")[0].parent, "", "it is a trace of its own");
}

#[test]
fn loading_and_verifying_go_down_to_the_request() {
    let spans = spans(&["--agents", "1"]);
    for root in ["load_snapshot", "verify_snapshot"] {
        let trees: BTreeSet<_> =
            named(&spans, root).into_iter().map(|span| children(&spans, span).join(" ")).collect();
        let expected =
            ["local_file_read", "s3_download"].map(|read| format!("{read} decompress_data calculate_hash"));
        assert_eq!(trees, BTreeSet::from(expected), "{root}");
    }
    assert_eq!(children(&spans, named(&spans, "s3_download")[0]), ["get_object_request"]);
}

/// The spans that have an attribute, with what it is there; `None` for whatever it may be.
fn having(attribute: &str) -> Vec<(&'static str, Option<serde_json::Value>)> {
    let text = |value: &str| Some(json!({ "string_value": value }));
    let none = |names: &[&'static str]| names.iter().map(|name| (*name, None)).collect::<Vec<_>>();
    let all = |names: &[&'static str], value: &str| -> Vec<_> {
        names.iter().map(|name| (*name, text(value))).collect()
    };
    let roots = ["save_snapshot", "load_snapshot", "verify_snapshot"];
    let s3 = ["s3_upload", "s3_download", "put_object_request", "get_object_request", "verify_upload"];
    let key = "agent-1/snapshot_001.json.gz";
    match attribute {
        "bucket" => all(&s3, "my-bucket"),
        "key" => {
            let local = ["local_file_write", "local_file_read"];
            [roots.as_slice(), &s3, &local].iter().flat_map(|names| all(names, key)).collect()
        }
        "size_bytes" => none(&[
            "save_snapshot",
            "load_snapshot",
            "verify_snapshot",
            "s3_upload",
            "s3_download",
            "put_object_request",
            "verify_upload",
            "local_file_write",
            "local_file_read",
            "serialize_agent_state",
            "compress_data",
            "decompress_data",
            "calculate_hash",
        ]),
        "operation_type" => [
            ("save_snapshot", "save"),
            ("load_snapshot", "load"),
            ("verify_snapshot", "verify"),
            ("s3_upload", "save"),
            ("s3_download", "load"),
            ("verify_upload", "verify"),
            ("local_file_write", "save"),
            ("local_file_read", "load"),
        ]
        .into_iter()
        .map(|(name, operation)| (name, text(operation)))
        .collect(),
        "agent_id" => all(&roots, "agent-1"),
        "session_id" => all(&roots, "session-1"),
        "retry_count" => none(&["s3_upload", "s3_download", "verify_upload"]),
        other => panic!("nothing is known of the attribute `{other}`"),
    }
}

#[test]
fn the_attributes_are_those_of_the_guide() {
    let spans = spans(&["--agents", "1"]);
    for row in rows_of(SEED, "attribute") {
        for (name, expected) in having(row.name()) {
            for span in named(&spans, name) {
                let found = span.attributes.get(row.name());
                let found = found.unwrap_or_else(|| panic!("`{name}` has no `{}`", row.name()));
                match expected.as_ref() {
                    Some(expected) => assert_eq!(found, expected, "{name} {}", row.name()),
                    None => {
                        let number = span.int(row.name()).unwrap_or_else(|| panic!("{name}: {found}"));
                        assert!(number > 0 || row.name() == "retry_count", "{name}: {found}");
                    }
                }
            }
        }
    }
}

#[test]
fn sizes_are_those_of_what_each_span_has_in_hand() {
    let spans = spans(&["--agents", "1"]);
    let size = |name: &str| {
        let sizes: BTreeSet<_> = named(&spans, name).iter().map(|span| span.int("size_bytes")).collect();
        assert_eq!(sizes.len(), 1, "the same snapshot each time: {name} {sizes:?}");
        sizes.first().copied().flatten()
    };
    // The state, the envelope around it, and what is stored of that.
    let (state, envelope, stored) = (size("save_snapshot"), size("compress_data"), size("s3_upload"));
    assert!(stored < state && state < envelope, "{stored:?} {state:?} {envelope:?}");
    for name in ["load_snapshot", "verify_snapshot", "serialize_agent_state", "calculate_hash"] {
        assert_eq!(size(name), state, "{name}");
    }
    for name in [
        "s3_download",
        "put_object_request",
        "verify_upload",
        "local_file_write",
        "local_file_read",
        "decompress_data",
    ] {
        assert_eq!(size(name), stored, "{name}");
    }
}

#[test]
fn retries_are_counted_on_the_span() {
    let spans = spans(&["--agents", "4", "--slow-down-every", "5"]);
    let counted: i64 = ["s3_upload", "s3_download", "verify_upload"]
        .into_iter()
        .flat_map(|name| named(&spans, name))
        .map(|span| span.int("retry_count").expect("it says how often"))
        .sum();
    let mut requests: HashMap<&str, i64> = HashMap::new();
    for name in ["put_object_request", "get_object_request"] {
        for request in named(&spans, name) {
            *requests.entry(request.parent.as_str()).or_default() += 1;
        }
    }
    let repeated: i64 = requests.values().map(|requests| requests - 1).sum();
    assert!(counted > 0 && counted == repeated, "{counted} are said, {repeated} are seen");
}

#[test]
fn a_trace_shows_how_long_it_took_and_what_went_wrong() {
    let spans = spans(&["--agents", "1", "--no-bucket"]);
    let upload = named(&spans, "s3_upload")[0];
    let save = spans.iter().find(|span| span.span_id == upload.parent).expect("its parent is there");
    for span in [save, upload] {
        assert!(span.is_error && span.text("error.type") == Some("s3"), "{span:?}");
    }
    assert!(save.start <= upload.start && upload.start < upload.end && upload.end <= save.end);
    let requests = named(&spans, "put_object_request");
    let said: Vec<_> = requests.iter().map(|span| span.status_message.as_str()).collect();
    let slow = "SlowDown: Please reduce your request rate.";
    assert_eq!(said, [slow, slow, "NoSuchBucket: The specified bucket does not exist"]);
    // Two breaks of 50 and 100 milliseconds.
    assert!(upload.end - upload.start > 150_000_000, "{upload:?}");
    assert_eq!(upload.int("retry_count"), Some(2));
}
