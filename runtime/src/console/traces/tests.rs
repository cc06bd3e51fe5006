use std::time::Duration;

use serde_json::Value;

use super::super::undecided::MOST_BYTES as MOST_BYTES_UNDECIDED;
use super::*;
use crate::span::{Outcome, SpanData, SpanId};

const SECOND: u64 = 1_000_000_000;

/// A span of trace `trace`, `nanos` long.
fn span(trace: u64, id: u64, parent: u64, nanos: u64) -> SpanData {
    SpanData {
        trace_id: TraceId { high: 1, low: trace },
        span_id: SpanId(id),
        parent: SpanId(parent),
        name: if parent == 0 { "root" } else { "child" }.into(),
        target: "test".into(),
        start_unix_nanos: SECOND,
        end_unix_nanos: SECOND + nanos,
        ..SpanData::default()
    }
}

fn batch(spans: impl IntoIterator<Item = SpanData>) -> Arc<SpanBatch> {
    Arc::new(spans.into_iter().collect())
}

fn nobody(_: &str, _: u32) -> Option<(u32, &'static str)> {
    None
}

/// Traces and a clock of their own.
struct Kept {
    traces: Traces,
    now: Instant,
}

impl Kept {
    fn new() -> Self {
        Self { traces: Traces::default(), now: Instant::now() }
    }

    fn add(&mut self, spans: impl IntoIterator<Item = SpanData>) {
        self.traces.add(&batch(spans), self.now, &nobody);
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.traces.tick(self.now, &nobody);
    }

    fn one(&self, trace: u64) -> Option<Value> {
        let json = self.traces.one(TraceId { high: 1, low: trace }, "[]")?;
        Some(serde_json::from_str(&json).unwrap())
    }

    fn news(&mut self) -> Value {
        self.traces.news(1).map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
    }

    /// What is counted in bytes is what there is.
    fn check(&self) {
        let bytes: usize = self.traces.kept.values().map(|kept| kept.bytes).sum();
        assert_eq!(self.traces.bytes, bytes);
        let is_used = |kept: &super::Kept| kept.is_recent || kept.is_slow;
        assert!(self.traces.kept.values().all(is_used));
        assert!(self.traces.recent.len() <= MOST_RECENT);
        assert!(self.traces.recent.iter().all(|id| self.traces.kept.contains_key(id)));
        assert!(self.traces.slowest.iter().all(|id| self.traces.kept[&id].is_slow));
    }
}

#[test]
fn a_trace_is_there_once_its_root_has_ended_with_all_that_has_come() {
    let mut kept = Kept::new();
    kept.add([span(1, 11, 10, 5), span(2, 21, 20, 5)]);
    assert_eq!(kept.one(1), None, "its root has not ended");
    kept.add([span(1, 10, 0, 9)]);
    let one = kept.one(1).unwrap();
    assert_eq!((one["spans"].as_array().unwrap().len(), &one["complete"]), (2, &true.into()));
    assert_eq!(one["spans"][0]["parent"], "", "parents come first");
    let news = kept.news();
    assert_eq!(news["recent"].as_array().unwrap().len(), 1);
    assert_eq!(news["slowest"].as_array().unwrap().len(), 1);
    assert_eq!(kept.news(), Value::Null);
    // What ends after its root.
    kept.add([span(1, 12, 10, 20)]);
    assert_eq!(kept.news()["recent"][0]["spans"], 3);
    assert_eq!(kept.one(1).unwrap()["spans"].as_array().unwrap().len(), 3);
    kept.check();
}

#[test]
fn a_trace_without_a_root_is_there_after_a_while_and_whole_when_the_root_comes() {
    let mut kept = Kept::new();
    kept.add([span(1, 11, 10, 5)]);
    kept.pass(9);
    assert_eq!(kept.one(1), None);
    kept.pass(2);
    assert_eq!(kept.one(1).unwrap()["complete"], false);
    assert_eq!(kept.news()["slowest"], Value::Null, "it can't be compared");
    kept.add([span(1, 10, 0, 20 * SECOND)]);
    assert_eq!(kept.one(1).unwrap()["root"], "root");
    assert_eq!(kept.news()["slowest"][0]["duration_ms"], 20_000.0, "and is one of the slowest");
    kept.check();
}

#[test]
fn of_many_the_slowest_those_with_errors_and_some_others_stay() {
    let mut kept = Kept::new();
    // The slowest come first, and each later one is faster.
    for trace in 0..2_000_u64 {
        let failed = trace % 500 == 499;
        let outcome = if failed { Outcome::Error } else { Outcome::Ok };
        let error = failed.then(|| "no".to_owned());
        kept.add([SpanData { outcome, error, ..span(trace, trace + 1, 0, 1_000_000 - trace) }]);
        kept.check();
    }
    for slow in 0..20 {
        assert!(kept.one(slow).is_some(), "{slow} is one of the slowest");
    }
    for failed in [499, 999, 1_499, 1_999] {
        assert!(kept.one(failed).is_some(), "{failed} has failed");
    }
    let count = kept.traces.kept.len();
    assert_eq!(count, 20 + 4 + MOST_A_SECOND as usize);
    kept.pass(1);
    kept.add([span(5_000, 1, 0, 1)]);
    assert!(kept.one(5_000).is_some(), "another second");
    let news = kept.news();
    assert_eq!(news["counted"], 2_001);
    let slowest: Vec<f64> =
        news["slowest"].as_array().unwrap().iter().map(|it| it["duration_ms"].as_f64().unwrap()).collect();
    assert!(slowest.len() == 20 && slowest.is_sorted_by(|one, next| one >= next), "{slowest:?}");
}

