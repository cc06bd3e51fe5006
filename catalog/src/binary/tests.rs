//! Files in which records are, among everything else.

use proptest::collection::vec;
use proptest::prelude::*;
use spanwright_core::catalog::{Struct, Subject, span_text, subject_text};
use spanwright_core::descriptor::{
    self, Buckets, CallSpec, DerivedMetric, Dimension, Level, MetricDescriptor, NestedMetrics, Piece,
    SpanKind, Spec,
};
use spanwright_core::objective::{CallFamilies, Indicator, Objective};

use crate::{Catalog, Unreadable, Values};

/// For good, as a `static` is.
fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn all<T>(values: Vec<T>) -> &'static [T] {
    values.leak()
}

prop_compose! {
    fn text()(text in "[^\0]{0,12}") -> &'static str { kept(&text) }
}

fn bounds() -> impl Strategy<Value = Buckets> {
    prop_oneof![
        Just(Buckets::Default),
        Just(Buckets::Native),
        vec(any::<f64>(), 0..4).prop_map(|bounds| Buckets::Explicit(all(bounds))),
    ]
}

prop_compose! {
    fn dimension()(
        texts in [text(), text(), text()],
        values in prop_oneof![
            vec(text(), 0..4).prop_map(|values| descriptor::Values::Static(all(values))),
            any::<u32>().prop_map(|max| descriptor::Values::Text { max }),
        ],
    ) -> Dimension {
        let [name, attribute, help] = texts;
        Dimension { name, attribute, help, values }
    }
}

prop_compose! {
    fn calls()(
        (total, duration) in (text(), text()),
        in_flight in proptest::option::of(text()),
        constant in vec((text(), text()), 0..3),
        dimensions in vec(dimension(), 0..3),
        buckets in bounds(),
    ) -> &'static CallSpec {
        let (constant, dimensions) = (all(constant), all(dimensions));
        &*Box::leak(Box::new(CallSpec {
            calls_total: total, duration_seconds: duration, in_flight, constant, dimensions, buckets,
        }))
    }
}

prop_compose! {
    fn objective()(
        bound in proptest::option::of(0.0..1e6),
        (ratio, window) in (any::<f64>(), any::<u64>()),
        (name, about) in (text(), text()),
        buckets in bounds(),
        labels in vec((text(), text()), 0..3),
    ) -> Objective {
        let indicator = bound.map_or(Indicator::Success, |bound| Indicator::Latency { bound });
        let families = CallFamilies::own(name, about, buckets, all(labels));
        Objective::new(indicator, ratio, families).called(name, about).over(window, window % 2 == 0)
    }
}

prop_compose! {
    fn spec()(
        texts in vec(text(), 7),
        level in 1_u8..=5,
        kind in prop_oneof![Just(SpanKind::Internal), Just(SpanKind::Server), Just(SpanKind::Consumer)],
        line in any::<u32>(),
        fields in vec(text(), 0..4),
        calls in proptest::option::of(calls()),
        objectives in vec(objective(), 0..3),
    ) -> Spec {
        Spec {
            name: texts[0], target: texts[1], level: Level::from_number(level), kind, component: texts[2],
            module: texts[3], function: texts[4], file: texts[5], line, fields: all(fields), doc: texts[6],
            calls, reports: false, objectives: all(objectives),
        }
    }
}

/// A function that is called so, as small as one is.
fn function(name: &str) -> String {
    span_text(&Spec {
        name: kept(name),
        target: "",
        level: Level::INFO,
        kind: SpanKind::Internal,
        component: "",
        module: "shop",
        function: kept(name),
        file: "src/lib.rs",
        line: 1,
        fields: &[],
        doc: "",
        calls: None,
        reports: false,
        objectives: &[],
    })
}

/// What is in the middle of something else.
fn file(records: &[String]) -> Vec<u8> {
    let mut file = b"\x7fELF\x01spanwright\x1a\r\n\x02\x03".to_vec();
    for record in records {
        file.extend(record.as_bytes());
        file.extend([0xff; 3]);
    }
    file
}

fn names(catalog: &Catalog) -> Vec<&str> {
    catalog.spans.iter().map(|span| &*span.name).collect()
}

proptest! {
    #[test]
    fn any_record_is_read_as_it_is(spec in spec()) {
        let record = span_text(&spec);
        let (read, length) = spanwright_core::catalog::read(record.as_bytes()).expect("it is one");
        prop_assert_eq!(length, record.len());
        let spanwright_core::catalog::Content::Span(read) = read else { panic!("no span") };
        // What only the running program asks for is not in it.
        prop_assert_eq!(format!("{read:?}"), format!("{spec:?}").replace(", reports: false", ""));
        let catalog = Catalog::from_binary(&file(&[record])).expect("it is there");
        prop_assert_eq!(&*catalog.spans[0].doc, spec.doc);
        prop_assert_eq!(catalog.spans[0].objectives.len(), spec.objectives.len());
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..400), at in 0_usize..200) {
        let mut record = function("charge").into_bytes();
        record.truncate(at.min(record.len()));
        record.extend(bytes);
        let _any = Catalog::from_binary(&record);
    }
}

