//! The pool and its slots, as one process uses them.

use super::value::Value;
use super::*;
use crate::descriptor::{Level, SpanKind};

static SPEC: Spec = Spec {
    name: "test",
    target: "test",
    level: Level::INFO,
    kind: SpanKind::Internal,
    component: "",
    module: "test",
    function: "test",
    file: file!(),
    line: line!(),
    fields: &["a", "b"],
    doc: "",
    calls: None,
};

fn start() -> Start {
    Start {
        spec: &SPEC,
        trace_id: TraceId { high: 1, low: 2 },
        span_id: SpanId(3),
        parent: SpanId(4),
        at: Ticks(5),
    }
}

fn values(pool: &Pool, span: SlotHandle) -> Vec<(u16, String)> {
    let view = pool.view(span).unwrap();
    view.fields.map(|field| (field.index, format!("{:?}", field.value))).collect()
}

#[test]
fn a_span_is_read_back_as_written() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let span = pool.open(&cache, &start());
    assert!(pool.write(&cache, span, |fields| {
        fields.push(0, Value::I64(-1));
        fields.push(1, Value::Str("grüße"));
    }));
    assert!(pool.write(&cache, span, |fields| fields.push(1, Value::Bool(true))));
    pool.end(span, Ticks(9), Outcome::Panicked);
    let view = pool.view(span).unwrap();
    assert_eq!((view.start.span_id, view.start.parent, view.end), (SpanId(3), SpanId(4), Some(Ticks(9))));
    assert_eq!(view.outcome, Outcome::Panicked);
    let expected = [(0, "I64(-1)".into()), (1, "Str(\"grüße\")".into()), (1, "Bool(true)".into())];
    assert_eq!(values(&pool, span), expected);
}

#[test]
fn a_handle_finds_nothing_after_its_span() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let old = pool.open(&cache, &start());
    pool.close(&cache, old);
    let new = pool.open(&cache, &start());
    assert_eq!(old.index(), new.index(), "the slot is used again");
    assert!(pool.view(old).is_none());
    assert!(pool.write(&cache, old, |fields| fields.push(0, Value::U64(1))));
    assert_eq!(values(&pool, new), []);
}

#[test]
fn large_fields_go_on_in_more_slots_and_are_cut_at_the_last() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let span = pool.open(&cache, &start());
    let text = "0123456789".repeat(50);
    assert!(pool.write(&cache, span, |fields| (0..5).for_each(|_| fields.push(0, Value::Str(&text)))));
    let view = pool.view(span).unwrap();
    let read: Vec<_> = view.fields.map(|field| format!("{:?}", field.value).len()).collect();
    assert_eq!(read[..3], [507, 507, 507], "whole as long as there is room");
    assert_eq!(view.dropped_fields, 5 - read.len() as u16);
    assert!(view.dropped_fields > 0);
    pool.close(&cache, span);
    // All of the chain comes back: as many spans can be opened as before.
    let spans: Vec<_> = (0..MAX_SLOTS).map(|_| pool.open(&cache, &start())).collect();
    assert!(spans.iter().all(|span| span.is_some()));
    assert!(!pool.open(&cache, &start()).is_some(), "the pool has a bound");
}

#[test]
fn a_value_that_panics_or_writes_to_its_own_span_harms_nobody() {
    struct Panics;
    impl std::fmt::Display for Panics {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("on purpose")
        }
    }
    let (pool, cache) = (Pool::new(), FreeList::new());
    let span = pool.open(&cache, &start());
    let panicking = || pool.write(&cache, span, |fields| fields.push_fmt(0, format_args!("{Panics}")));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panicking)).is_err());
    assert!(pool.write(&cache, span, |fields| {
        assert!(!pool.write(&cache, span, |fields| fields.push(0, Value::U64(1))));
        fields.push(1, Value::U64(2));
    }));
    assert_eq!(values(&pool, span), [(1, "U64(2)".into())]);
}

#[test]
fn fields_are_written_from_several_threads_without_loss() {
    let pool = Pool::new();
    let cache = FreeList::new();
    let span = pool.open(&cache, &start());
    std::thread::scope(|scope| {
        for thread in 0..2_u64 {
            let pool = &pool;
            scope.spawn(move || {
                let cache = FreeList::new();
                let write = || pool.write(&cache, span, |fields| fields.push(0, Value::U64(thread)));
                assert!((0..20).all(|_| write()));
            });
        }
    });
    let read = values(&pool, span);
    assert_eq!(read.iter().filter(|(_, value)| value == "U64(0)").count(), 20);
    assert_eq!(read.iter().filter(|(_, value)| value == "U64(1)").count(), 20);
}
