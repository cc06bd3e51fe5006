//! The writer of metrics against an independent reader.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar as ProtoExemplar, ExponentialHistogram, ExponentialHistogramDataPoint,
    Gauge, Histogram as ProtoHistogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum, exemplar, metric::Data, number_data_point,
};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::super::attributes::resource;
use super::super::delivery::MAX_REQUEST;
use super::super::request::request;
use super::data::{any_text, expected_resource, id_bytes, string};
use crate::export::Temporality;
use crate::export::exposition::tests::wild::any_wild_snapshot;
use crate::export::points::any::any_snapshot;
use crate::export::points::{self, Point};
use crate::registry::{Exemplar, Family, Histogram, Kind, NativeHistogram, Series, Snapshot, Value};
use crate::span::{SpanId, TraceId};

fn nanos(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

fn labels(point: &Point<'_>) -> Vec<KeyValue> {
    let attributes = point.family.otel.as_ref().map(|otel| otel.attributes.clone()).unwrap_or_default();
    let key = |name: &str| {
        let renamed = attributes.iter().find(|(label, _)| label.as_str() == name);
        renamed.map_or(name, |(_, key)| key.as_str()).to_owned()
    };
    let pair = |(name, value): (&str, &str)| KeyValue {
        key: key(name),
        value: string(value),
        ..KeyValue::default()
    };
    point.series.labels.iter().map(pair).collect()
}

fn exemplars(series: &Series) -> Vec<ProtoExemplar> {
    let exemplar = |exemplar: &Exemplar| ProtoExemplar {
        filtered_attributes: Vec::new(),
        time_unix_nano: nanos(exemplar.time),
        value: Some(exemplar::Value::AsDouble(exemplar.value)),
        span_id: if exemplar.trace_id.is_some() { id_bytes(exemplar.span_id) } else { Vec::new() },
        trace_id: if exemplar.trace_id.is_some() { id_bytes(exemplar.trace_id) } else { Vec::new() },
    };
    series.exemplars.iter().map(exemplar).collect()
}

fn number(point: &Point<'_>, value: number_data_point::Value, start: u64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: labels(point),
        start_time_unix_nano: start,
        time_unix_nano: nanos(point.time),
        exemplars: exemplars(point.series),
        flags: 0,
        value: Some(value),
    }
}

fn classic(point: &Point<'_>, value: &Histogram, start: u64) -> HistogramDataPoint {
    HistogramDataPoint {
        attributes: labels(point),
        start_time_unix_nano: start,
        time_unix_nano: nanos(point.time),
        count: value.buckets.iter().fold(0, |all, one| all.saturating_add(*one)),
        sum: Some(value.sum),
        bucket_counts: value.buckets.clone(),
        explicit_bounds: value.bounds.to_vec(),
        exemplars: exemplars(point.series),
        flags: 0,
        min: None,
        max: None,
    }
}

fn exponential(point: &Point<'_>, value: &NativeHistogram, start: u64) -> ExponentialHistogramDataPoint {
    let coarse = value.clone().coarsened(160);
    ExponentialHistogramDataPoint {
        attributes: labels(point),
        start_time_unix_nano: start,
        time_unix_nano: nanos(point.time),
        count: value.count(),
        sum: Some(value.sum),
        scale: coarse.schema.into(),
        zero_count: value.zero_count,
        positive: (!coarse.buckets.is_empty())
            .then(|| Buckets { offset: coarse.offset - 1, bucket_counts: coarse.buckets.clone() }),
        negative: None,
        flags: 0,
        exemplars: exemplars(point.series),
        min: None,
        max: None,
        zero_threshold: value.zero_threshold,
    }
}

/// The data of one point on its own.
fn data(point: &Point<'_>) -> Data {
    use number_data_point::Value::{AsDouble, AsInt};

    let start = point.start.map_or(0, nanos);
    let temporality = match point.temporality {
        Temporality::Cumulative => AggregationTemporality::Cumulative,
        Temporality::Delta => AggregationTemporality::Delta,
    };
    let aggregation_temporality = temporality.into();
    let sum = |value, is_monotonic| {
        let data_points = vec![number(point, value, start)];
        Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })
    };
    match &point.series.value {
        Value::Counter(value) => sum(i64::try_from(*value).map_or(AsDouble(*value as f64), AsInt), true),
        Value::FloatCounter(value) => sum(AsDouble(*value), true),
        Value::Gauge(value) if point.family.kind == Kind::UpDownCounter => sum(AsDouble(*value), false),
        Value::Gauge(value) => Data::Gauge(Gauge { data_points: vec![number(point, AsDouble(*value), 0)] }),
        Value::Histogram(value) => {
            let data_points = vec![classic(point, value, start)];
            Data::Histogram(ProtoHistogram { data_points, aggregation_temporality })
        }
        Value::NativeHistogram(value) => {
            let data_points = vec![exponential(point, value, start)];
            Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality })
        }
    }
}

