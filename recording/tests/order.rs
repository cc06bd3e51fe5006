//! Events come in the order of their time, whatever the order in which they were written.

use spanwright_recording::event::{
    BlockingRun, BlockingSpawn, Event, Nanos, Park, Poll, SpawnKind, TaskEnd, TaskId, TaskSpawn,
};
use spanwright_recording::{Codec, Encoder, Options, Reader, Summary, What, repack, to_line};

use crate::events::{START, every_kind, in_order, write};

/// Polls of several threads, written by each thread's chunks: they overlap in time.
fn overlapping(threads: u32, chunks: u64, events: u64) -> Vec<u8> {
    let options = Options { codec: Codec::None, block_bytes: 2000, recording: 1, level: 0 };
    let mut encoder = Encoder::new(Vec::new(), options);
    for chunk in 0..chunks {
        for thread in 0..threads {
            for event in 0..events {
                let at = START + (chunk * events + event) * 1000 + u64::from(thread);
                let poll = Poll { duration: Nanos(500), task: TaskId::new(event), worker: None };
                encoder.event(thread, at, &poll).expect("memory takes it");
            }
        }
    }
    encoder.flush().expect("memory takes it");
    std::mem::take(encoder.writer_mut())
}

#[test]
fn overlapping_threads_are_put_in_order() {
    let mut reader = Reader::from_bytes(overlapping(5, 10, 300));
    let times: Vec<u64> = reader.events().map(|record| record.at).collect();
    assert_eq!(times.len(), 15_000);
    assert!(times.is_sorted());
    assert!(reader.problems().is_empty());
}

#[test]
fn too_little_memory_costs_the_order_and_is_told() {
    let mut reader = Reader::from_bytes(overlapping(5, 10, 300)).hold(100);
    assert_eq!(reader.events().count(), 15_000);
    let problems: Vec<_> = reader.problems().iter().collect();
    assert!(matches!(problems[..], [p] if matches!(p.what, What::OutOfOrder(_))), "{problems:?}");
}

#[test]
fn blocks_are_opened_only_when_they_are_due() {
    let mut bytes = overlapping(1, 10, 300);
    let last = bytes.len() - 1;
    // It is told of when it is read.
    bytes[last] ^= 1;
    let mut reader = Reader::from_bytes(bytes);
    assert_eq!(reader.events().take(2000).count(), 2000);
    assert!(reader.problems().is_empty(), "{:?}", reader.problems());
    assert!(reader.events().count() < 3000);
    assert_eq!(reader.problems().iter().count(), 1);
}

#[test]
fn a_time_is_read_without_the_other_blocks() {
    let mut bytes = overlapping(1, 10, 300);
    let first = Reader::from_bytes(bytes.clone()).index().next().expect("there are blocks").length as usize;
    // It would be told of, if it were read.
    bytes[first - 1] ^= 1;
    let mut reader = Reader::from_bytes(bytes);
    let time = START + 2_000_000..START + 2_001_000;
    let times: Vec<u64> = reader.events_within(time).map(|record| record.at - START).collect();
    // The second had begun by then.
    assert_eq!(times, [2_000_000, 2_001_000]);
    assert!(reader.problems().is_empty());
}

#[test]
fn each_block_says_what_it_is_about() {
    let encoder = write(&every_kind(), Vec::new(), Codec::None);
    let mut reader = Reader::from_bytes(encoder.writer().clone());
    let blocks: Vec<_> = reader.blocks().collect();
    assert!(blocks.len() > 3);
    for block in &blocks {
        let all = || block.repeated.iter().chain(&block.records).map(|record| &record.event);
        assert_eq!(all().filter(|event| matches!(event, Event::Process(_))).count(), 1);
        for record in &block.records {
            let named =
                |event: &Event<'_>| matches!(event, Event::Thread(thread) if thread.id == record.thread);
            assert!(all().any(named), "thread {}", record.thread);
            if let Event::Poll(poll) = &record.event {
                let spawn = |event: &Event<'_>| {
                    let Event::TaskSpawn(spawn) = event else { return false };
                    let named = *spawn.name == *"shop::serve::{closure}" && spawn.how == SpawnKind::Async;
                    spawn.task == poll.task && named
                };
                assert!(all().any(spawn), "task {}", poll.task);
            }
        }
    }
}

