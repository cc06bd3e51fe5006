//! How long writing takes:
//!
//! ```text
//! cargo test --release -p spanwright --lib otlp::tests::speed -- --ignored --nocapture
//! ```

use std::hint::black_box;
use std::time::Instant;

use super::super::delivery::MAX_REQUEST;
use super::super::request::{Item, by_target, request};
use super::metrics::great_family;
use crate::export::delta::Deltas;
use crate::export::points;
use crate::registry::Snapshot;
use crate::span::{AttributeValue, EventBatch, EventData, SpanBatch, SpanData, SpanId, TraceId};

const ITEMS: usize = 512;
const ROUNDS: usize = 2_000;
const SERIES: usize = 100_000;

fn attributes() -> Vec<(std::borrow::Cow<'static, str>, AttributeValue)> {
    vec![
        ("http.request.method".into(), AttributeValue::Str("GET".into())),
        ("http.route".into(), AttributeValue::Str("/orders/{id}".into())),
        ("http.response.status_code".into(), AttributeValue::I64(200)),
    ]
}

/// The best of several rounds, in nanoseconds an item.
fn measure(mut round: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        round();
        start.elapsed().as_secs_f64() * 1e9 / ITEMS as f64
    };
    (0..ROUNDS).map(time).fold(f64::INFINITY, f64::min)
}

#[expect(clippy::print_stderr, reason = "this is what it is run for")]
fn report<T: Item>(what: &str, items: &[T]) {
    let mut out = Vec::new();
    let write = measure(|| {
        black_box(request(&mut out, b"", black_box(items), usize::MAX));
    });
    let order = measure(|| {
        black_box(by_target(black_box(items)));
    });
    eprintln!("{what}: writing {write:.1} ns, ordering {order:.1} ns, {} bytes", out.len() / items.len());
}

#[test]
#[ignore = "a measurement"]
fn of_spans_with_three_attributes() {
    let span = |at: usize| SpanData {
        trace_id: TraceId::random(),
        span_id: SpanId::random(),
        parent: SpanId(at as u64 % 4),
        name: "orders::load".into(),
        target: ["shop::orders", "shop::stock", "shop::http", "sqlx::query"][at / 3 % 4].into(),
        start_unix_nanos: 1_800_000_000_000_000_000,
        end_unix_nanos: 1_800_000_000_000_100_000,
        attributes: attributes(),
        ..SpanData::default()
    };
    let batch: SpanBatch = (0..ITEMS).map(span).collect();
    report("a span", &by_target(&batch.iter().collect::<Vec<_>>()));
    report("a span among other targets", &batch.iter().collect::<Vec<_>>());
}

#[test]
#[ignore = "a measurement"]
fn of_log_records_with_three_attributes() {
    let event = |_| EventData {
        trace_id: TraceId::random(),
        span_id: SpanId::random(),
        message: "an order was loaded".into(),
        name: "an order was loaded".into(),
        target: "shop::orders".into(),
        unix_nanos: 1_800_000_000_000_000_000,
        attributes: attributes(),
        ..EventData::default()
    };
    let batch: EventBatch = (0..ITEMS).map(event).collect();
    report("a log record", &batch.iter().collect::<Vec<_>>());
}

/// A push of many counters with a label each: the points, their requests of a MiB, and what delta costs besides.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stderr, reason = "this is what it is run for")]
fn of_a_hundred_thousand_counters() {
    let snapshot = Snapshot::from(vec![great_family(SERIES)]);
    let mut out = Vec::new();
    let best = |mut round: Box<dyn FnMut() + '_>| {
        let time = |_| {
            let start = Instant::now();
            round();
            start.elapsed().as_secs_f64() * 1e3
        };
        (0..20).map(time).fold(f64::INFINITY, f64::min)
    };
    let write = best(Box::new(|| {
        let points: Vec<_> = points::all(&snapshot).collect();
        let points = by_target(&points);
        let mut rest = &points[..];
        while !rest.is_empty() {
            let taken = request(&mut out, b"", rest, MAX_REQUEST);
            rest = &rest[taken..];
        }
    }));
    let mut deltas = Deltas::new(std::time::UNIX_EPOCH);
    let delta = best(Box::new(|| {
        let changes = deltas.owed(&snapshot);
        deltas.settle_all(&points::with_changes(&snapshot, &changes));
    }));
    eprintln!("{SERIES} counters: writing {write:.1} ms, deltas {delta:.1} ms");
}
