//! Golden texts, and an independent reader that takes any text apart again.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn family(name: &str, kind: Kind, unit: &str, series: Vec<Series>) -> Family {
    let help = format!("About {}.", name.split('_').next().unwrap_or_default());
    let (help, unit) = (help.into(), unit.to_owned().into());
    Family { help, unit, series, ..Family::new(name.to_owned(), kind) }
}

fn series(labels: &[(&str, &str)], value: Value) -> Series {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Series { labels, value, exemplars: Vec::new() }
}

fn histogram(bounds: &[f64], buckets: &[u64], sum: f64) -> Value {
    Value::Histogram(Histogram { bounds: bounds.into(), buckets: buckets.to_vec(), sum })
}

fn snapshot(families: Vec<Family>) -> Snapshot {
    Snapshot::from(families)
}

fn fixture() -> Snapshot {
    snapshot(vec![
        family("idle_workers", Kind::Gauge, "", vec![]),
        family(
            "requests_total",
            Kind::Counter,
            "",
            vec![
                series(&[("method", "get"), ("code", "200")], Value::Counter(1027)),
                series(&[("method", "post"), ("code", "500")], Value::Counter(u64::MAX)),
            ],
        ),
        family("queue_bytes", Kind::UpDownCounter, "bytes", vec![series(&[], Value::Gauge(-3.0))]),
        family("room_celsius", Kind::Gauge, "celsius", vec![series(&[], Value::Gauge(21.5))]),
        family(
            "wait_seconds",
            Kind::Histogram,
            "seconds",
            vec![
                series(&[], histogram(&[0.005, 1.0, 2.5e6], &[1, 2, 0, 4], 12.25)),
                series(&[("lane", "fast")], histogram(&[0.005, 1.0, 2.5e6], &[0, 0, 0, 0], 0.0)),
            ],
        ),
    ])
}

#[test]
fn prometheus_text_is_as_documented() {
    let expected = r#"# HELP idle_workers About idle.
# TYPE idle_workers gauge
# HELP queue_bytes About queue.
# TYPE queue_bytes gauge
queue_bytes -3.0
# HELP requests_total About requests.
# TYPE requests_total counter
requests_total{method="get",code="200"} 1027
requests_total{method="post",code="500"} 18446744073709551615
# HELP room_celsius About room.
# TYPE room_celsius gauge
room_celsius 21.5
# HELP wait_seconds About wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.005"} 1
wait_seconds_bucket{le="1.0"} 3
wait_seconds_bucket{le="2.5e+06"} 3
wait_seconds_bucket{le="+Inf"} 7
wait_seconds_sum 12.25
wait_seconds_count 7
wait_seconds_bucket{lane="fast",le="0.005"} 0
wait_seconds_bucket{lane="fast",le="1.0"} 0
wait_seconds_bucket{lane="fast",le="2.5e+06"} 0
wait_seconds_bucket{lane="fast",le="+Inf"} 0
wait_seconds_sum{lane="fast"} 0.0
wait_seconds_count{lane="fast"} 0
"#;
    assert_eq!(encode(Format::PrometheusText, &fixture()), expected);
}

#[test]
fn openmetrics_differs_in_its_declarations_and_its_end() {
    let prometheus = encode(Format::PrometheusText, &fixture());
    let expected = prometheus
        .replace("HELP requests_total", "HELP requests")
        .replace("TYPE requests_total", "TYPE requests")
        .replace("# TYPE queue_bytes gauge\n", "# TYPE queue_bytes gauge\n# UNIT queue_bytes bytes\n")
        .replace("# TYPE room_celsius gauge\n", "# TYPE room_celsius gauge\n# UNIT room_celsius celsius\n")
        .replace(
            "# TYPE wait_seconds histogram\n",
            "# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n",
        )
        + "# EOF\n";
    assert_eq!(encode(Format::OpenMetrics, &fixture()), expected);
}

#[test]
fn a_unit_is_declared_only_where_the_name_ends_in_it() {
    let declared = |name: &str, kind, unit| {
        encode(Format::OpenMetrics, &snapshot(vec![family(name, kind, unit, vec![])])).contains("# UNIT")
    };
    assert!(declared("sent_bytes_total", Kind::Counter, "bytes"));
    assert!(!declared("sent_total", Kind::Counter, "bytes"));
    assert!(!declared("kilobytes", Kind::Gauge, "bytes"));
    assert!(!declared("bytes", Kind::Gauge, "bytes"));
    assert!(!declared("bytes_", Kind::Gauge, ""));
}

