//! Values across threads, stores and kinds.

use super::*;
use crate::ids::{SpanId, TraceId};

fn total(cell: u32) -> u64 {
    StoreId::DEFAULT.store().reader().sum(cell)
}

#[test]
fn threads_add_up_while_they_live_and_after() {
    let block = Block::allocate(Shape::SUM, 0, 1).unwrap();
    let cell = block.start();
    let (counted, go_on) = (std::sync::Barrier::new(5), std::sync::Barrier::new(5));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..1_000).for_each(|_| add(cell, 1));
                counted.wait();
                go_on.wait();
            });
        }
        counted.wait();
        assert_eq!(total(cell), 4_000, "while the threads live");
        go_on.wait();
    });
    assert_eq!(total(cell), 4_000, "after they have ended");
}

#[test]
fn a_count_made_while_a_thread_ends_is_kept() {
    struct Late(u32);
    impl Drop for Late {
        fn drop(&mut self) {
            add(self.0, 1);
        }
    }
    thread_local!(static LATE: std::cell::OnceCell<Late> = const { std::cell::OnceCell::new() });
    let block = Block::allocate(Shape::SUM, 0, 1).unwrap();
    let cell = block.start();
    // Both orders: the destructor registered before our guard runs after it.
    for late_first in [true, false] {
        std::thread::spawn(move || {
            if late_first {
                LATE.with(|late| late.set(Late(cell)).ok());
            }
            add(cell, 1);
            LATE.with(|late| late.get_or_init(|| Late(cell)).0);
        })
        .join()
        .unwrap();
    }
    assert_eq!(total(cell), 4);
}

#[test]
fn histograms_of_both_kinds_survive_their_threads() {
    let float = Block::allocate(Shape::HISTOGRAM, 2, 2).unwrap();
    let calls = Block::allocate(Shape::CALLS, 2, 2).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                observe(float.cell(1), 0, 0.25);
                end(&calls, 7);
            });
        }
    });
    let reader = StoreId::DEFAULT.store().reader();
    let floats = reader.histogram(Sums::Float, float.cell(1), 4);
    assert_eq!(floats, Some(HistogramCells { sum: Sum::Float(0.5), buckets: vec![2, 0] }));
    let integers = reader.histogram(Sums::Integer, calls.cell(1) + CALL_SUMS, 4);
    assert_eq!(integers, Some(HistogramCells { sum: Sum::Integer(14), buckets: vec![0, 2] }));
    assert_eq!(reader.histogram(Sums::Float, float.cell(0), 4), None);
    assert_eq!(
        (reader.sum(calls.cell(1) + 2), reader.sum(calls.cell(1) + IN_FLIGHT)),
        (2, 0_u64.wrapping_sub(2))
    );
}

/// A call of the second combination that was cancelled, and fell into the second bucket.
fn end(calls: &Block, nanos: u64) {
    let call = CallEnd { cell: calls.cell(1), outcome: 2, was_in_flight: true, bucket: 1, nanos };
    end_call(call, None, Ticks(0));
}

#[test]
fn what_is_written_to_shared_cells_adds_up_with_the_rest() {
    let (sum, histogram) =
        (Block::allocate(Shape::SUM, 0, 1).unwrap(), Block::allocate(Shape::HISTOGRAM, 2, 1).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    count_shared(sum.start(), 1);
                    add(sum.start(), 1);
                    observe_shared(histogram.start(), 1, 0.5);
                }
            });
        }
        for _ in 0..100 {
            if let Some(read) = StoreId::DEFAULT.store().reader().histogram(Sums::Float, histogram.start(), 4)
            {
                assert_eq!(read.sum, Sum::Float(read.buckets[1] as f64 / 2.0));
            }
        }
    });
    let read = StoreId::DEFAULT.store().reader().histogram(Sums::Float, histogram.start(), 4);
    assert_eq!(read, Some(HistogramCells { sum: Sum::Float(2_000.0), buckets: vec![0, 4_000] }));
    assert_eq!(total(sum.start()), 8_000);
}

#[test]
fn nothing_is_lost_where_threads_end_and_others_observe_meanwhile() {
    let histogram = Block::allocate(Shape::HISTOGRAM, 2, 1).unwrap();
    let observe_both = || {
        for _ in 0..200 {
            observe_shared(histogram.start(), 1, 0.5);
            observe(histogram.start(), 0, 0.25);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    std::thread::scope(|scope| {
                        scope.spawn(observe_both);
                    });
                }
            });
        }
    });
    let read = StoreId::DEFAULT.store().reader().histogram(Sums::Float, histogram.start(), 4);
    assert_eq!(read, Some(HistogramCells { sum: Sum::Float(30_000.0), buckets: vec![40_000, 40_000] }));
}