#[test]
fn records_that_are_intact_are_kept() {
    let records = [function("one"), function("two"), function("three")];
    let whole = file(&records);
    assert_eq!(names(&Catalog::from_binary(&whole).unwrap()), ["one", "three", "two"]);
    let start = whole.windows(3).position(|bytes| bytes == b"two").unwrap() - 20;
    for at in start..start + records[1].len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            let catalog = Catalog::from_binary(&flipped).unwrap();
            let names = names(&catalog);
            assert!(names.contains(&"one"), "byte {at} bit {bit}: {names:?}");
            assert!(names.contains(&"three"), "byte {at} bit {bit}: {names:?}");
        }
    }
    for length in 0..whole.len() {
        if let Ok(catalog) = Catalog::from_binary(&whole[..length]) {
            let read = names(&catalog);
            assert!(read.iter().all(|name| ["one", "two", "three"].contains(name)), "{length}: {read:?}");
        }
    }
}

#[test]
fn what_is_not_there_is_said() {
    assert!(matches!(Catalog::from_binary(b"MZ"), Err(Unreadable::NoRecords)));
    let newer = function("one").replacen("\u{3}1\0", "\u{3}7\0", 1);
    assert!(matches!(Catalog::from_binary(newer.as_bytes()), Err(Unreadable::NewerRecords { found: 7 })));
    let both = file(&[newer, function("two")]);
    assert_eq!(names(&Catalog::from_binary(&both).unwrap()), ["two"]);
}

/// Texts without an end, and lists that say that they are long, behind many beginnings.
#[test]
fn what_looks_like_many_records_takes_no_time_and_no_memory() {
    let record = function("charge");
    let beginning = &record[..record.len() - 8];
    let many = beginning.repeat(20_000);
    assert!(matches!(Catalog::from_binary(many.as_bytes()), Err(Unreadable::NoRecords)));
    let header = &record[..20];
    let endless = format!("{header}{}", "a".repeat(1 << 20)).repeat(4);
    assert!(matches!(Catalog::from_binary(endless.as_bytes()), Err(Unreadable::NoRecords)));
}

const PART: MetricDescriptor = MetricDescriptor {
    name: "idle",
    help: "Idle.",
    module: "shop",
    file: "a.rs",
    line: 3,
    ..MetricDescriptor::PLAIN
};

#[test]
fn a_part_of_another_struct_has_its_names_there() {
    let part = Struct { descriptors: &[PART], is_instance: true, ..Struct::NOTHING };
    let with_own = Struct { is_instance: false, ..part };
    let whole = Struct {
        nested: &[NestedMetrics { prefix: "pool", descriptors: &[PART], derived: &[], nested: &[] }],
        derived: &[DerivedMetric {
            name: "none",
            help: "",
            unit: "",
            expr: &[Piece::Metric(9)],
            file: "",
            line: 0,
            module: "",
        }],
        ..Struct::NOTHING
    };
    let of = |structs: &[Struct]| {
        let records: Vec<_> = structs.iter().map(|one| subject_text(&Subject::Metrics(*one))).collect();
        let catalog = Catalog::from_binary(&file(&records)).unwrap();
        catalog.metrics.into_iter().map(|metric| metric.name).collect::<Vec<_>>()
    };
    assert_eq!(of(&[part]), ["idle"]);
    assert_eq!(of(&[part, whole]), ["pool_idle"]);
    assert_eq!(of(&[whole, with_own]), ["idle", "pool_idle"]);
}

#[test]
fn functions_in_one_family_have_their_labels_together() {
    let of = |operation: &'static str, kinds: &'static [&'static str]| {
        let labels = all(vec![("operation", operation)]);
        let dimensions = all(vec![Dimension {
            name: "kind",
            attribute: "",
            help: "",
            values: descriptor::Values::Static(kinds),
        }]);
        let calls = Box::leak(Box::new(CallSpec {
            calls_total: "db_calls_total",
            duration_seconds: "db_duration_seconds",
            in_flight: None,
            constant: labels,
            dimensions,
            buckets: Buckets::Native,
        }));
        span_text(&Spec {
            name: operation,
            target: "",
            level: Level::INFO,
            kind: SpanKind::Client,
            component: "",
            module: "shop",
            function: operation,
            file: "",
            line: 0,
            fields: &[],
            doc: "",
            calls: Some(calls),
            reports: false,
            objectives: &[],
        })
    };
    let (get, put) = (of("get", &["hit", "miss"]), of("put", &["hit", "new"]));
    for records in [[get.clone(), put.clone()], [put, get]] {
        let catalog = Catalog::from_binary(&file(&records)).unwrap();
        let family = catalog.metric("db_calls_total").unwrap();
        let values = |at: usize| match &family.labels[at].values {
            Values::Known(values) => values.join(" "),
            Values::Text { .. } => panic!("known"),
        };
        assert_eq!(
            [values(0), values(1), values(2)],
            ["get put", "hit miss new", "ok error cancelled panicked"]
        );
        assert_eq!(catalog.metric("db_duration_seconds").unwrap().buckets, Some(crate::Buckets::Native));
    }
}