#[test]
fn a_counter_that_openmetrics_cannot_name_is_declared_unknown() {
    let visits = || vec![series(&[], Value::Counter(2))];
    let alone = encode(Format::OpenMetrics, &snapshot(vec![family("visits", Kind::Counter, "", visits())]));
    assert!(alone.ends_with("# TYPE visits unknown\nvisits 2\n# EOF\n"), "{alone}");
    let both = snapshot(vec![
        family("visits", Kind::Gauge, "", vec![]),
        family("visits_total", Kind::Counter, "", visits()),
    ]);
    let both = encode(Format::OpenMetrics, &both);
    assert!(both.ends_with("# TYPE visits_total unknown\nvisits_total 2\n# EOF\n"), "{both}");
}

#[test]
fn openmetrics_has_no_sum_that_can_go_down() {
    for value in [
        histogram(&[-1.0, 1.0], &[1, 0, 0], -2.0),
        histogram(&[-1.0, 1.0], &[0, 0, 1], 2.0),
        histogram(&[1.0], &[1, 0], -2.0),
        histogram(&[1.0], &[0, 1], f64::NAN),
    ] {
        let snapshot = snapshot(vec![family("shift", Kind::Histogram, "", vec![series(&[], value)])]);
        assert!(!encode(Format::OpenMetrics, &snapshot).contains("_sum"));
        assert!(!encode(Format::OpenMetrics, &snapshot).contains("_count"));
        assert!(encode(Format::PrometheusText, &snapshot).contains("shift_sum"));
        assert!(encode(Format::PrometheusText, &snapshot).contains("shift_count 1\n"));
    }
}

#[test]
fn help_and_label_values_are_escaped() {
    let mut hostile =
        family("a", Kind::Gauge, "", vec![series(&[("l", "\\\"\n\r}é")], Value::Gauge(f64::NAN))]);
    hostile.help = "one \\ \"two\"\nthree".into();
    let snapshot = snapshot(vec![hostile]);
    let sample = "a{l=\"\\\\\\\"\\n\r}é\"} NaN\n";
    assert_eq!(
        encode(Format::PrometheusText, &snapshot),
        format!("# HELP a one \\\\ \"two\"\\nthree\n# TYPE a gauge\n{sample}")
    );
    assert_eq!(
        encode(Format::OpenMetrics, &snapshot),
        format!("# HELP a one \\\\ \\\"two\\\"\\nthree\n# TYPE a gauge\n{sample}# EOF\n")
    );
}

#[test]
fn text_is_appended() {
    let mut out = String::from("before\n");
    encode_into(Format::PrometheusText, &snapshot(vec![family("a", Kind::Gauge, "", vec![])]), &mut out);
    assert_eq!(out, "before\n# HELP a About a.\n# TYPE a gauge\n");
}

#[test]
fn a_missing_bucket_does_not_stop_the_rest() {
    let broken = series(&[], histogram(&[1.0, 2.0], &[3], 1.0));
    let text =
        encode(Format::PrometheusText, &snapshot(vec![family("h", Kind::Histogram, "", vec![broken])]));
    assert!(text.contains("h_bucket{le=\"+Inf\"} 3\n"), "{text}");
}

/// A sample as the reader below finds it: name, labels, value.
type Sample = (String, BTreeMap<String, String>, f64);

/// Reads samples, from the formats' grammar rather than from the writer.
fn read(text: &str) -> Vec<Sample> {
    text.split_terminator('\n').filter(|line| !line.starts_with('#')).map(read_sample).collect()
}

fn read_sample(line: &str) -> Sample {
    let end = line.find(['{', ' ']).expect("a name ends");
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    while let Some(inner) = rest.strip_prefix(['{', ',']) {
        let (label, quoted) = inner.split_once("=\"").expect("a label has a value");
        let (value, after) = read_quoted(quoted);
        assert!(labels.insert(label.to_owned(), value).is_none(), "a label twice in {line}");
        rest = after;
    }
    let number = rest.strip_prefix('}').unwrap_or(rest).strip_prefix(' ').expect("a space before the value");
    (name.to_owned(), labels, number.parse().expect("a number"))
}

fn read_quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next().expect("an escaped character").1 {
                'n' => value.push('\n'),
                escaped @ ('\\' | '"') => value.push(escaped),
                other => panic!("`\\{other}` is no escape"),
            },
            c => value.push(c),
        }
    }
    panic!("no closing quote in {text}")
}

