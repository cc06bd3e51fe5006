use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::span::{
    AttributeValue, EventData, Level, Link, Outcome, SpanBatch, SpanData, SpanId, SpanKind, TraceId,
};

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// A span of trace 1 with this id, parent, start and length in milliseconds.
fn span(name: &'static str, id: u64, parent: u64, start: u64, length: u64) -> SpanData {
    SpanData {
        trace_id: TraceId { high: 0, low: 1 },
        span_id: SpanId(id),
        parent: SpanId(parent),
        name: name.into(),
        start_unix_nanos: start * MILLI,
        end_unix_nanos: (start + length) * MILLI,
        ..SpanData::default()
    }
}

fn of_trace(trace: u64, span: SpanData) -> SpanData {
    SpanData { trace_id: TraceId { high: 0, low: trace }, ..span }
}

fn text(value: &'static str) -> AttributeValue {
    AttributeValue::Str(value.into())
}

fn export<W: Write + Send>(
    exporter: &mut ConsoleExporter<W>,
    spans: impl IntoIterator<Item = SpanData>,
) -> Result<(), ExportError> {
    let batch: SpanBatch = spans.into_iter().collect();
    exporter.export(&batch.iter().collect::<Vec<_>>(), Duration::MAX)
}

/// What is printed of these batches, and at the end when the exporter is dropped.
fn printed(batches: Vec<Vec<SpanData>>) -> (Vec<String>, String) {
    let mut text = Vec::new();
    let mut exporter = ConsoleExporter::new(&mut text, false);
    let mut parts = Vec::new();
    for batch in batches {
        export(&mut exporter, batch).unwrap();
        parts.push(exporter.writer.len());
    }
    drop(exporter);
    let text = String::from_utf8(text).unwrap();
    let starts = std::iter::once(0).chain(parts.iter().copied());
    let texts = starts.zip(&parts).map(|(start, end)| text[start..*end].to_owned()).collect();
    (texts, text[parts.last().copied().unwrap_or(0)..].to_owned())
}

fn example() -> Vec<SpanData> {
    let read = EventData {
        unix_nanos: 100 * MICRO,
        name: "read".into(),
        attributes: vec![("size".into(), AttributeValue::I64(3))],
        ..EventData::default()
    };
    let exception = EventData {
        unix_nanos: 9 * MILLI,
        name: "exception".into(),
        level: Level::ERROR,
        dropped_attributes: 1,
        ..EventData::default()
    };
    let early = EventData { unix_nanos: 0, name: "early".into(), ..EventData::default() };
    vec![
        SpanData {
            outcome: Outcome::Cancelled,
            events: vec![early],
            dropped_events: 2,
            ..span("query", 5, 3, 1, 2)
        },
        SpanData {
            outcome: Outcome::Error,
            error: Some("disk \"C\" full".into()),
            attributes: vec![
                ("retries".into(), AttributeValue::I64(2)),
                ("ratio".into(), AttributeValue::F64(0.5)),
                ("last".into(), AttributeValue::Bool(true)),
                ("words".into(), text("a b")),
                ("none".into(), text("")),
            ],
            events: vec![exception],
            ..span("save", 4, 2, 4, 8)
        },
        span("load", 3, 2, 1, 3),
        SpanData {
            parent_is_remote: true,
            kind: SpanKind::Server,
            end_unix_nanos: 12_345_678,
            attributes: vec![("http.route".into(), text("/orders"))],
            events: vec![read],
            links: vec![Link { trace_id: TraceId { high: 0, low: 7 }, span_id: SpanId(8) }],
            ..span("GET /orders", 2, 1, 0, 0)
        },
    ]
}

const GOLDEN: &str = "\
trace 00000000000000000000000000000001
GET /orders 12.3ms server http.route=/orders
│  +100.0µs INFO read size=3
│  linked to span 0000000000000008 of trace 00000000000000000000000000000007
├─ load 3.0ms
│  └─ query 2.0ms cancelled (2 events did not fit)
│        -1.0ms INFO early
└─ save 8.0ms error \"disk \\\"C\\\" full\" retries=2 ratio=0.5 last=true words=\"a b\" none=\"\"
      +5.0ms ERROR exception (1 attributes did not fit)
