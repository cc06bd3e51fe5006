//! The pool and its slots, as one process uses them.

use super::value::{FieldWriter, Value, index};
use super::*;
use crate::chunks::{self, Ring};
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
    reports: false,
    objectives: &[],
};

fn start() -> Start {
    Start {
        spec: &SPEC,
        trace_id: TraceId { high: 1, low: 2 },
        span_id: SpanId(3),
        parent: SpanId(4),
        at: Ticks(5),
        flags: 6,
    }
}

fn values(pool: &Pool, span: SlotHandle) -> Vec<(u16, String)> {
    let view = pool.view(span).unwrap();
    view.fields().map(|field| (field.index, format!("{:?}", field.value))).collect()
}

const END: End = End { kind: Kind::Span, flags: Outcome::Panicked as u8, at: Ticks(9) };

fn small_ring() -> Ring {
    let ring = Ring::new();
    ring.set_limit(16 * 16_384);
    ring
}

struct Read {
    at: Ticks,
    flags: u8,
    dropped: u16,
}

/// Ends the span, and reads its record: start, flags, and fields as text.
fn finished(pool: &Pool, cache: &FreeList, span: SlotHandle) -> (Start, Read, Vec<String>) {
    let (ring, writer) = (small_ring(), chunks::Writer::new());
    assert!(pool.finish(cache, &ring, Some(&writer), span, END));
    ring.seal(&writer);
    let mut read = None;
    ring.reader().unwrap().read(|record| {
        let (start, fields) = record.span_or_event().unwrap();
        let fields =
            fields.map(|field| format!("{:?} {:?} {:?}", field.index, field.key, field.value)).collect();
        let seen = Read { at: record.at, flags: record.flags, dropped: record.dropped_fields() };
        assert!(read.replace((start, seen, fields)).is_none(), "one record");
    });
    read.unwrap()
}

#[test]
fn a_span_is_read_back_as_written() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let span = pool.open(&cache, &start(), SlotHandle::NONE);
    assert!(pool.write(&cache, span, |fields| {
        fields.push(0, Value::I64(-1));
        fields.push(1, Value::Str("grüße"));
        fields.push(0, Value::Str("just eight bytes"));
        fields.push_keyed("a.key", Value::F64(0.5));
        fields.push_keyed_fmt("k", format_args!("{}{}", "formatted ", 1));
        fields.push(index::LINK, Value::Link(TraceId { high: 6, low: 7 }, SpanId(8)));
    }));
    let expected = [
        "0 None I64(-1)",
        "1 None Str(\"grüße\")",
        "0 None Str(\"just eight bytes\")",
        "5 Some(\"a.key\") F64(0.5)",
        "1 Some(\"k\") Str(\"formatted 1\")",
        "65530 None Link(00000000000000060000000000000007, 0000000000000008)",
    ];
    let view = pool.view(span).unwrap();
    assert_eq!((view.start.span_id, view.start.parent, view.start.at), (SpanId(3), SpanId(4), Ticks(5)));
    assert_eq!(view.fields().count(), expected.len());
    assert_eq!(pool.spec(span).map(|spec| spec.name), Some("test"));
    let (start, record, fields) = finished(&pool, &cache, span);
    assert_eq!((start.span_id, start.parent, start.at, start.flags), (SpanId(3), SpanId(4), Ticks(5), 6));
    assert_eq!((record.at, Outcome::from_flags(record.flags)), (Ticks(9), Outcome::Panicked));
    assert_eq!(record.flags & record_flags::LATE, 0);
    assert_eq!(fields, expected);
    assert!(pool.view(span).is_none());
}

#[test]
fn what_is_written_later_is_marked() {
    for shared in [false, true] {
        let (pool, cache) = (Pool::new(), FreeList::new());
        let span = pool.open(&cache, &start(), SlotHandle::NONE);
        assert!(pool.write(&cache, span, |fields| fields.push(0, Value::Bool(true))));
        if shared {
            pool.share(span);
        }
        assert!(pool.write(&cache, span, |fields| fields.push(0, Value::Bool(false))));
        let (_, record, fields) = finished(&pool, &cache, span);
        assert_ne!(record.flags & record_flags::LATE, 0);
        assert_eq!(fields, ["0 None Bool(true)", "0 None Bool(false)"]);
    }
}

#[test]
fn a_span_that_ends_while_others_write_to_it_is_given_back_by_them() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let span = pool.open(&cache, &start(), SlotHandle::NONE);
    pool.share(span);
    let mut fields = Vec::new();
    assert!(pool.write(&cache, span, |writer| {
        writer.push(0, Value::U64(1));
        fields = finished(&pool, &cache, span).2;
    }));
    assert_eq!(fields, [""; 0], "fields count once they are whole");
    assert!(pool.view(span).is_none());
    let next = pool.open(&cache, &start(), SlotHandle::NONE);
    assert_eq!(next.index(), span.index(), "the slot is used again");
    assert_eq!(values(&pool, next), []);
}