/// What the snapshot says, in the reader's terms.
fn expected(snapshot: &Snapshot) -> Vec<Sample> {
    let mut samples = Vec::new();
    for family in &snapshot.families {
        for series in &family.series {
            let labels: BTreeMap<_, _> =
                series.labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            let name = family.name.to_string();
            match &series.value {
                Value::Counter(value) => samples.push((name, labels, *value as f64)),
                Value::FloatCounter(value) | Value::Gauge(value) => samples.push((name, labels, *value)),
                Value::NativeHistogram(_) => unreachable!("none is made here"),
                Value::Histogram(histogram) => {
                    let mut up_to = 0;
                    let bounds = histogram.bounds.iter().copied().chain([f64::INFINITY]);
                    for (bound, count) in bounds.zip(&histogram.buckets) {
                        up_to += count;
                        let mut labels = labels.clone();
                        labels.insert("le".into(), bound.to_string());
                        samples.push((format!("{name}_bucket"), labels, up_to as f64));
                    }
                    samples.push((format!("{name}_sum"), labels.clone(), histogram.sum));
                    samples.push((format!("{name}_count"), labels, up_to as f64));
                }
            }
        }
    }
    samples
}

/// Bounds as numbers and NaN as equal to itself.
fn comparable((name, mut labels, value): Sample) -> (String, BTreeMap<String, String>, u64) {
    if let Some(le) = labels.get_mut("le") {
        *le = le.parse::<f64>().expect("`le` is a number").to_string();
    }
    (name, labels, if value.is_nan() { u64::MAX } else { value.to_bits() })
}

fn any_value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Counter => any::<u64>().prop_map(Value::Counter).boxed(),
        Kind::Gauge | Kind::UpDownCounter => {
            any::<u64>().prop_map(|bits| Value::Gauge(f64::from_bits(bits))).boxed()
        }
        Kind::Histogram => (vec(-1e9..1e9, 0..6), any::<u64>())
            .prop_flat_map(|(mut bounds, sum)| {
                bounds.sort_by(f64::total_cmp);
                bounds.dedup();
                let buckets = vec(0..1_u64 << 40, bounds.len() + 1);
                buckets.prop_map(move |buckets| histogram(&bounds, &buckets, f64::from_bits(sum)))
            })
            .boxed(),
    }
}

fn any_family() -> impl Strategy<Value = Family> {
    let kind =
        prop_oneof![Just(Kind::Counter), Just(Kind::UpDownCounter), Just(Kind::Gauge), Just(Kind::Histogram)];
    (kind, "[a-z_:][a-z0-9_:]{0,8}", any::<String>(), 0..4_usize)
        .prop_flat_map(|(kind, name, help, labels)| {
            let series = vec((vec(any::<String>(), labels), any_value(kind)), 0..4);
            (Just((kind, name, help)), series)
        })
        .prop_map(|((kind, name, help), all)| {
            let named = |values: Vec<String>| {
                values.into_iter().enumerate().map(|(at, value)| (format!("l{at}"), value)).collect()
            };
            let series = all.into_iter().map(|(values, value)| Series {
                labels: named(values),
                value,
                exemplars: Vec::new(),
            });
            Family { help: help.into(), series: series.collect(), ..Family::new(name, kind) }
        })
}

proptest! {
    #[test]
    fn whatever_is_in_a_snapshot_is_read_back(families in vec(any_family(), 0..4)) {
        let mut snapshot = snapshot(families);
        snapshot.families.dedup_by(|one, other| one.name == other.name);
        let text = encode(Format::PrometheusText, &snapshot);
        let read: Vec<_> = read(&text).into_iter().map(comparable).collect();
        let expected: Vec<_> = expected(&snapshot).into_iter().map(comparable).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_help_breaks_out_of_its_line(help: String) {
        let mut family = family("a", Kind::Gauge, "", vec![]);
        family.help = help.clone().into();
        let text = encode(Format::OpenMetrics, &snapshot(vec![family]));
        let lines = if help.is_empty() { 2 } else { 3 };
        prop_assert_eq!(text.matches('\n').count(), lines);
        if let Some(line) = text.strip_prefix("# HELP a ") {
            let escaped = line.split_once('\n').unwrap().0;
            prop_assert_eq!(read_quoted(&format!("{escaped}\"")).0, help);
        }
    }
}
