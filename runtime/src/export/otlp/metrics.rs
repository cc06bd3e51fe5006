//! Data points, in the message `Metric` of their family.
//!
//! A family with many series is written as several messages, in as many requests as it takes: what is counted, split and
//! repeated is the data point.
//!
//! Names that are not OpenTelemetry's own stay as they are, with their unit and `_total`: a Prometheus that takes OTLP appends
//! neither where it is there already. Units are UCUM's, as OpenTelemetry asks.
//!
//! Source: `metrics.proto` of [opentelemetry-proto](https://github.com/open-telemetry/opentelemetry-proto) 1.9.

use super::attributes::key_value;
use super::request::Item;
use crate::export::points::{Data, Point, exponential, unix_nanos};
use crate::export::protobuf::{
    Likely, Wire, bytes, count, fixed64, integer, message, tag, text, varint, varint_length,
};
use crate::registry::{Exemplar, Histogram, NativeHistogram, Value};
use crate::span::AttributeRef;

// Field numbers, named by message and field; a point is a `NumberDataPoint`, `HistogramDataPoint` or
// `ExponentialHistogramDataPoint`.
const METRIC_NAME: u32 = 1;
const METRIC_DESCRIPTION: u32 = 2;
const METRIC_UNIT: u32 = 3;
const METRIC_GAUGE: u32 = 5;
const METRIC_SUM: u32 = 7;
const METRIC_HISTOGRAM: u32 = 9;
const METRIC_EXPONENTIAL_HISTOGRAM: u32 = 10;
/// Of all of these.
const DATA_POINTS: u32 = 1;
/// Of all but gauges.
const DATA_TEMPORALITY: u32 = 2;
const SUM_IS_MONOTONIC: u32 = 3;
const POINT_START_TIME_UNIX_NANO: u32 = 2;
const POINT_TIME_UNIX_NANO: u32 = 3;
const NUMBER_AS_DOUBLE: u32 = 4;
const NUMBER_EXEMPLARS: u32 = 5;
const NUMBER_AS_INT: u32 = 6;
const NUMBER_ATTRIBUTES: u32 = 7;
/// Of both kinds of histograms.
const HISTOGRAM_COUNT: u32 = 4;
const HISTOGRAM_SUM: u32 = 5;
const HISTOGRAM_BUCKET_COUNTS: u32 = 6;
const HISTOGRAM_EXPLICIT_BOUNDS: u32 = 7;
const HISTOGRAM_EXEMPLARS: u32 = 8;
const HISTOGRAM_ATTRIBUTES: u32 = 9;
const EXPONENTIAL_ATTRIBUTES: u32 = 1;
const EXPONENTIAL_SCALE: u32 = 6;
const EXPONENTIAL_ZERO_COUNT: u32 = 7;
const EXPONENTIAL_POSITIVE: u32 = 8;
const EXPONENTIAL_EXEMPLARS: u32 = 11;
const EXPONENTIAL_ZERO_THRESHOLD: u32 = 14;
const BUCKETS_OFFSET: u32 = 1;
const BUCKETS_COUNTS: u32 = 2;
const EXEMPLAR_TIME_UNIX_NANO: u32 = 2;
const EXEMPLAR_AS_DOUBLE: u32 = 3;
const EXEMPLAR_SPAN_ID: u32 = 4;
const EXEMPLAR_TRACE_ID: u32 = 5;

impl Item for Point<'_> {
    const PLURAL: &'static str = "data points";
    const GRPC_METHOD: &'static str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    const SCOPE_VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn target(&self) -> &str {
        "spanwright"
    }

    fn write(points: &[Self], out: &mut Vec<u8>, fits: impl Fn(&[u8]) -> bool) -> usize {
        let [first, ..] = points else { return 0 };
        let (family, data) = (first.family, first.data());
        text(out, METRIC_NAME, family.otel_name());
        text(out, METRIC_DESCRIPTION, &family.help);
        text(out, METRIC_UNIT, &first.unit());
        let mut taken = 0;
        message(out, data_field(data), Likely::Medium, |out| {
            if data != Data::Gauge {
                integer(out, DATA_TEMPORALITY, first.temporality_number().into());
            }
            if data.is_monotonic() {
                integer(out, SUM_IS_MONOTONIC, 1);
            }
            for point in points.iter().take_while(|point| point.shares_metric(first)) {
                let before = out.len();
                message(out, DATA_POINTS, Likely::Small, |out| write_point(out, point));
                if taken > 0 && !fits(out) {
                    out.truncate(before);
                    break;
                }
                taken += 1;
            }
        });
        taken
    }
}

fn data_field(data: Data) -> u32 {
    match data {
        Data::Gauge => METRIC_GAUGE,
        Data::Sum { .. } => METRIC_SUM,
        Data::Histogram => METRIC_HISTOGRAM,
        Data::ExponentialHistogram => METRIC_EXPONENTIAL_HISTOGRAM,
    }
}