";

#[test]
fn a_trace_is_a_tree_when_its_root_arrives() {
    let mut batches: Vec<_> = example().into_iter().map(|span| vec![span]).collect();
    let (texts, rest) = printed(batches.clone());
    assert_eq!(texts, ["", "", "", GOLDEN]);
    assert_eq!(rest, "");
    // In whatever order they come.
    batches.rotate_left(1);
    batches.swap(0, 1);
    let whole = batches.into_iter().flatten().collect();
    assert_eq!(printed(vec![whole]).0, [GOLDEN]);
}

#[test]
fn what_failed_is_red_where_colours_are_wanted() {
    let mut text = Vec::new();
    let root = SpanData { error: Some("no".into()), ..span("root", 1, 0, 0, 1) };
    export(&mut ConsoleExporter::new(&mut text, true), [root]).unwrap();
    let expected = "\u{1b}[2mtrace 00000000000000000000000000000001\u{1b}[0m\nroot 1.0ms \u{1b}[31merror \"no\"\u{1b}[0m\n";
    assert_eq!(String::from_utf8(text).unwrap(), expected);
}

#[test]
fn traces_are_printed_in_the_order_of_their_arrival() {
    let roots = [9, 3, 7].map(|trace| of_trace(trace, span("root", trace, 0, 0, 1)));
    let (texts, _) = printed(vec![roots.to_vec()]);
    let order: Vec<_> = texts[0].lines().filter(|line| line.starts_with("trace")).collect();
    assert_eq!(order.len(), 3);
    assert!(order[0].ends_with('9') && order[1].ends_with('3') && order[2].ends_with('7'), "{order:?}");
}

#[test]
fn a_late_span_is_printed_with_a_note() {
    let (texts, rest) = printed(vec![vec![span("root", 1, 0, 0, 1)], vec![span("late", 2, 1, 0, 5)]]);
    let expected =
        "trace 00000000000000000000000000000001 (came late; more of this trace stands above)\nlate 5.0ms\n";
    assert_eq!((texts[1].as_str(), rest.as_str()), (expected, ""));
}

#[test]
fn a_second_local_root_is_not_late() {
    let remote = SpanData { parent_is_remote: true, ..span("second", 2, 9, 0, 5) };
    let (texts, _) = printed(vec![vec![span("root", 1, 0, 0, 1)], vec![remote]]);
    assert_eq!(texts[1], "trace 00000000000000000000000000000001\nsecond 5.0ms\n");
}

#[test]
fn a_service_that_calls_itself_is_one_tree() {
    let server = SpanData { parent_is_remote: true, kind: SpanKind::Server, ..span("server", 2, 1, 1, 1) };
    let client = SpanData { kind: SpanKind::Client, ..span("client", 1, 0, 0, 3) };
    let expected = "trace 00000000000000000000000000000001\nclient 3.0ms client\n└─ server 1.0ms server\n";
    assert_eq!(printed(vec![vec![server, client]]).0, [expected]);
}

const ROOTLESS: &str = "trace 00000000000000000000000000000001 (its root has not come)\nchild 1.0ms\n";

#[test]
fn a_trace_waits_ten_seconds_for_its_root() {
    let child = span("child", 2, 1, 0, 1);
    let other = |end| of_trace(2, SpanData { end_unix_nanos: end, ..span("other", 3, 4, 0, 0) });
    let wait = 10 * SECOND + MILLI;
    let (texts, rest) = printed(vec![vec![child], vec![other(wait - 1)], vec![other(wait)]]);
    assert_eq!(texts, ["", "", ROOTLESS]);
    assert!(rest.contains("other"), "{rest}");
}