#[test]
fn what_ends_late_of_a_trace_without_room_takes_no_place_unless_it_failed_or_is_slow() {
    let mut kept = Kept::new();
    // The slowest come first, and 200 more have room.
    let traces = 0..1_000_u64;
    kept.add(traces.clone().map(|trace| span(trace, trace + 1, 0, 1_000_000 - trace)));
    let before = kept.traces.kept.len();
    assert_eq!(before, 20 + MOST_A_SECOND as usize);
    kept.add(traces.map(|trace| span(trace, 2_000 + trace, trace + 1, 9)));
    kept.pass(11);
    kept.pass(1);
    assert_eq!((kept.traces.kept.len(), kept.traces.counted), (before, 1_000));
    assert_eq!(
        kept.one(0).unwrap()["spans"].as_array().unwrap().len(),
        2,
        "of those that are kept it is added"
    );
    let error = Some("no".to_owned());
    kept.add([SpanData { outcome: Outcome::Error, error, ..span(900, 5_000, 901, 9) }]);
    kept.pass(11);
    assert_eq!(kept.one(900).unwrap()["complete"], false);
    kept.add([span(901, 6_000, 0, SECOND)]);
    assert!(kept.one(901).is_some(), "one of the slowest");
    assert_eq!(kept.traces.counted, 1_000, "they were counted");
    kept.check();
}

#[test]
fn no_more_is_remembered_of_traces_without_room_than_there_may_be() {
    let mut discarded = Discarded::default();
    let id = |low| TraceId { high: 1, low };
    for low in 0..5 * MOST_DISCARDED as u64 {
        discarded.add(id(low));
        assert!(discarded.latest.len() + discarded.before.len() <= 2 * MOST_DISCARDED);
    }
    let last = 5 * MOST_DISCARDED as u64 - 1;
    assert!(discarded.has(id(last)) && discarded.has(id(last - MOST_DISCARDED as u64)));
    assert!(!discarded.has(id(0)));
}

#[test]
fn there_are_bounds_on_traces_on_spans_and_on_bytes() {
    let mut kept = Kept::new();
    for trace in 0..(MOST_RECENT as u64 + 500) {
        if trace % 100 == 0 {
            kept.pass(1);
        }
        kept.add([span(trace, trace + 1, 0, trace)]);
    }
    kept.check();
    assert_eq!(kept.traces.recent.len(), MOST_RECENT);
    assert_eq!(kept.one(0), None);
    // One trace of many spans.
    let many = (0..3_000_u64).map(|at| span(9_000, at + 2, 1, 1)).chain([span(9_000, 1, 0, 9)]);
    kept.add(many);
    let one = kept.one(9_000).unwrap();
    let spans = one["spans"].as_array().unwrap();
    assert_eq!(spans.len() as u64 + one["dropped_spans"].as_u64().unwrap(), 3_001);
    assert!(spans.iter().any(|span| span["name"] == "root"), "the root is there in any case");
    // Large ones.
    for trace in 10_000..10_100_u64 {
        let name = "x".repeat(1 << 20);
        kept.add([SpanData { name: name.into(), ..span(trace, 1, 0, SECOND + trace) }]);
        kept.pass(1);
        assert!(kept.traces.bytes <= MOST_BYTES + (2 << 20), "{}", kept.traces.bytes);
    }
    kept.check();
    kept.traces.lose(7);
    assert_eq!(kept.news()["dropped"], 7);
}

#[test]
fn spans_without_an_end_in_sight_do_not_stay() {
    let mut kept = Kept::new();
    for round in 0..400_u64 {
        kept.add((0..500).map(|at| span((1 << 32) + round * 500 + at, 2, 1, 1)));
    }
    kept.pass(11);
    kept.pass(1);
    assert!(kept.traces.recent.len() <= MOST_RECENT);
    kept.check();
}

#[test]
fn long_attributes_are_not_waited_for_beyond_a_bound() {
    let mut kept = Kept::new();
    // Their roots do not end.
    for trace in 0..40 {
        let name = "x".repeat(1 << 20).into();
        kept.add([SpanData { name, ..span(trace, 11, 10, 5) }]);
        assert!(kept.traces.undecided.bytes <= MOST_BYTES_UNDECIDED, "after {trace}");
    }
    assert_eq!(kept.one(0).unwrap()["complete"], false, "the oldest made room");
    assert_eq!(kept.one(39), None, "the latest is waited for");
    kept.check();
}

#[test]
fn what_comes_late_is_within_the_bounds_too() {
    let mut kept = Kept::new();
    let traces = 0..(MOST_BYTES >> 20) as u64 + 10;
    kept.add(traces.clone().map(|trace| span(trace, 10, 0, 9)));
    for trace in traces {
        let name = "x".repeat(1 << 20).into();
        kept.add([SpanData { name, ..span(trace, 11, 10, 5) }]);
        assert!(kept.traces.bytes <= MOST_BYTES, "after {trace}");
    }
    kept.check();
}
