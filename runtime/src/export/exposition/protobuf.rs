//! Prometheus' protobuf messages, each `MetricFamily` with its length before it, written by hand into one buffer.
//!
//! Source: [`metrics.proto`](https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto),
//! and what `client_golang` does with it.

use std::ops::{Range, RangeInclusive};
use std::time::{SystemTime, UNIX_EPOCH};

use super::distribution::{Bucket, Distribution, SPAN_ID, TRACE_ID, newest};
use super::names;
use super::number::write_hexadecimal;
use crate::export::protobuf::{Likely, bytes, count, delimited, fixed64, integer, message, text, varint};
use crate::registry::{Exemplar, Family, Kind, NativeHistogram, Series, Snapshot, Value};

/// The schemas that Prometheus knows.
const SCHEMAS: RangeInclusive<i8> = -4..=8;
/// So many empty buckets in a row are written as such; of more, a new span says how many there are.
const SHORT_GAP: usize = 2;

pub(super) fn write(snapshot: &Snapshot, out: &mut Vec<u8>) {
    for family in names::families(snapshot) {
        let created = created(family.start);
        // Prometheus goes by the first histogram of a message, and takes all others for such ones too.
        for is_native in [false, true] {
            let of_sort = |series: &&Series| matches!(series.value, Value::NativeHistogram(_)) == is_native;
            let mut series = names::series(family).filter(of_sort).peekable();
            if series.peek().is_some() {
                write_family(out, family, &created, series);
            }
        }
    }
}

fn created(start: Option<SystemTime>) -> Vec<u8> {
    let mut created = Vec::new();
    if let Some(start) = start {
        timestamp(&mut created, start);
    }
    created
}

fn write_family<'a>(
    out: &mut Vec<u8>,
    family: &'a Family,
    created: &[u8],
    series: impl Iterator<Item = &'a Series>,
) {
    let likely = if family.series.len() < 100 { Likely::Medium } else { Likely::Large };
    delimited(out, likely, |out| {
        text(out, 1, &family.name);
        text(out, 2, &family.help);
        let (kind, likely) = match family.kind {
            Kind::Counter => (0, Likely::Small),
            Kind::UpDownCounter | Kind::Gauge => (1, Likely::Small),
            Kind::Histogram => (4, Likely::Medium),
        };
        integer(out, 3, kind);
        for series in series {
            message(out, 4, likely, |out| match series.start {
                Some(_) => metric(out, family.kind, series, &self::created(series.start)),
                None => metric(out, family.kind, series, created),
            });
        }
        // Prometheus refuses the whole page where the unit is not in the name.
        if has_unit(family) {
            text(out, 5, &family.unit);
        }
    });
}

/// Whether the unit is in the name, in front of `_total`.
fn has_unit(family: &Family) -> bool {
    let name = match family.kind {
        Kind::Counter => family.name.strip_suffix("_total").unwrap_or(&family.name),
        Kind::UpDownCounter | Kind::Gauge | Kind::Histogram => &family.name,
    };
    name.strip_suffix(&*family.unit).is_some_and(|stem| stem.ends_with('_'))
}

fn metric(out: &mut Vec<u8>, kind: Kind, series: &Series, created: &[u8]) {
    for (name, value) in series.labels.iter() {
        label(out, name, value);
    }
    if let Some(distribution) = Distribution::of(series) {
        message(out, 7, Likely::Medium, |out| histogram(out, &distribution, &series.exemplars, created));
    }
    let Some(value) = series.value.number() else { return };
    match kind {
        Kind::Counter => message(out, 3, Likely::Small, |out| {
            double(out, 1, value);
            if let Some(newest) = newest(&series.exemplars) {
                message(out, 2, Likely::Small, |out| exemplar(out, newest));
            }
            nested(out, 3, created);
        }),
        Kind::UpDownCounter | Kind::Gauge => message(out, 2, Likely::Small, |out| double(out, 1, value)),
        // Its values are no numbers.
        Kind::Histogram => {}
    }
}

fn label(out: &mut Vec<u8>, name: &str, value: &str) {
    message(out, 1, Likely::Small, |out| {
        text(out, 1, name);
        text(out, 2, value);
    });
}

