//! Slots under every interleaving that loom can think of.

use super::value::Value;
use super::*;
use crate::chunks::Ring;
use crate::descriptor::{Level, SpanKind};
use loom::sync::Arc;

const fn spec(name: &'static str) -> Spec {
    Spec {
        name,
        target: "",
        level: Level::INFO,
        kind: SpanKind::Internal,
        component: "",
        module: "",
        function: "",
        file: "",
        line: 0,
        fields: &["text"],
        doc: "",
        calls: None,
        reports: false,
        objectives: &[],
    }
}

static FIRST: Spec = spec("first");
static SECOND: Spec = spec("second");

fn start(spec: &'static Spec, id: u64) -> Start {
    let trace_id = TraceId { high: id, low: id };
    Start { spec, trace_id, span_id: SpanId(id), parent: SpanId(id), at: Ticks(id), flags: 0 }
}

/// A reader sees the span of its handle, whole, or nothing, while the slot is given to another.
#[test]
fn a_view_is_of_its_own_span() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let pool = Arc::new(Pool::new());
        let cache = FreeList::new();
        let first = pool.open(&cache, &start(&FIRST, 1), SlotHandle::NONE);
        let reader = {
            let pool = Arc::clone(&pool);
            loom::thread::spawn(move || {
                if let Some(view) = pool.view(first) {
                    assert_eq!(view.start.spec.name, "first");
                    assert_eq!((view.start.span_id, view.start.at), (SpanId(1), Ticks(1)));
                }
            })
        };
        pool.close(&cache, first);
        let second = pool.open(&cache, &start(&SECOND, 2), SlotHandle::NONE);
        assert_eq!(second.index(), first.index());
        reader.join().unwrap();
        assert_eq!(pool.view(second).map(|view| view.start.spec.name), Some("second"));
    });
}

/// Two writers of one span write one after the other, and what was not given up is there.
#[test]
fn fields_of_two_threads_are_both_written() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let pool = Arc::new(Pool::new());
        let cache = FreeList::new();
        let span = pool.open(&cache, &start(&FIRST, 1), SlotHandle::NONE);
        pool.share(span);
        let other = {
            let pool = Arc::clone(&pool);
            loom::thread::spawn(move || {
                let cache = FreeList::new();
                pool.write(&cache, span, |fields| fields.push(0, Value::U64(1)))
            })
        };
        let mine = pool.write(&cache, span, |fields| fields.push(0, Value::U64(2)));
        let written = usize::from(mine) + usize::from(other.join().unwrap());
        assert!(written > 0, "somebody has the lock");
        assert_eq!(pool.view(span).map(|view| view.fields().count()), Some(written));
    });
}

/// A span ends while another thread writes to it: its slot is given back once, and the field is in the record or nowhere.
#[test]
fn a_span_may_end_while_others_write_to_it() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let (pool, ring) = (Arc::new(Pool::new()), Ring::new());
        let cache = FreeList::new();
        let span = pool.open(&cache, &start(&FIRST, 1), SlotHandle::NONE);
        pool.share(span);
        let other = {
            let pool = Arc::clone(&pool);
            loom::thread::spawn(move || {
                let cache = FreeList::new();
                let _ = pool.write(&cache, span, |fields| fields.push(0, Value::U64(1)));
                // What it gave back is in its cache.
                pool.take(&cache).map(|(_, span)| span.index())
            })
        };
        let end = End { kind: Kind::Span, flags: 0, at: Ticks(2) };
        assert!(!pool.finish(&cache, &ring, None, span, end), "the ring has no room");
        let next = pool.open(&cache, &start(&SECOND, 2), SlotHandle::NONE);
        let view = pool.view(next).unwrap();
        assert_eq!((view.start.spec.name, view.fields().count()), ("second", 0));
        assert_ne!(other.join().unwrap(), Some(next.index()), "a slot has one owner");
    });
}

/// A handle that comes late finds nothing, though its slot is somebody else's, not shared, just then.
#[test]
fn a_late_handle_writes_to_nobody() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let pool = Arc::new(Pool::new());
        let cache = FreeList::new();
        let span = pool.open(&cache, &start(&FIRST, 1), SlotHandle::NONE);
        pool.share(span);
        let other = {
            let pool = Arc::clone(&pool);
            loom::thread::spawn(move || {
                let cache = FreeList::new();
                let _ = pool.write(&cache, span, |fields| fields.push(0, Value::U64(1)));
            })
        };
        pool.close(&cache, span);
        let next = pool.open(&cache, &start(&SECOND, 2), SlotHandle::NONE);
        other.join().unwrap();
        let view = pool.view(next).unwrap();
        assert_eq!((view.start.spec.name, view.fields().count()), ("second", 0));
    });
}

/// The record of a span that ends while another thread writes to it is its own, whoever has the slot then.
#[test]
fn a_record_is_of_its_own_span() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(4);
    model.check(|| {
        let (pool, ring) = (Arc::new(Pool::new()), Ring::new());
        ring.set_limit(1 << 20);
        let cache = FreeList::new();
        let span = pool.open(&cache, &start(&FIRST, 1), SlotHandle::NONE);
        pool.share(span);
        let other = {
            let pool = Arc::clone(&pool);
            loom::thread::spawn(move || {
                let cache = FreeList::new();
                let _ = pool.write(&cache, span, |_| {});
                pool.open(&cache, &start(&SECOND, 2), SlotHandle::NONE);
            })
        };
        assert!(pool.finish(&cache, &ring, None, span, End { kind: Kind::Span, flags: 0, at: Ticks(2) }));
        ring.reader().unwrap().read(|record| {
            assert_eq!(record.span_or_event().map(|(start, _)| start.span_id), Some(SpanId(1)));
        });
        other.join().unwrap();
    });
}
