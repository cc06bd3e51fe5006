//! What is written is what is read: both are seen by their `Debug`, which knows nothing of the tables.

use super::*;
use crate::descriptor::{
    Alert as StatedAlert, Buckets as Bounds, CallSpec as Calls, Comparison, Condition as Stated,
    DerivedMetric, Dimension as Labelled, Kind as MetricKind, Level, MetricDescriptor, NestedMetrics,
    Panel as Shown, PanelKind, Piece, Severity, SpanKind, Threshold, Values as Labels,
};
use crate::objective::{self, Indicator};

const LABELS: &[Labelled] = &[
    Labelled {
        name: "tier", attribute: "shop.tier", help: "Who", values: Labels::Static(&["gold", "söld"])
    },
    Labelled { name: "who", attribute: "", help: "", values: Labels::Text { max: u32::MAX } },
];

const SPEC: descriptor::Spec = descriptor::Spec {
    name: "charge {card}",
    target: "shop",
    level: Level::DEBUG,
    kind: SpanKind::Consumer,
    component: "billing",
    module: "shop::payment",
    function: "charge",
    file: "src/payment.rs",
    line: 4_294_967_295,
    fields: &["card", "amount"],
    doc: "Charges a card.\u{1f4b3}",
    calls: Some(&Calls {
        calls_total: "shop_calls_total",
        duration_seconds: "shop_duration_seconds",
        in_flight: Some("shop_calls_in_flight"),
        constant: &[("operation", "charge")],
        dimensions: LABELS,
        buckets: Bounds::Explicit(&[0.1, 2.5]),
    }),
    reports: false,
    objectives: &[
        objective::Objective::new(Indicator::Success, 0.999, objective::CallFamilies::NONE)
            .called("charges", "They work."),
        objective::Objective::new(
            Indicator::Latency { bound: 0.25 },
            0.99,
            objective::CallFamilies::own("a_total", "b_seconds", Bounds::Native, &[("x", "y")]),
        )
        .over(3_600, false),
    ],
};

const PLAIN: descriptor::Spec = descriptor::Spec {
    component: "",
    target: "",
    fields: &[],
    doc: "",
    calls: None,
    objectives: &[],
    line: 0,
    ..SPEC
};

const METRIC: MetricDescriptor = MetricDescriptor {
    name: "latency_seconds",
    is_exact: true,
    help: "How long.",
    unit: "seconds",
    otel_name: "shop.latency",
    otel_unit: "s",
    kind: MetricKind::Histogram,
    dimensions: LABELS,
    buckets: Bounds::Native,
    quantiles: &[0.5, 0.99],
    panel: Shown {
        dashboard: "Latencies",
        title: "Latency",
        row: "Calls",
        kind: Some(PanelKind::Heatmap),
        is_hidden: true,
    },
    threshold: Some(Threshold { warning: None, critical: Some(-0.5) }),
    alerts: &[
        StatedAlert {
            name: "Slow",
            condition: Stated::When { comparison: Comparison::AtMost, value: 1e-9, quantile: Some(0.9) },
            hold: "5m",
            severity: Severity::Critical,
            summary: "Slow.",
        },
        StatedAlert {
            name: "",
            condition: Stated::Expr("$metric > 1"),
            hold: "",
            severity: Severity::Info,
            summary: "",
        },
    ],
    file: "src/metrics.rs",
    line: 7,
    module: "shop::metrics",
};

const DERIVED: DerivedMetric = DerivedMetric {
    name: "error_rate",
    help: "How many fail.",
    unit: "ratio",
    expr: &[Piece::Text("rate("), Piece::Metric(0), Piece::Text("[5m])")],
    file: "src/metrics.rs",
    line: 7,
    module: "shop::metrics",
};

const INNER: &[NestedMetrics] = &[
    NestedMetrics { prefix: "", descriptors: &[METRIC], derived: &[], nested: &[] },
    NestedMetrics { prefix: "pool", descriptors: &[], derived: &[DERIVED], nested: &[] },
];

const STRUCT: Struct = Struct {
    descriptors: &[METRIC, MetricDescriptor { kind: MetricKind::UpDownCounter, ..MetricDescriptor::PLAIN }],
    derived: &[DERIVED],
    nested: &[NestedMetrics { prefix: "shop", descriptors: &[METRIC], derived: &[], nested: INNER }],
    is_instance: true,
};

const METRICS: Subject = Subject::Metrics(STRUCT);

const ATTRIBUTES: Subject = Subject::Attributes(&[&IBAN, &COUNT]);

const IBAN: descriptor::AttributeDescriptor = {
    let mut iban = descriptor::AttributeDescriptor::new(
        "shop.iban",
        descriptor::ValueType::Str,
        std::panic::Location::caller(),
    );
    iban.help = "Whose account";
    iban.redact(descriptor::Redaction::Hashed);
    iban.examples = descriptor::Examples::One("DE0");
    iban
};