/// Adds another point to the data, where it is of the same kind.
fn join(data: &mut Data, other: Data) -> Option<Data> {
    match (data, other) {
        (Data::Gauge(one), Data::Gauge(other)) => one.data_points.extend(other.data_points),
        (Data::Sum(one), Data::Sum(other)) if one.is_monotonic == other.is_monotonic => {
            one.data_points.extend(other.data_points);
        }
        (Data::Histogram(one), Data::Histogram(other)) => one.data_points.extend(other.data_points),
        (Data::ExponentialHistogram(one), Data::ExponentialHistogram(other)) => {
            one.data_points.extend(other.data_points);
        }
        (_, other) => return Some(other),
    }
    None
}

/// What the points of families should be to a receiver, every field named.
fn metrics(points: &[Point<'_>]) -> Vec<Metric> {
    let mut metrics: Vec<(*const Family, Metric)> = Vec::new();
    for point in points {
        let mut its = Some(data(point));
        if let Some((family, Metric { data: Some(last), .. })) = metrics.last_mut() {
            if std::ptr::eq(*family, point.family) {
                its = its.and_then(|its| join(last, its));
            }
        }
        if its.is_some() {
            let otel = point.family.otel.as_deref().cloned().unwrap_or_default();
            let name = if otel.name.is_empty() { point.family.name.clone() } else { otel.name };
            let unit = match point.family.unit.as_str() {
                _ if !otel.unit.is_empty() => otel.unit.as_str(),
                "seconds" => "s",
                "bytes" => "By",
                "ratio" => "1",
                "" => "",
                _ => "{orders}",
            };
            let metric = Metric {
                name: name.to_string(),
                description: point.family.help.to_string(),
                unit: unit.to_owned(),
                metadata: Vec::new(),
                data: its,
            };
            metrics.push((point.family, metric));
        }
    }
    metrics.into_iter().map(|(_, metric)| metric).collect()
}

fn expected(attributes: &[(String, String)], points: &[Point<'_>]) -> ExportMetricsServiceRequest {
    let scope = InstrumentationScope {
        name: "spanwright".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let scope_metrics =
        ScopeMetrics { scope: Some(scope), metrics: metrics(points), schema_url: String::new() };
    let all = ResourceMetrics {
        resource: expected_resource(attributes),
        scope_metrics: vec![scope_metrics],
        schema_url: String::new(),
    };
    ExportMetricsServiceRequest { resource_metrics: vec![all] }
}

pub(super) fn written(attributes: &[(String, String)], points: &[Point<'_>]) -> Vec<u8> {
    let mut out = b"what was there before".to_vec();
    assert_eq!(request(&mut out, &resource(attributes), points, usize::MAX), points.len());
    out
}

pub(super) fn decoded(bytes: &[u8]) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest::decode(bytes).expect("what was written is a request")
}

/// How many points each metric of a request has, with the metric's name.
pub(super) fn sizes(request: &ExportMetricsServiceRequest) -> Vec<(&str, usize)> {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let size = |metric: &Metric| match metric.data.as_ref().expect("a metric has data") {
        Data::Gauge(data) => data.data_points.len(),
        Data::Sum(data) => data.data_points.len(),
        Data::Histogram(data) => data.data_points.len(),
        Data::ExponentialHistogram(data) => data.data_points.len(),
        Data::Summary(_) => unreachable!("there are no summaries"),
    };
    scopes.flat_map(|scope| &scope.metrics).map(|metric| (metric.name.as_str(), size(metric))).collect()
}

#[test]
fn a_family_is_one_metric_and_its_series_are_points() {
    let exemplar = Exemplar {
        trace_id: TraceId { high: 1, low: 2 },
        span_id: SpanId(3),
        value: 0.5,
        time: UNIX_EPOCH + Duration::from_secs(9),
    };
    let mut visits = Family::new("visits_total", Kind::Counter)
        .with([("page", "home")], Value::Counter(3))
        .with([("page", "about")], Value::Counter(u64::MAX));
    visits.start = Some(UNIX_EPOCH + Duration::from_secs(1));
    visits.series[0].exemplars = vec![exemplar];
    let level = Family::new("level", Kind::Gauge).with([("a", "b")], Value::Gauge(-0.0));
    let time = UNIX_EPOCH + Duration::from_secs(10);
    let snapshot = Snapshot { families: vec![level, visits], time };
    let points: Vec<_> = points::all(&snapshot).collect();
    let request = decoded(&written(&[], &points));
    assert_eq!(request, expected(&[], &points));
    assert_eq!(sizes(&request), [("level", 1), ("visits_total", 2)]);
    let Some(Data::Sum(sum)) = &request.resource_metrics[0].scope_metrics[0].metrics[1].data else {
        panic!("a counter is a sum: {request:?}")
    };
    assert!(sum.is_monotonic);
    let [first, second] = &sum.data_points[..] else { panic!("{sum:?}") };
    assert_eq!((first.start_time_unix_nano, first.time_unix_nano), (1_000_000_000, 10_000_000_000));
    assert_eq!(first.value, Some(number_data_point::Value::AsInt(3)));
    assert_eq!(first.exemplars[0].trace_id, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(second.value, Some(number_data_point::Value::AsDouble(u64::MAX as f64)));
}

/// A family of so many series with labels of about 60 bytes.
pub(super) fn great_family(series: usize) -> Family {
    let family = Family { help: "Help.".into(), ..Family::new("great_total", Kind::Counter) };
    (0..series)
        .fold(family, |family, at| family.with([("tenant", format!("{at:060}"))], Value::Counter(at as u64)))
}

#[test]
fn a_family_of_a_hundred_thousand_series_is_split_over_requests() {
    let snapshot = Snapshot::from(vec![great_family(100_000), Family::new("zero", Kind::Gauge)]);
    let points: Vec<_> = points::all(&snapshot).collect();
    let (mut rest, mut values, mut requests, mut out) = (&points[..], Vec::new(), 0, Vec::new());
    while !rest.is_empty() {
        let taken = request(&mut out, &resource(&[]), rest, MAX_REQUEST);
        assert!(out.len() <= MAX_REQUEST, "{}", out.len());
        // All but the last are as full as they can be.
        assert!(taken == rest.len() || out.len() > MAX_REQUEST - 200, "{}", out.len());
        let request = decoded(&out);
        assert_eq!(sizes(&request), [("great_total", taken)]);
        let Some(Data::Sum(sum)) = &request.resource_metrics[0].scope_metrics[0].metrics[0].data else {
            panic!("a counter is a sum")
        };
        values.extend(sum.data_points.iter().map(|point| point.value));
        (rest, requests) = (&rest[taken..], requests + 1);
    }
    let each = (0..100_000).map(|value| Some(number_data_point::Value::AsInt(value)));
    assert!(values.into_iter().eq(each), "each point once, in its order");
    assert!((9..20).contains(&requests), "{requests}");
}

proptest! {
    #[test]
    fn what_contradicts_itself_makes_no_request_that_can_not_be_read(snapshot in any_wild_snapshot()) {
        let points: Vec<_> = points::all(&snapshot).collect();
        let bytes = written(&[], &points);
        prop_assert!(bytes.len() < 40_000, "{} bytes", bytes.len());
        decoded(&bytes);
    }

    #[test]
    fn an_independent_reader_finds_every_field(
        attributes in vec((any_text(), any_text()), 0..4),
        snapshot in any_snapshot(),
        temporality in prop_oneof![Just(Temporality::Cumulative), Just(Temporality::Delta)],
    ) {
        let mut points: Vec<_> = points::all(&snapshot).collect();
        points.iter_mut().for_each(|point| point.temporality = temporality);
        prop_assume!(!points.is_empty());
        let bytes = written(&attributes, &points);
        let expected = expected(&attributes, &points);
        prop_assert_eq!(decoded(&bytes), expected.clone());
        prop_assert_eq!(bytes.len(), expected.encoded_len());
    }

    #[test]
    fn requests_are_within_any_limit_and_lose_nothing(snapshot in any_snapshot(), limit in 100..20_000_usize) {
        let points: Vec<_> = points::all(&snapshot).collect();
        let (mut rest, mut out) = (&points[..], Vec::new());
        let mut found = Vec::new();
        while !rest.is_empty() {
            let taken = request(&mut out, &[], rest, limit);
            prop_assert!(taken > 0);
            prop_assert!(taken == 1 || out.len() <= limit, "{} of {limit} for {taken}", out.len());
            let request = decoded(&out);
            prop_assert_eq!(sizes(&request).iter().map(|(_, size)| size).sum::<usize>(), taken);
            prop_assert_eq!(&request, &expected(&[], &rest[..taken]));
            found.extend(sizes(&request).into_iter().map(|(name, size)| (name.to_owned(), size)));
            rest = &rest[taken..];
        }
        prop_assert_eq!(found.iter().map(|(_, size)| size).sum::<usize>(), points.len());
    }
}
