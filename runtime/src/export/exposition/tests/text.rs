//! Golden texts, and an independent reader that takes any text apart again.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::*;
use super::*;

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
    assert_eq!(to_text(&fixture()), expected);
}

#[test]
fn openmetrics_differs_in_its_declarations_and_its_end() {
    let prometheus = to_text(&fixture());
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
    assert_eq!(to_openmetrics(&fixture()), expected);
}

#[test]
fn a_unit_is_declared_only_where_the_name_ends_in_it() {
    let declared = |name: &str, kind, unit| {
        to_openmetrics(&snapshot(vec![family(name, kind, unit, vec![])])).contains("# UNIT")
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
    let alone = to_openmetrics(&snapshot(vec![family("visits", Kind::Counter, "", visits())]));
    assert!(alone.ends_with("# TYPE visits unknown\nvisits 2\n# EOF\n"), "{alone}");
    let both = snapshot(vec![
        family("visits", Kind::Gauge, "", vec![]),
        family("visits_total", Kind::Counter, "", visits()),
    ]);
    let both = to_openmetrics(&both);
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
        assert!(!to_openmetrics(&snapshot).contains("_sum"));
        assert!(!to_openmetrics(&snapshot).contains("_count"));
        assert!(to_text(&snapshot).contains("shift_sum"));
        assert!(to_text(&snapshot).contains("shift_count 1\n"));
    }
}

#[test]
fn openmetrics_has_no_counter_that_is_negative_or_no_number() {
    for value in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        let busy = series(&[("cpu", "1")], Value::FloatCounter(value));
        let idle = series(&[("cpu", "2")], Value::FloatCounter(2.5));
        let snapshot = snapshot(vec![family("busy_seconds_total", Kind::Counter, "", vec![busy, idle])]);
        let expected = "# HELP busy_seconds About busy.\n# TYPE busy_seconds counter\n\
            busy_seconds_total{cpu=\"2\"} 2.5\n# EOF\n";
        assert_eq!(to_openmetrics(&snapshot), expected);
        assert!(to_text(&snapshot).contains("busy_seconds_total{cpu=\"1\"} "));
    }
}

#[test]
fn openmetrics_has_exemplars_on_counters_and_buckets() {
    let (early, late) = (exemplar(0xab, 0.5, 1_700_000_000_007), exemplar(0xcd, 1.5, 1_700_000_001_070));
    let rootless = Exemplar { span_id: SpanId::NONE, ..exemplar(0xef, 7.0, 0) };
    let waits = with(
        series(&[("lane", "fast")], histogram(&[1.0, 2.0, 4.0], &[1, 1, 0, 1], 9.0)),
        &[early, late, rootless],
    );
    let orders = with(series(&[], Value::Counter(3)), &[exemplar(1, 1.0, 1_700_000_000_123)]);
    let level = with(series(&[], Value::Gauge(3.0)), &[early]);
    let snapshot = snapshot(vec![
        family("level", Kind::Gauge, "", vec![level]),
        family("orders_total", Kind::Counter, "", vec![orders.clone()]),
        family("unnamed", Kind::Counter, "", vec![orders]),
        family("wait", Kind::Histogram, "", vec![waits]),
    ]);
    let expected = r#"# HELP level About level.
# TYPE level gauge
level 3.0
# HELP orders About orders.
# TYPE orders counter
orders_total 3 # {trace_id="00000000000000000000000000000001",span_id="0000000000000001"} 1.0 1700000000.123
# HELP unnamed About unnamed.
# TYPE unnamed unknown
unnamed 3
# HELP wait About wait.
# TYPE wait histogram
wait_bucket{lane="fast",le="1.0"} 1 # {trace_id="000000000000000000000000000000ab",span_id="00000000000000ab"} 0.5 1700000000.007
wait_bucket{lane="fast",le="2.0"} 2 # {trace_id="000000000000000000000000000000cd",span_id="00000000000000cd"} 1.5 1700000001.070
wait_bucket{lane="fast",le="4.0"} 2
wait_bucket{lane="fast",le="+Inf"} 3 # {trace_id="000000000000000000000000000000ef"} 7.0 0.000
wait_sum{lane="fast"} 9.0
wait_count{lane="fast"} 3
# EOF
"#;
    assert_eq!(to_openmetrics(&snapshot), expected);
    assert!(!to_text(&snapshot).contains("trace_id"));
}

#[test]
fn an_exemplar_from_before_1970_has_no_time() {
    let early = Exemplar { time: UNIX_EPOCH - Duration::from_secs(1), ..exemplar(1, 1.0, 0) };
    let orders = with(series(&[], Value::Counter(3)), &[early]);
    let text = to_openmetrics(&snapshot(vec![family("orders_total", Kind::Counter, "", vec![orders])]));
    assert!(text.ends_with("span_id=\"0000000000000001\"} 1.0\n# EOF\n"), "{text}");
}

#[test]
fn an_infinite_bound_stands_once_though_it_is_said() {
    let said = series(&[], histogram(&[1.0, f64::INFINITY], &[1, 2, 0], 3.0));
    let silent = series(&[], histogram(&[1.0], &[1, 2], 3.0));
    for format in [Format::PrometheusText, Format::OpenMetrics, Format::PrometheusProtobuf] {
        let encoded = |series: &Series| {
            encode(format, &snapshot(vec![family("h", Kind::Histogram, "", vec![series.clone()])]))
        };
        assert_eq!(encoded(&said), encoded(&silent), "{format:?}");
    }
}