#[test]
fn a_full_ring_costs_the_record_and_no_slot() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let (ring, writer) = (Ring::new(), chunks::Writer::new());
    let span = pool.open(&cache, &start(), SlotHandle::NONE);
    assert!(!pool.finish(&cache, &ring, Some(&writer), span, END));
    assert!(!pool.finish(&cache, &ring, None, pool.open(&cache, &start(), SlotHandle::NONE), END));
    assert_eq!(pool.open(&cache, &start(), SlotHandle::NONE).index(), span.index());
}

#[test]
fn a_handle_finds_nothing_after_its_span() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let old = pool.open(&cache, &start(), SlotHandle::NONE);
    pool.close(&cache, old);
    let new = pool.open(&cache, &start(), SlotHandle::NONE);
    assert_eq!(old.index(), new.index(), "the slot is used again");
    assert!(pool.view(old).is_none());
    assert!(pool.write(&cache, old, |fields| fields.push(0, Value::U64(1))));
    assert_eq!(values(&pool, new), []);
}

#[test]
fn a_span_knows_the_one_around_it() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let outer = pool.open(&cache, &start(), SlotHandle::NONE);
    let inner = pool.open(&cache, &start(), outer);
    let text = "0123456789".repeat(49);
    assert!(pool.write(&cache, inner, |fields| (0..5).for_each(|_| fields.push(0, Value::Str(&text)))));
    let around = |span| pool.view(span).unwrap().around;
    assert_eq!((around(inner), around(outer)), (outer, SlotHandle::NONE));
    pool.close(&cache, inner);
    let next = pool.open(&cache, &start(), SlotHandle::NONE);
    assert_eq!(around(next), SlotHandle::NONE, "nothing is left of whoever had the slot before");
}

#[test]
fn large_fields_go_on_in_more_slots_and_are_cut_at_the_last() {
    let (pool, cache) = (Pool::new(), FreeList::new());
    let span = pool.open(&cache, &start(), SlotHandle::NONE);
    let text = "0123456789".repeat(49);
    assert!(pool.write(&cache, span, |fields| (0..5).for_each(|_| fields.push(0, Value::Str(&text)))));
    let view = pool.view(span).unwrap();
    let read: Vec<_> = view.fields().map(|field| format!("{:?}", field.value).len()).collect();
    assert_eq!(read[..3], [497, 497, 497], "whole as long as there is room");
    assert_eq!(view.dropped_fields, 5 - read.len() as u16);
    assert!(view.dropped_fields > 0);
    let (_, record, fields) = finished(&pool, &cache, span);
    assert_eq!((fields.len(), record.dropped), (read.len(), view.dropped_fields));
    assert!(fields[0].contains(&text));
    // All of the chain comes back: as many spans can be opened as before.
    let spans: Vec<_> = (0..MAX_SLOTS).map(|_| pool.open(&cache, &start(), SlotHandle::NONE)).collect();
    assert!(spans.iter().all(|span| span.is_some()));
    assert!(!pool.open(&cache, &start(), SlotHandle::NONE).is_some(), "the pool has a bound");
}

#[test]
fn links_leave_room_for_what_is_said_later() {
    let link = |writer: &mut FieldWriter<'_>| {
        writer.push(index::LINK, Value::Link(TraceId { high: 6, low: 7 }, SpanId(8)))
    };
    let (pool, cache) = (Pool::new(), FreeList::new());
    let span = pool.open(&cache, &start(), SlotHandle::NONE);
    pool.fill(&cache, span, |writer| (0..40).for_each(|_| link(writer)));
    for _ in 0..2 {
        assert!(pool.write(&cache, span, link));
    }
    assert!(pool.write(&cache, span, |writer| writer.push(1, Value::Str("later"))));
    let (_, record, fields) = finished(&pool, &cache, span);
    assert_eq!(fields.len(), 37);
    assert_eq!(fields[35..], ["1 None Str(\"later\")", "65527 None U64(7)"]);
    assert_eq!(record.dropped, 0);
    let span = pool.open(&cache, &start(), SlotHandle::NONE);
    assert!(pool.write(&cache, span, |writer| (0..10_000).for_each(|_| link(writer))));
    assert_eq!(finished(&pool, &cache, span).2.last().unwrap(), "65527 None U64(4095)");
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
    let span = pool.open(&cache, &start(), SlotHandle::NONE);
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
    let span = pool.open(&cache, &start(), SlotHandle::NONE);
    pool.share(span);
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