#[test]
fn a_thousand_spans_are_kept_and_the_oldest_trace_goes_first() {
    let others = |ids: std::ops::Range<u64>| ids.map(|id| of_trace(2, span("other", id, 1, 0, 1))).collect();
    let (texts, rest) = printed(vec![vec![span("child", 2, 1, 0, 1)], others(10..1009), others(1009..1010)]);
    assert_eq!(texts, ["", "", ROOTLESS]);
    assert_eq!(rest.matches("other 1.0ms").count(), 1000);
}

#[test]
fn what_is_kept_is_printed_at_the_end() {
    let (texts, rest) = printed(vec![vec![span("child", 2, 1, 0, 1)]]);
    assert_eq!((texts[0].as_str(), rest.as_str()), ("", ROOTLESS));
}

#[test]
fn no_text_forges_a_line_or_steers_the_terminal() {
    let forged = "x\n└─ admin 1ms\u{1b}[2J\r\u{9b}31m\u{2028}\u{202e}";
    let event = EventData {
        name: forged.into(),
        attributes: vec![(forged.into(), text(forged))],
        ..EventData::default()
    };
    let root = SpanData {
        name: forged.into(),
        error: Some(forged.into()),
        attributes: vec![(forged.into(), text(forged)), ("word".into(), text("a\u{1b}b"))],
        events: vec![event],
        ..span("", 1, 0, 0, 1)
    };
    let (texts, _) = printed(vec![vec![root]]);
    assert_eq!(texts[0].lines().count(), 3, "{}", texts[0]);
    let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{2028}' || c == '\u{202e}';
    assert!(!texts[0].contains(bad), "{:?}", texts[0]);
    assert_eq!(texts[0].matches("\\u{1b}").count(), 8, "{}", texts[0]);
}

#[test]
fn a_circle_of_parents_is_printed_once() {
    let spans = vec![
        span("b", 3, 2, 2, 1),
        span("a", 2, 3, 1, 1),
        span("self", 4, 4, 3, 1),
        span("root", 1, 0, 0, 1),
    ];
    let expected = "trace 00000000000000000000000000000001\nroot 1.0ms\na 1.0ms\n└─ b 1.0ms\nself 1.0ms\n";
    assert_eq!(printed(vec![spans]).0, [expected]);
}

#[test]
fn a_chain_of_any_length_is_printed_and_its_indentation_ends() {
    let spans: Vec<_> = (1..=20_000).map(|id| span("link", id, id - 1, id, 1)).collect();
    let (texts, _) = printed(vec![spans]);
    assert_eq!(texts[0].lines().count(), 20_001);
    assert!(texts[0].lines().all(|line| line.chars().count() < 200));
}

/// Takes what it has room for, then is broken.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_loses_what_was_to_be_printed() {
    let mut exporter = ConsoleExporter::new(Broken, false);
    export(&mut exporter, [span("kept", 2, 1, 0, 1)]).unwrap();
    let error = export(&mut exporter, [span("root", 1, 0, 0, 1)]).unwrap_err();
    assert_eq!(error.lost, 2);
    assert!(error.reason.contains("the console can't be written to: broken pipe"), "{error}");
    // They are given up, not kept for another time.
    assert_eq!(exporter.held.len(), 0);
}

proptest! {
    #[test]
    fn every_span_is_printed_once(
        batches in vec(vec((0..4_u64, 0..8_u64, 0..8_u64, 0..20_u64), 0..20), 0..8),
    ) {
        let mut count = 0;
        let batches: Vec<Vec<_>> = batches
            .into_iter()
            .map(|batch| {
                let spans = batch.into_iter().map(|(trace, id, parent, seconds)| {
                    count += 1;
                    let name = format!("<{count}>");
                    SpanData { name: name.into(), ..of_trace(trace, span("", id, parent, 0, 1000 * seconds)) }
                });
                spans.collect()
            })
            .collect();
        let (texts, rest) = printed(batches.clone());
        let text = texts.concat() + &rest;
        for at in 1..=count {
            prop_assert_eq!(text.matches(&format!("<{at}>")).count(), 1, "{} in {}", at, text);
        }
        prop_assert_eq!(printed(batches), (texts, rest));
    }
}