fn write_point(out: &mut Vec<u8>, point: &Point<'_>) {
    match &point.series.value {
        Value::Counter(value) => match i64::try_from(*value) {
            Ok(value) => number(out, point, |out| fixed64(out, NUMBER_AS_INT, value as u64)),
            Err(_) => number(out, point, |out| double(out, NUMBER_AS_DOUBLE, *value as f64)),
        },
        Value::FloatCounter(value) | Value::Gauge(value) => {
            number(out, point, |out| double(out, NUMBER_AS_DOUBLE, *value));
        }
        Value::Histogram(value) => histogram(out, point, value),
        Value::NativeHistogram(value) => exponential_histogram(out, point, value),
    }
}

fn number(out: &mut Vec<u8>, point: &Point<'_>, value: impl FnOnce(&mut Vec<u8>)) {
    attributes(out, NUMBER_ATTRIBUTES, point);
    times(out, point);
    value(out);
    exemplars(out, NUMBER_EXEMPLARS, point);
}

fn histogram(out: &mut Vec<u8>, point: &Point<'_>, value: &Histogram) {
    attributes(out, HISTOGRAM_ATTRIBUTES, point);
    times(out, point);
    nonzero(out, HISTOGRAM_COUNT, value.count());
    double(out, HISTOGRAM_SUM, value.sum);
    packed(out, HISTOGRAM_BUCKET_COUNTS, value.buckets.iter().copied());
    packed(out, HISTOGRAM_EXPLICIT_BOUNDS, value.bounds.iter().map(|bound| bound.to_bits()));
    exemplars(out, HISTOGRAM_EXEMPLARS, point);
}

fn exponential_histogram(out: &mut Vec<u8>, point: &Point<'_>, value: &NativeHistogram) {
    let (value, offset) = exponential(value);
    attributes(out, EXPONENTIAL_ATTRIBUTES, point);
    times(out, point);
    nonzero(out, HISTOGRAM_COUNT, value.count());
    double(out, HISTOGRAM_SUM, value.sum);
    signed(out, EXPONENTIAL_SCALE, value.schema.into());
    nonzero(out, EXPONENTIAL_ZERO_COUNT, value.zero_count);
    if !value.buckets.is_empty() {
        message(out, EXPONENTIAL_POSITIVE, Likely::Medium, |out| {
            signed(out, BUCKETS_OFFSET, offset);
            tag(out, BUCKETS_COUNTS, Wire::Bytes);
            let lengths = value.buckets.iter().map(|count| varint_length(*count));
            varint(out, lengths.sum::<usize>() as u64);
            value.buckets.iter().for_each(|count| varint(out, *count));
        });
    }
    exemplars(out, EXPONENTIAL_EXEMPLARS, point);
    nonzero(out, EXPONENTIAL_ZERO_THRESHOLD, value.zero_threshold.to_bits());
}

fn attributes(out: &mut Vec<u8>, field: u32, point: &Point<'_>) {
    for (name, value) in point.attributes() {
        key_value(out, field, name, AttributeRef::Str(value));
    }
}

fn times(out: &mut Vec<u8>, point: &Point<'_>) {
    if let Some(start) = point.start_unix_nanos() {
        nonzero(out, POINT_START_TIME_UNIX_NANO, start);
    }
    nonzero(out, POINT_TIME_UNIX_NANO, unix_nanos(point.time));
}

fn exemplars(out: &mut Vec<u8>, field: u32, point: &Point<'_>) {
    for exemplar in &point.series.exemplars {
        message(out, field, Likely::Small, |out| self::exemplar(out, exemplar));
    }
}

fn exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    nonzero(out, EXEMPLAR_TIME_UNIX_NANO, unix_nanos(exemplar.time));
    double(out, EXEMPLAR_AS_DOUBLE, exemplar.value);
    if exemplar.trace_id.is_some() {
        bytes(out, EXEMPLAR_SPAN_ID, &exemplar.span_id.to_bytes());
        bytes(out, EXEMPLAR_TRACE_ID, &exemplar.trace_id.to_bytes());
    }
}

fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    fixed64(out, field, value.to_bits());
}

/// Numbers of 64 bits without tags of their own.
fn packed(out: &mut Vec<u8>, field: u32, values: impl ExactSizeIterator<Item = u64>) {
    if values.len() > 0 {
        tag(out, field, Wire::Bytes);
        varint(out, 8 * values.len() as u64);
        values.for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
    }
}

/// A number of 64 bits where it is not zero: the absent and zero are the same outside of a `oneof`.
fn nonzero(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        fixed64(out, field, value);
    }
}

/// A number of type `sint32`, where it is not zero: its sign is the lowest bit.
fn signed(out: &mut Vec<u8>, field: u32, value: i32) {
    count(out, field, ((value << 1) ^ (value >> 31)) as u32);
}