#[test]
fn names_are_known_where_the_first_blocks_are_gone() {
    let encoder = write(&every_kind(), Vec::new(), Codec::None);
    let whole = encoder.writer();
    let second = Reader::from_bytes(whole.clone()).index().nth(2).expect("there are blocks").offset as usize;
    let mut reader = Reader::from_bytes(&whole[second..]);
    let mut events = reader.events();
    let mut lines = Vec::new();
    while let Some(record) = events.next() {
        lines.push(to_line(&record, events.names(), START));
    }
    let poll = lines.iter().find(|line| line.contains(": poll")).expect("tasks were polled");
    assert!(poll.contains("worker-") && poll.contains("(shop::serve::{closure})"), "{poll}");
    assert_eq!(events.names().process().map(|process| process.pid), Some(4242));
}

#[test]
fn tasks_that_ended_are_not_repeated() {
    let mut encoder = Encoder::new(Vec::new(), Options { codec: Codec::None, ..Options::default() });
    let task = TaskId::new(9);
    let spawn = TaskSpawn { task, name: "brief".into(), ..Default::default() };
    encoder.event(0, START, &spawn).expect("memory takes it");
    encoder.event(0, START + 1, &TaskEnd { task, ..Default::default() }).expect("memory takes it");
    // Work that blocks runs once: that is its end.
    let blocking = TaskId::new(10);
    let spawn = BlockingSpawn { task: blocking, name: "once".into(), ..Default::default() };
    encoder.event(0, START + 2, &spawn).expect("memory takes it");
    let run = BlockingRun { task: blocking, ..Default::default() };
    encoder.event(0, START + 3, &run).expect("memory takes it");
    encoder.flush().expect("memory takes it");
    for task in [task, blocking] {
        encoder.event(0, START + 9, &Poll { task, ..Default::default() }).expect("memory takes it");
    }
    encoder.flush().expect("memory takes it");
    let mut reader = Reader::from_bytes(encoder.writer().clone());
    assert_eq!(reader.blocks().map(|block| block.repeated.len()).collect::<Vec<_>>(), [0, 0]);
    let mut events = reader.events();
    let mut known = Vec::new();
    while events.next().is_some() {
        known.push([task, blocking].map(|task| events.names().task(task).is_some()));
    }
    let (last, before) = known.split_last().expect("there are events");
    assert_eq!((before[3][1], *last), (true, [false; 2]), "{known:?}");
}

#[test]
fn repacked_blocks_hold_the_same() {
    let encoder = write(&every_kind(), Vec::new(), Codec::Zstd);
    let mut reader = Reader::from_bytes(encoder.writer().clone());
    let mut out = Vec::new();
    let repacked = repack(&mut reader, &mut out, Codec::Deflate, 6).expect("memory takes it");
    assert_eq!(repacked.events as usize, every_kind().len());
    let mut repacked = Reader::from_bytes(out);
    assert!(repacked.blocks().all(|block| block.header.codec != Codec::Zstd));
    assert_eq!(repacked.events().collect::<Vec<_>>(), in_order(&every_kind()));
    assert!(repacked.problems().is_empty());
}

#[test]
fn a_summary_counts() {
    let encoder = write(&every_kind(), Vec::new(), Codec::None);
    let mut reader = Reader::from_bytes(encoder.writer().clone());
    let mut calls = 0;
    let summary = Summary::of(&mut reader, |_, _| calls += 1);
    assert_eq!(summary.events as usize, every_kind().len());
    assert_eq!(summary.kinds["poll"], 80);
    assert_eq!(summary.lost, 12);
    assert_eq!(calls, summary.blocks);
    let park = Event::from(Park { duration: Nanos(60_000), worker: Some(0) });
    assert_eq!(summary.threads[&0].parked, park.duration().expect("it took a while").0);
    assert_eq!((summary.threads[&1].polls, summary.threads[&1].busy), (40, 60_000));
    assert!(summary.to_string().contains("thread 1 worker-1: 40 polls, busy 60.000µs"), "{summary}");
}