fn histogram(out: &mut Vec<u8>, distribution: &Distribution<'_>, exemplars: &[Exemplar], created: &[u8]) {
    integer(out, 1, distribution.count);
    double(out, 2, distribution.sum);
    for bucket in distribution.buckets() {
        write_bucket(out, &bucket);
    }
    // The infinite bucket is implied by the count; it stands here for its exemplar.
    let infinite = distribution.infinite();
    if infinite.exemplar.is_some() {
        write_bucket(out, &infinite);
    }
    let known = |native: &&NativeHistogram| SCHEMAS.contains(&native.schema);
    if let Some(native) = distribution.native().filter(known) {
        write_native(out, native);
        for its in exemplars.iter().filter(|exemplar| exemplar.trace_id.is_some()) {
            message(out, 16, Likely::Small, |out| exemplar(out, its));
        }
    }
    nested(out, 15, created);
}

fn write_bucket(out: &mut Vec<u8>, bucket: &Bucket<'_>) {
    message(out, 3, Likely::Small, |out| {
        integer(out, 1, bucket.up_to);
        double(out, 2, bucket.bound);
        if let Some(its) = bucket.exemplar {
            message(out, 3, Likely::Small, |out| exemplar(out, its));
        }
    });
}

fn write_native(out: &mut Vec<u8>, native: &NativeHistogram) {
    integer(out, 5, zigzag(native.schema.into()));
    double(out, 6, native.zero_threshold);
    integer(out, 7, native.zero_count);
    let mut end_before = None;
    for span in spans(&native.buckets) {
        let start = span.start as i64;
        // The first says where it begins, the others how far from the one before.
        let offset = end_before.map_or(i64::from(native.offset) + start, |end| start - end);
        write_span(out, offset, span.len());
        end_before = Some(span.end as i64);
    }
    if end_before.is_some() {
        message(out, 13, Likely::Medium, |out| {
            let mut before = 0;
            for count in spans(&native.buckets).flat_map(|span| &native.buckets[span]) {
                varint(out, zigzag(count.wrapping_sub(before) as i64));
                before = *count;
            }
        });
    } else if native.zero_count == 0 && native.zero_threshold == 0.0 {
        // Without anything it would be taken for a classic one.
        write_span(out, 0, 0);
    }
}

/// Runs of buckets, which begin and end with one that is not empty, and have few empty ones in between.
fn spans(buckets: &[u64]) -> impl Iterator<Item = Range<usize>> {
    let next_of = |start: usize| buckets.get(start..).unwrap_or_default().iter().map(|count| *count != 0);
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + next_of(from).position(|is_filled| is_filled)?;
        let mut end = start + 1;
        while let Some(gap) = next_of(end).take(SHORT_GAP + 1).position(|is_filled| is_filled) {
            end += gap + 1;
        }
        from = end;
        Some(start..end)
    })
}

fn write_span(out: &mut Vec<u8>, offset: i64, length: usize) {
    message(out, 12, Likely::Small, |out| {
        integer(out, 1, zigzag(offset));
        integer(out, 2, length as u64);
    });
}

fn exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    let id = |out: &mut Vec<u8>, name: &str, bytes: &[u8]| {
        message(out, 1, Likely::Small, |out| {
            text(out, 1, name);
            message(out, 2, Likely::Small, |out| write_hexadecimal(out, bytes));
        });
    };
    id(out, TRACE_ID, &exemplar.trace_id.to_bytes());
    if exemplar.span_id.is_some() {
        id(out, SPAN_ID, &exemplar.span_id.to_bytes());
    }
    double(out, 2, exemplar.value);
    message(out, 3, Likely::Small, |out| timestamp(out, exemplar.time));
}

/// The content of a `google.protobuf.Timestamp`: seconds, and nanoseconds that are never negative.
fn timestamp(out: &mut Vec<u8>, time: SystemTime) {
    let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (since.as_secs() as i64, since.subsec_nanos()),
        Err(error) => {
            let before = error.duration();
            let borrowed = u32::from(before.subsec_nanos() > 0);
            let seconds = i64::try_from(before.as_secs()).map_or(i64::MIN, |seconds| -seconds);
            let seconds = seconds.saturating_sub(borrowed.into());
            (seconds, borrowed * 1_000_000_000 - before.subsec_nanos())
        }
    };
    integer(out, 1, seconds as u64);
    count(out, 2, nanos);
}

/// A message whose content is known, unless it is empty.
fn nested(out: &mut Vec<u8>, field: u32, content: &[u8]) {
    if !content.is_empty() {
        bytes(out, field, content);
    }
}

fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    fixed64(out, field, value.to_bits());
}

/// Small numbers of either sign as small numbers: 0, -1, 1, -2 as 0, 1, 2, 3.
fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}
