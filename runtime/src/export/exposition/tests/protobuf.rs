//! The messages, read by `prost` as `metrics.proto` has them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use prost::Message;

use super::super::*;
use super::*;

/// `io.prometheus.client`, as far as it is written.
mod client {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct MetricFamily {
        #[prost(string, optional, tag = "1")]
        pub(super) name: Option<String>,
        #[prost(string, optional, tag = "2")]
        pub(super) help: Option<String>,
        #[prost(enumeration = "MetricType", optional, tag = "3")]
        pub(super) r#type: Option<i32>,
        #[prost(message, repeated, tag = "4")]
        pub(super) metric: Vec<Metric>,
        #[prost(string, optional, tag = "5")]
        pub(super) unit: Option<String>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
    #[repr(i32)]
    pub(super) enum MetricType {
        Counter = 0,
        Gauge = 1,
        Summary = 2,
        Untyped = 3,
        Histogram = 4,
        GaugeHistogram = 5,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Metric {
        #[prost(message, repeated, tag = "1")]
        pub(super) label: Vec<LabelPair>,
        #[prost(message, optional, tag = "2")]
        pub(super) gauge: Option<Gauge>,
        #[prost(message, optional, tag = "3")]
        pub(super) counter: Option<Counter>,
        #[prost(message, optional, tag = "7")]
        pub(super) histogram: Option<Histogram>,
        #[prost(int64, optional, tag = "6")]
        pub(super) timestamp_ms: Option<i64>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct LabelPair {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(string, tag = "2")]
        pub(super) value: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Gauge {
        #[prost(double, optional, tag = "1")]
        pub(super) value: Option<f64>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Counter {
        #[prost(double, optional, tag = "1")]
        pub(super) value: Option<f64>,
        #[prost(message, optional, tag = "2")]
        pub(super) exemplar: Option<Exemplar>,
        #[prost(message, optional, tag = "3")]
        pub(super) created_timestamp: Option<Timestamp>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Histogram {
        #[prost(uint64, optional, tag = "1")]
        pub(super) sample_count: Option<u64>,
        #[prost(double, optional, tag = "2")]
        pub(super) sample_sum: Option<f64>,
        #[prost(message, repeated, tag = "3")]
        pub(super) bucket: Vec<Bucket>,
        #[prost(sint32, optional, tag = "5")]
        pub(super) schema: Option<i32>,
        #[prost(double, optional, tag = "6")]
        pub(super) zero_threshold: Option<f64>,
        #[prost(uint64, optional, tag = "7")]
        pub(super) zero_count: Option<u64>,
        #[prost(message, repeated, tag = "12")]
        pub(super) positive_span: Vec<BucketSpan>,
        #[prost(sint64, repeated, packed = "false", tag = "13")]
        pub(super) positive_delta: Vec<i64>,
        #[prost(message, optional, tag = "15")]
        pub(super) created_timestamp: Option<Timestamp>,
        #[prost(message, repeated, tag = "16")]
        pub(super) exemplars: Vec<Exemplar>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Bucket {
        #[prost(uint64, optional, tag = "1")]
        pub(super) cumulative_count: Option<u64>,
        #[prost(double, optional, tag = "2")]
        pub(super) upper_bound: Option<f64>,
        #[prost(message, optional, tag = "3")]
        pub(super) exemplar: Option<Exemplar>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct BucketSpan {
        #[prost(sint32, optional, tag = "1")]
        pub(super) offset: Option<i32>,
        #[prost(uint32, optional, tag = "2")]
        pub(super) length: Option<u32>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Exemplar {
        #[prost(message, repeated, tag = "1")]
        pub(super) label: Vec<LabelPair>,
        #[prost(double, optional, tag = "2")]
        pub(super) value: Option<f64>,
        #[prost(message, optional, tag = "3")]
        pub(super) timestamp: Option<Timestamp>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Timestamp {
        #[prost(int64, tag = "1")]
        pub(super) seconds: i64,
        #[prost(int32, tag = "2")]
        pub(super) nanos: i32,
    }
}

use client::{BucketSpan, MetricType};

fn decode(snapshot: &Snapshot) -> Vec<client::MetricFamily> {
    let encoded = encode(Format::PrometheusProtobuf, snapshot);
    let (mut rest, mut families) = (&encoded[..], Vec::new());
    while !rest.is_empty() {
        families.push(client::MetricFamily::decode_length_delimited(&mut rest).expect("it is a family"));
    }
    families
}

/// The histogram of a family with one.
fn only_histogram(value: Value, exemplars: &[Exemplar]) -> client::Histogram {
    let series = with(series(&[], value), exemplars);
    let mut families = decode(&snapshot(vec![family("h", Kind::Histogram, "", vec![series])]));
    let mut family = families.pop().expect("a family");
    family.metric.pop().and_then(|metric| metric.histogram).expect("a histogram")
}

fn spans(histogram: &client::Histogram) -> Vec<(i32, u32)> {
    let pair = |span: &BucketSpan| (span.offset.unwrap_or_default(), span.length.unwrap_or_default());
    histogram.positive_span.iter().map(pair).collect()
}

fn time(timestamp: client::Timestamp) -> SystemTime {
    assert!((0..1_000_000_000).contains(&timestamp.nanos), "{timestamp:?}");
    let nanos = Duration::from_nanos(timestamp.nanos as u64);
    match u64::try_from(timestamp.seconds) {
        Ok(seconds) => UNIX_EPOCH + Duration::from_secs(seconds) + nanos,
        Err(_) => UNIX_EPOCH - Duration::from_secs(timestamp.seconds.unsigned_abs()) + nanos,
    }
}

#[test]
fn a_counter_has_its_exemplar_and_its_start() {
    let start = UNIX_EPOCH + Duration::new(1_700_000_000, 5);
    let counted = with(series(&[("code", "200")], Value::Counter(3)), &[exemplar(0xab, 1.0, 1_500)]);
    let requests =
        Family { start: Some(start), ..family("requests_total", Kind::Counter, "", vec![counted]) };
    let families = decode(&snapshot(vec![requests]));
    let family = &families[0];
    assert_eq!(
        (family.name.as_deref(), family.help.as_deref()),
        (Some("requests_total"), Some("About requests."))
    );
    assert_eq!((family.r#type, &family.unit), (Some(MetricType::Counter as i32), &None));
    assert_eq!(family.metric[0].label[0], client::LabelPair { name: "code".into(), value: "200".into() });
    let counter = family.metric[0].counter.as_ref().expect("a counter");
    assert_eq!((counter.value, counter.created_timestamp.map(time)), (Some(3.0), Some(start)));
    let exemplar = counter.exemplar.as_ref().expect("an exemplar");
    let labels: Vec<_> =
        exemplar.label.iter().map(|pair| (pair.name.as_str(), pair.value.as_str())).collect();
    assert_eq!(labels, [("trace_id", "000000000000000000000000000000ab"), ("span_id", "00000000000000ab")]);
    let expected = client::Timestamp { seconds: 1, nanos: 500_000_000 };
    assert_eq!((exemplar.value, exemplar.timestamp), (Some(1.0), Some(expected)));
}

#[test]
fn a_series_that_began_later_has_its_own_start() {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    for (kind, value) in [
        (Kind::Counter, Value::Counter(3)),
        (Kind::Histogram, Value::from(Histogram { bounds: [1.0].into(), buckets: vec![1, 2], sum: 4.0 })),
    ] {
        let later = Series { start: Some(at(9)), ..series(&[("a", "later")], value.clone()) };
        let all = vec![later, series(&[("a", "first")], value)];
        let family = Family { start: Some(at(1)), ..family("requests_total", kind, "", all) };
        let starts: Vec<_> = decode(&snapshot(vec![family]))[0]
            .metric
            .iter()
            .map(|one| {
                let of_counter = one.counter.as_ref().and_then(|counter| counter.created_timestamp);
                let of_histogram = || one.histogram.as_ref().and_then(|one| one.created_timestamp);
                of_counter.or_else(of_histogram).map(time)
            })
            .collect();
        assert_eq!(starts, [Some(at(9)), Some(at(1))]);
    }
}

#[test]
fn a_unit_is_said_where_the_name_has_it() {
    let unit = |name: &str, kind, unit| {
        let value = if kind == Kind::Counter { Value::Counter(1) } else { Value::Gauge(1.0) };
        decode(&snapshot(vec![family(name, kind, unit, vec![series(&[], value)])]))[0].unit.clone()
    };
    assert_eq!(unit("sent_bytes_total", Kind::Counter, "bytes").as_deref(), Some("bytes"));
    assert_eq!(unit("queue_bytes", Kind::Gauge, "bytes").as_deref(), Some("bytes"));
    assert_eq!(unit("sent_total", Kind::Counter, "bytes"), None);
    assert_eq!(unit("kilobytes", Kind::Gauge, "bytes"), None);
    assert_eq!(unit("queue_", Kind::Gauge, ""), None);
}

#[test]
fn the_infinite_bucket_is_there_for_its_exemplar() {
    let value = || histogram(&[1.0, 2.0], &[1, 2, 3], 9.0);
    let without = only_histogram(value(), &[exemplar(1, 1.5, 0)]);
    let buckets: Vec<_> = without.bucket.iter().map(|one| (one.upper_bound, one.cumulative_count)).collect();
    assert_eq!(buckets, [(Some(1.0), Some(1)), (Some(2.0), Some(3))]);
    assert!(without.bucket[0].exemplar.is_none() && without.bucket[1].exemplar.is_some());
    assert_eq!((without.sample_count, without.sample_sum), (Some(6), Some(9.0)));
    let infinite = only_histogram(value(), &[exemplar(1, 2.5, 0)]).bucket.pop().expect("buckets");
    assert_eq!((infinite.upper_bound, infinite.cumulative_count), (Some(f64::INFINITY), Some(6)));
    assert_eq!(infinite.exemplar.and_then(|exemplar| exemplar.value), Some(2.5));
}

#[test]
fn short_gaps_are_bridged_and_long_ones_begin_a_span() {
    // As `client_golang` has it: gaps of one or two empty buckets make no new span.
    let gaps = native(3, 2, -4, &[0, 5, 0, 0, 7, 0, 0, 0, 6, 6, 0], 1.5);
    let histogram = only_histogram(Value::from(gaps), &[]);
    assert_eq!(spans(&histogram), [(-3, 4), (3, 2)]);
    assert_eq!(histogram.positive_delta, [5, -5, 0, 7, -1, 0]);
    assert_eq!((histogram.schema, histogram.zero_count), (Some(3), Some(2)));
    assert_eq!(histogram.zero_threshold, Some(2.0_f64.powi(-128)));
    assert_eq!((histogram.sample_count, histogram.sample_sum), (Some(26), Some(1.5)));
    assert_eq!(histogram.bucket.len(), 6, "its classic buckets stand beside them");
}

#[test]
fn a_native_histogram_without_observations_is_known_for_one() {
    let empty = only_histogram(Value::from(native(3, 0, 0, &[], 0.0)), &[]);
    assert_eq!((spans(&empty).len(), empty.zero_threshold > Some(0.0)), (0, true));
    let without_zero = NativeHistogram { zero_threshold: 0.0, ..native(3, 0, 0, &[0], 0.0) };
    let empty = only_histogram(Value::from(without_zero), &[]);
    assert_eq!((spans(&empty), empty.positive_delta.len()), (vec![(0, 0)], 0));
}

#[test]
fn a_schema_that_prometheus_does_not_know_leaves_the_classic_buckets() {
    let histogram = only_histogram(Value::from(native(9, 1, 0, &[1], 1.0)), &[]);
    assert_eq!((histogram.schema, histogram.zero_threshold, histogram.bucket.len()), (None, None, 6));
}

#[test]
fn classic_and_native_histograms_of_a_family_are_two_messages() {
    let classic = |lane| series(&[("lane", lane)], histogram(&[1.0], &[1, 0], 1.0));
    let native = |lane| series(&[("lane", lane)], Value::from(native(0, 0, 0, &[1], 1.0)));
    let mixed = vec![native("a"), classic("b"), native("c")];
    let families = decode(&snapshot(vec![family("h", Kind::Histogram, "", mixed)]));
    let lanes = |family: &client::MetricFamily| -> Vec<_> {
        family.metric.iter().map(|metric| metric.label[0].value.clone()).collect()
    };
    assert_eq!(families.iter().map(lanes).collect::<Vec<_>>(), [vec!["b"], vec!["a", "c"]]);
    assert!(families.iter().all(|family| family.name.as_deref() == Some("h")));
}

/// A series as the messages have it: what it counts since when, and its traces.
#[derive(Debug, PartialEq)]
struct Read {
    name: String,
    labels: Vec<(String, String)>,
    value: Compared,
    created: Option<SystemTime>,
    exemplars: Vec<(String, u64, SystemTime)>,
}

/// A value with its floating-point numbers as bits, so that one that is no number equals itself.
#[derive(Debug, PartialEq)]
enum Compared {
    Number(MetricType, u64),
    Classic(Vec<(u64, u64)>, u64, u64),
    Native { schema: i32, zero: (u64, u64), buckets: BTreeMap<i32, u64>, sum: u64, count: u64 },
}

fn read_exemplars<'a>(
    exemplars: impl IntoIterator<Item = &'a client::Exemplar>,
) -> Vec<(String, u64, SystemTime)> {
    let one = |exemplar: &client::Exemplar| {
        let ids: Vec<_> = exemplar.label.iter().map(|pair| pair.value.as_str()).collect();
        let value = exemplar.value.expect("a value");
        (ids.join("-"), value.to_bits(), time(exemplar.timestamp.expect("a time")))
    };
    exemplars.into_iter().map(one).collect()
}

/// What the messages say.
fn read(families: Vec<client::MetricFamily>) -> Vec<Read> {
    let mut all = Vec::new();
    for family in families {
        let name = family.name.expect("a name");
        let kind = MetricType::try_from(family.r#type.expect("a type")).expect("one of them");
        for metric in family.metric {
            let labels = metric.label.into_iter().map(|pair| (pair.name, pair.value)).collect();
            let (value, created, exemplars) = match (metric.counter, metric.gauge, metric.histogram) {
                (Some(counter), None, None) if kind == MetricType::Counter => {
                    let value = Compared::Number(kind, counter.value.expect("a value").to_bits());
                    (value, counter.created_timestamp, read_exemplars(&counter.exemplar))
                }
                (None, Some(gauge), None) if kind == MetricType::Gauge => {
                    (Compared::Number(kind, gauge.value.expect("a value").to_bits()), None, Vec::new())
                }
                (None, None, Some(histogram)) if kind == MetricType::Histogram => read_histogram(&histogram),
                other => panic!("{kind:?} with {other:?}"),
            };
            all.push(Read { name: name.clone(), labels, value, created: created.map(time), exemplars });
        }
    }
    all
}

type Parts = (Compared, Option<client::Timestamp>, Vec<(String, u64, SystemTime)>);

fn read_histogram(histogram: &client::Histogram) -> Parts {
    let (sum, count) =
        (histogram.sample_sum.expect("a sum").to_bits(), histogram.sample_count.expect("a count"));
    let Some(schema) = histogram.schema else {
        let buckets = histogram.bucket.iter().filter(|bucket| bucket.upper_bound != Some(f64::INFINITY));
        let pair = |bucket: &client::Bucket| {
            (bucket.upper_bound.expect("a bound").to_bits(), bucket.cumulative_count.expect("a count"))
        };
        let value = Compared::Classic(buckets.map(pair).collect(), sum, count);
        let exemplars = read_exemplars(histogram.bucket.iter().filter_map(|bucket| bucket.exemplar.as_ref()));
        return (value, histogram.created_timestamp, exemplars);
    };
    let (mut buckets, mut next, mut deltas, mut count_before) =
        (BTreeMap::new(), 0, histogram.positive_delta.iter(), 0);
    for (offset, length) in spans(histogram) {
        next += offset;
        for _ in 0..length {
            count_before += deltas.next().expect("a delta for each bucket");
            if count_before != 0 {
                buckets.insert(next, u64::try_from(count_before).expect("counts are not negative"));
            }
            next += 1;
        }
    }
    assert_eq!(deltas.next(), None, "a bucket for each delta");
    let is_native = !histogram.positive_span.is_empty()
        || histogram.zero_threshold > Some(0.0)
        || histogram.zero_count > Some(0);
    assert!(is_native, "Prometheus would take it for a classic one: {histogram:?}");
    let zero =
        (histogram.zero_threshold.expect("a threshold").to_bits(), histogram.zero_count.expect("a count"));
    let value = Compared::Native { schema, zero, buckets, sum, count };
    (value, histogram.created_timestamp, read_exemplars(&histogram.exemplars))
}

/// What the snapshot says.
fn expected(snapshot: &Snapshot) -> Vec<Read> {
    let mut all = Vec::new();
    for family in &snapshot.families {
        let is_native = |series: &&Series| matches!(series.value, Value::NativeHistogram(_));
        let (native, other): (Vec<_>, Vec<_>) = family.series.iter().partition(is_native);
        for series in other.into_iter().chain(native) {
            let labels = series.labels.iter().map(|(name, value)| (name.into(), value.into())).collect();
            let is_gauge = matches!(family.kind, Kind::Gauge | Kind::UpDownCounter);
            let created = family.start.filter(|_| !is_gauge);
            let (value, exemplars) = expected_value(series);
            all.push(Read { name: family.name.to_string(), labels, value, created, exemplars });
        }
    }
    all
}

fn expected_value(series: &Series) -> (Compared, Vec<(String, u64, SystemTime)>) {
    let one = |exemplar: &Exemplar| {
        let span_id =
            if exemplar.span_id.is_some() { format!("-{}", exemplar.span_id) } else { String::new() };
        (format!("{}{span_id}", exemplar.trace_id), exemplar.value.to_bits(), exemplar.time)
    };
    let newest = |within: &dyn Fn(f64) -> bool| {
        let within = series.exemplars.iter().filter(|exemplar| within(exemplar.value));
        within.max_by_key(|exemplar| exemplar.time).map(one)
    };
    match &series.value {
        Value::Counter(value) => {
            let number = Compared::Number(MetricType::Counter, (*value as f64).to_bits());
            (number, newest(&|_| true).into_iter().collect())
        }
        Value::FloatCounter(value) => {
            let number = Compared::Number(MetricType::Counter, value.to_bits());
            (number, newest(&|_| true).into_iter().collect())
        }
        Value::Gauge(value) => (Compared::Number(MetricType::Gauge, value.to_bits()), Vec::new()),
        Value::Histogram(histogram) => {
            let mut buckets: Vec<_> =
                histogram.cumulative().map(|(bound, count)| (bound.to_bits(), count)).collect();
            buckets.pop();
            let bucket = |at: usize| {
                let below = at.checked_sub(1).map(|below| histogram.bounds[below]);
                let bound = histogram.bounds.get(at).copied();
                let is_not_above = move |value: f64| bound.is_none_or(|bound| value <= bound);
                newest(&|value| {
                    is_not_above(value) && below.is_none_or(|below| value > below || value.is_nan())
                })
            };
            let exemplars = (0..=histogram.bounds.len()).filter_map(bucket).collect();
            (Compared::Classic(buckets, histogram.sum.to_bits(), histogram.count()), exemplars)
        }
        Value::NativeHistogram(native) => {
            let filled = (native.offset..).zip(&native.buckets).filter(|(_, count)| **count != 0);
            let value = Compared::Native {
                schema: native.schema.into(),
                zero: (native.zero_threshold.to_bits(), native.zero_count),
                buckets: filled.map(|(number, count)| (number, *count)).collect(),
                sum: native.sum.to_bits(),
                count: native.count(),
            };
            (value, series.exemplars.iter().map(one).collect())
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_in_a_snapshot_is_read_back(snapshot in any_snapshot()) {
        let families = decode(&snapshot);
        for family in &families {
            let its = snapshot.family(family.name.as_deref().unwrap_or_default()).expect("there is such a family");
            prop_assert_eq!(family.help.as_deref().unwrap_or_default(), its.help.as_str());
        }
        prop_assert_eq!(read(families), expected(&snapshot));
    }
}