#[test]
fn observations_that_meet_take_no_pages_of_their_threads() {
    let histogram = Block::allocate(Shape::HISTOGRAM, PAGE_CELLS - HISTOGRAM_HEAD, 1).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..2_000).for_each(|_| observe_shared(histogram.start(), 1, 0.5));
                local::with(|local| assert!(own_page(local, histogram.start()).is_none()));
            });
        }
    });
}

#[test]
fn shared_pages_beyond_the_first_ones_are_as_those() {
    let many = Block::allocate(Shape::SUM, 0, 600 * PAGE_CELLS).unwrap();
    for cell in [0, 511 * PAGE_CELLS, 512 * PAGE_CELLS, 599 * PAGE_CELLS] {
        let cell = many.cell(cell);
        count_shared(cell, 3);
        count_shared(cell, 4);
        set_shared(many.cell(7), 9);
        assert_eq!((total(cell), StoreId::DEFAULT.store().reader().shared(many.cell(7))), (7, 9));
    }
    let cell = many.cell(599 * PAGE_CELLS);
    drop(many);
    assert_eq!(total(cell), 0);
}

#[test]
fn what_ends_after_its_thread_is_counted_in_shared_cells() {
    struct Late(Block);
    impl Drop for Late {
        fn drop(&mut self) {
            end(&self.0, 5);
            observe(self.0.cell(0) + CALL_SUMS, 0, 1.5);
            let reader = StoreId::DEFAULT.store().reader();
            assert_eq!(reader.sum(self.0.cell(1) + 2), 2);
            let integers = reader.histogram(Sums::Integer, self.0.cell(1) + CALL_SUMS, 4);
            assert_eq!(integers, Some(HistogramCells { sum: Sum::Integer(10), buckets: vec![0, 2] }));
            let floats = reader.histogram(Sums::Float, self.0.cell(0) + CALL_SUMS, 4);
            assert_eq!(floats, Some(HistogramCells { sum: Sum::Float(1.5), buckets: vec![1, 0] }));
        }
    }
    thread_local!(static LATE: std::cell::OnceCell<Late> = const { std::cell::OnceCell::new() });
    std::thread::spawn(|| {
        let calls = Block::allocate(Shape::CALLS, 2, 2).unwrap();
        // Registered before our guard: it is dropped after it.
        LATE.with(|late| late.set(Late(calls)).map_err(|_| ()).unwrap());
        LATE.with(|late| end(&late.get().unwrap().0, 5));
    })
    .join()
    .unwrap();
}

#[test]
fn the_latest_exemplar_of_each_cell_is_read_also_after_its_thread() {
    let block = Block::allocate(Shape::SUM, 0, 3).unwrap();
    let store = StoreId::create();
    let sampled = |span| Context {
        trace_id: TraceId { high: 1, low: 2 },
        span_id: SpanId(span),
        flags: SAMPLED,
        store,
        ..Context::NONE
    };
    let within = |cell, span, amount| {
        let _within = sampled(span).attach();
        count(block.cell(cell), amount);
    };
    let seen = || -> Vec<(u32, u64, f64)> {
        let all = Exemplars::read(store);
        all.of(block.start(), 3)
            .iter()
            .map(|one| (one.cell - block.start(), one.span_id.0, one.value))
            .collect()
    };
    within(0, 10, 5);
    within(0, 11, 6);
    {
        let _unsampled = Context { flags: 0, ..sampled(12) }.attach();
        count(block.cell(1), 1);
    }
    assert_eq!(seen(), [(0, 10, 5.0)], "one between two readings, and of sampled spans only");
    within(0, 13, 7);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            within(0, 14, 8);
            within(2, 15, 9);
        });
    });
    assert_eq!(seen(), [(0, 14, 8.0), (2, 15, 9.0)]);
    assert_eq!(seen(), [(0, 14, 8.0), (2, 15, 9.0)], "for every reader");
    assert!(Exemplars::read(StoreId::DEFAULT).of(block.start(), 3).is_empty());
}

#[test]
fn the_tables_of_ended_threads_are_given_back() {
    let block = Block::allocate(Shape::SUM, 0, 1).unwrap();
    let before = exemplars::tables();
    for _ in 0..50 {
        std::thread::spawn({
            let cell = block.start();
            move || {
                let _within = Context { flags: SAMPLED, ..Context::NONE }.attach();
                count(cell, 1);
            }
        })
        .join()
        .unwrap();
    }
    // Other tests run meanwhile.
    assert!(exemplars::tables() < before + 25, "{} tables", exemplars::tables());
}