const COUNT: descriptor::AttributeDescriptor = {
    let mut count = descriptor::AttributeDescriptor::new(
        "shop.count",
        descriptor::ValueType::F64,
        std::panic::Location::caller(),
    );
    count.examples = descriptor::Examples::Some(&["1.5", ""]);
    count
};

/// Those of all kinds, each written by the compiler.
fn records() -> [&'static str; 4] {
    static SPAN: Record<{ span_length(&SPEC) }> = span_record(&SPEC);
    static PLAIN_SPAN: Record<{ span_length(&PLAIN) }> = span_record(&PLAIN);
    static OF_METRICS: Record<{ subject_length(&METRICS) }> = subject_record(&METRICS);
    static SET: Record<{ subject_length(&ATTRIBUTES) }> = subject_record(&ATTRIBUTES);
    [SPAN.as_str(), PLAIN_SPAN.as_str(), OF_METRICS.as_str(), SET.as_str()]
}

fn whole(record: &str) -> Content<'_> {
    let (content, length) = read(record.as_bytes()).expect("it is one");
    assert_eq!(length, record.len());
    content
}

#[test]
fn what_was_written_of_an_item_is_read() {
    let [span, plain, ..] = records();
    for (record, spec) in [(span, &SPEC), (plain, &PLAIN)] {
        let Content::Span(read) = whole(record) else { panic!("{record:?}") };
        // What only the running program asks for is not in it.
        let as_written = format!("{spec:?}").replace(", reports: false", "");
        assert_eq!(format!("{read:?}"), as_written);
        assert_eq!(span_text(spec), record, "at run time too");
    }
}

#[test]
fn what_was_written_of_a_struct_is_read_behind_its_prefixes() {
    let Content::Metrics(read) = whole(records()[2]) else { panic!("no metrics") };
    assert!(read.is_instance);
    let prefixes: Vec<_> = read.groups.iter().map(|group| group.prefix).collect();
    assert_eq!(prefixes, ["", "shop", "shop", "shop_pool"]);
    assert_eq!(subject_text(&METRICS), records()[2]);
    let group = &read.groups[0];
    let as_written = format!("{:?}", STRUCT.descriptors).replace("MetricDescriptor {", "Metric {");
    assert_eq!(format!("{:?}", group.metrics), as_written);
    let derived = format!("{:?}", STRUCT.derived).replace("DerivedMetric {", "Derived {");
    assert_eq!(format!("{:?}", group.derived), derived);
    assert_eq!(format!("{:?}", read.groups[3].derived), derived);
}

#[test]
fn what_was_written_of_attributes_is_read() {
    let Content::Attributes(read) = whole(records()[3]) else { panic!("no attributes") };
    let [iban, count] = &*read else { panic!("two") };
    assert_eq!((iban.key, iban.help, &*iban.examples), ("shop.iban", "Whose account", &["DE0"][..]));
    assert_eq!((iban.value_type, iban.redaction), (IBAN.value_type, IBAN.redaction));
    assert_eq!(iban.place, (file!(), IBAN.place.line()));
    assert_eq!((count.key, &*count.examples), ("shop.count", &["1.5", ""][..]));
    assert_eq!((count.value_type, count.redaction), (COUNT.value_type, descriptor::Redaction::Shown));
}

/// Flips a bit, and cuts the end off.
#[test]
fn what_is_damaged_is_no_record_or_a_whole_one() {
    for record in records().map(str::as_bytes) {
        for at in 0..record.len() {
            assert_eq!(read(&record[..at]).map(|(_, length)| length), Err(NoRecord::Broken), "up to {at}");
            for bit in 0..8 {
                let mut flipped = record.to_vec();
                flipped[at] ^= 1 << bit;
                if let Ok((_, length)) = read(&flipped) {
                    assert!(length <= flipped.len());
                }
            }
        }
    }
}

#[test]
fn a_newer_version_says_which() {
    let newer = records()[1].replacen("\u{3}1\0", "\u{3}2\0", 1);
    assert_eq!(read(newer.as_bytes()).map(|_| ()), Err(NoRecord::Newer(2)));
    let none = records()[1].replacen("\u{3}1\0", "\u{3}0\0", 1);
    assert_eq!(read(none.as_bytes()).map(|_| ()), Err(NoRecord::Broken));
}

#[test]
fn numbers_are_written_in_one_way() {
    for written in ["01\0", "+1\0", "\0", " 1\0", "18446744073709551616\0"] {
        assert_eq!(Input::new(written.as_bytes()).number(), None, "{written:?}");
    }
    assert_eq!(Input::new(b"18446744073709551615\0").number(), Some(u64::MAX));
    assert_eq!(Input::new(b"0\0").number(), Some(0));
}

/// A list that says that it has many values, and has none, takes no memory.
#[test]
fn no_room_is_made_for_what_is_not_there() {
    let mut input = Input::new(b"18446744073709551615\0");
    assert!(input.list(Input::text).is_none());
}