#[test]
fn a_native_histogram_is_a_classic_one_in_text() {
    // One observation of zero, and some above 1/2, 1, 2 and 4.
    let native = native(0, 1, 0, &[2, 3, 0, 4], 21.5);
    let text = to_text(&snapshot(vec![family(
        "wait",
        Kind::Histogram,
        "",
        vec![series(&[], Value::from(native)), series(&[("a", "b")], histogram(&[], &[2], 3.0))],
    )]));
    let expected = r#"# HELP wait About wait.
# TYPE wait histogram
wait_bucket{le="0.25"} 1
wait_bucket{le="0.5"} 1
wait_bucket{le="1.0"} 3
wait_bucket{le="2.0"} 6
wait_bucket{le="4.0"} 6
wait_bucket{le="8.0"} 10
wait_bucket{le="+Inf"} 10
wait_sum 21.5
wait_count 10
wait_bucket{a="b",le="+Inf"} 2
wait_sum{a="b"} 3.0
wait_count{a="b"} 2
"#;
    assert_eq!(text, expected);
}

#[test]
fn help_and_label_values_are_escaped() {
    let mut hostile =
        family("a", Kind::Gauge, "", vec![series(&[("l", "\\\"\n\r}é")], Value::Gauge(f64::NAN))]);
    hostile.help = "one \\ \"two\"\nthree".into();
    let snapshot = snapshot(vec![hostile]);
    let sample = "a{l=\"\\\\\\\"\\n\r}é\"} NaN\n";
    assert_eq!(to_text(&snapshot), format!("# HELP a one \\\\ \"two\"\\nthree\n# TYPE a gauge\n{sample}"));
    assert_eq!(
        to_openmetrics(&snapshot),
        format!("# HELP a one \\\\ \\\"two\\\"\\nthree\n# TYPE a gauge\n{sample}# EOF\n")
    );
}

#[test]
fn text_is_appended() {
    let mut out = b"before\n".to_vec();
    encode_into(Format::PrometheusText, &snapshot(vec![family("a", Kind::Gauge, "", vec![])]), &mut out);
    assert_eq!(out, b"before\n# HELP a About a.\n# TYPE a gauge\n");
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
                Value::Histogram(histogram) => distribution(&mut samples, &name, &labels, histogram),
                Value::NativeHistogram(native) => {
                    distribution(&mut samples, &name, &labels, &native.to_classic());
                }
            }
        }
    }
    samples
}

fn distribution(
    samples: &mut Vec<Sample>,
    name: &str,
    labels: &BTreeMap<String, String>,
    histogram: &Histogram,
) {
    let mut up_to = 0;
    let bounds = histogram.bounds.iter().copied().chain([f64::INFINITY]);
    for (bound, count) in bounds.zip(&histogram.buckets) {
        up_to += count;
        let mut labels = labels.clone();
        labels.insert("le".into(), bound.to_string());
        samples.push((format!("{name}_bucket"), labels, up_to as f64));
    }
    samples.push((format!("{name}_sum"), labels.clone(), histogram.sum));
    samples.push((format!("{name}_count"), labels.clone(), up_to as f64));
}

/// Bounds as numbers and NaN as equal to itself.
fn comparable((name, mut labels, value): Sample) -> (String, BTreeMap<String, String>, u64) {
    if let Some(le) = labels.get_mut("le") {
        *le = le.parse::<f64>().expect("`le` is a number").to_string();
    }
    (name, labels, if value.is_nan() { u64::MAX } else { value.to_bits() })
}

proptest! {
    #[test]
    fn whatever_is_in_a_snapshot_is_read_back(snapshot in any_snapshot()) {
        let text = to_text(&snapshot);
        let read: Vec<_> = read(&text).into_iter().map(comparable).collect();
        let expected: Vec<_> = expected(&snapshot).into_iter().map(comparable).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn the_older_text_is_openmetrics_without_its_additions(snapshot in any_snapshot()) {
        // Those are told apart by what no sample of the older text has.
        let open = to_openmetrics(&snapshot);
        let text = to_text(&snapshot);
        for line in open.lines().filter(|line| !line.starts_with('#')) {
            let sample = line.rsplit_once(" # {trace_id=\"").map_or(line, |(sample, _)| sample);
            prop_assert!(text.contains(&format!("\n{sample}\n")), "{}", line);
        }
        prop_assert_eq!(open.lines().last(), Some("# EOF"));
    }

    #[test]
    fn no_help_breaks_out_of_its_line(help: String) {
        let mut family = family("a", Kind::Gauge, "", vec![]);
        family.help = help.clone().into();
        let text = to_openmetrics(&snapshot(vec![family]));
        let lines = if help.is_empty() { 2 } else { 3 };
        prop_assert_eq!(text.matches('\n').count(), lines);
        if let Some(line) = text.strip_prefix("# HELP a ") {
            let escaped = line.split_once('\n').unwrap().0;
            prop_assert_eq!(read_quoted(&format!("{escaped}\"")).0, help);
        }
    }
}