#[test]
fn no_exemplar_is_lost_while_a_place_is_empty() {
    let block = Block::allocate(Shape::SUM, 0, 64).unwrap();
    let store = StoreId::create();
    let _within =
        Context { trace_id: TraceId { high: 1, low: 2 }, flags: SAMPLED, store, ..Context::NONE }.attach();
    for cell in 0..64 {
        count(block.cell(cell), 1);
        assert_eq!(Exemplars::read(store).of(block.start(), 64).len(), cell as usize + 1);
    }
}

#[test]
fn a_thread_has_exemplars_of_as_many_cells_as_its_table_has_places() {
    let block = Block::allocate(Shape::SUM, 0, 4_000).unwrap();
    let store = StoreId::create();
    let _within =
        Context { trace_id: TraceId { high: 1, low: 2 }, flags: SAMPLED, store, ..Context::NONE }.attach();
    (0..4_000).for_each(|cell| count(block.cell(cell), 1));
    let some = Exemplars::read(store).of(block.start(), 4_000).len();
    assert!((64..=128).contains(&some), "{some}");
    // In the next period, the others have their turn.
    (0..4_000).rev().for_each(|cell| count(block.cell(cell), 2));
    let all = Exemplars::read(store);
    assert!(all.of(block.start(), 4_000).iter().any(|one| one.value == 2.0));
}

#[test]
fn a_dropped_block_leaves_no_values_to_the_next() {
    let block = Block::allocate(Shape { sums: 3, histogram: None }, 0, 67).unwrap();
    let cell = block.cell(66);
    add(cell, 5);
    std::thread::spawn(move || add(cell, 6)).join().unwrap();
    set_shared(block.cell(65), 7);
    assert_eq!(total(cell), 11);
    drop(block);
    let next = Block::allocate(Shape { sums: 3, histogram: None }, 0, 67).unwrap();
    assert_eq!(next.cell(66), cell, "the range is used again");
    assert_eq!(total(cell), 0);
    assert_eq!(StoreId::DEFAULT.store().reader().shared(next.cell(65)), 0);
}

#[test]
fn a_store_of_ones_own_keeps_its_values_apart() {
    let block = Block::allocate(Shape::SUM, 0, 2).unwrap();
    let (cell, gauge) = (block.cell(0), block.cell(1));
    let store = StoreId::create();
    add(cell, 1);
    {
        let _own = Context { store, ..Context::NONE }.attach();
        add(cell, 10);
        set_shared(gauge, 3);
    }
    add(cell, 1);
    assert_eq!(total(cell), 2);
    assert_eq!(store.store().reader().sum(cell), 10);
    assert_eq!(store.store().reader().shared(gauge), 3);
    assert_eq!(StoreId::DEFAULT.store().reader().shared(gauge), 0);
}

/// Others run meanwhile, and are counted in shared cells too.
#[test]
fn threads_without_pages_of_their_own_count_in_shared_cells() {
    let block = Block::allocate(Shape::SUM, 0, 1).unwrap();
    threads::OWN_PAGES.fetch_add(MAX_OWN_PAGES, Ordering::Relaxed);
    std::thread::spawn({
        let cell = block.start();
        move || {
            add(cell, 3);
            assert_eq!(StoreId::DEFAULT.store().reader().shared(cell), 3);
        }
    })
    .join()
    .unwrap();
    threads::OWN_PAGES.fetch_sub(MAX_OWN_PAGES, Ordering::Relaxed);
    add(block.start(), 1);
    assert_eq!((total(block.start()), StoreId::DEFAULT.store().reader().shared(block.start())), (4, 3));
}

#[test]
fn a_reader_sees_whole_observations_while_they_are_made() {
    let block = Block::allocate(Shape::HISTOGRAM, 1, 1).unwrap();
    let (start, stop) = (block.start(), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    observe(start, 0, 3.0);
                    // A histogram is written now and then, not without a pause.
                    (0..50).for_each(|_| std::hint::spin_loop());
                }
            });
        }
        for _ in 0..2_000 {
            if let Some(read) = StoreId::DEFAULT.store().reader().histogram(Sums::Float, start, 3) {
                assert_eq!(read.sum, Sum::Float(read.buckets[0] as f64 * 3.0));
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}
