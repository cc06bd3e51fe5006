//! The ring, as one process uses it.

use std::collections::HashSet;

use super::*;

const CHUNK_BYTES: usize = CHUNK_WORDS * 8;

fn ring(chunks: usize) -> Ring {
    let ring = Ring::new();
    ring.set_limit(chunks * CHUNK_BYTES);
    ring
}

fn write(ring: &Ring, writer: &Writer, value: u64) -> bool {
    let head = Head { kind: Kind::Event, flags: 3, aux: 7, at: Ticks(value) };
    ring.write(writer, head, 2, |words| {
        words[0].store(value, Ordering::Relaxed);
        words[1].store(value, Ordering::Relaxed);
    })
}

fn read(reader: &mut Reader<'_>) -> Vec<u64> {
    let mut values = Vec::new();
    reader.read(|record| {
        assert_eq!((record.kind(), record.flags, record.aux), (Some(Kind::Event), 3, 7));
        assert_eq!(record.words, [record.at.0; 2]);
        values.push(record.at.0);
    });
    values
}

#[test]
fn what_is_written_is_read_once_and_in_order() {
    let (ring, writer) = (ring(16), Writer::new());
    let mut reader = ring.reader().unwrap();
    assert!((0..3).all(|value| write(&ring, &writer, value)));
    assert_eq!(read(&mut reader), [0, 1, 2]);
    assert_eq!(read(&mut reader), [0; 0]);
    assert!(write(&ring, &writer, 3));
    assert_eq!(read(&mut reader), [3]);
    ring.seal(&writer);
}

#[test]
fn there_is_one_reader_at_a_time() {
    let ring = ring(1);
    let reader = ring.reader().unwrap();
    assert!(ring.reader().is_none());
    drop(reader);
    assert!(ring.reader().is_some());
}

#[test]
fn a_full_ring_takes_nothing_until_it_is_read() {
    let (ring, writer) = (ring(8), Writer::new());
    let mut reader = ring.reader().unwrap();
    let written = (0..).take_while(|value| write(&ring, &writer, *value)).count();
    let per_chunk = (CHUNK_WORDS - HEADER_WORDS) / 4;
    assert_eq!(written, 8 * per_chunk, "the reserve is used too, through the shared chunk");
    let all: HashSet<_> = read(&mut reader).into_iter().collect();
    assert_eq!(all.len(), written);
    // Chunks that were sealed and read are there again.
    assert!(write(&ring, &writer, 0));
    assert_eq!(read(&mut reader), [0]);
}

#[test]
fn threads_beyond_the_pool_share_a_chunk_and_lose_nothing() {
    let ring = ring(8);
    let mut reader = ring.reader().unwrap();
    let written = std::sync::Barrier::new(32);
    std::thread::scope(|scope| {
        for thread in 0..32 {
            let (ring, written) = (&ring, &written);
            scope.spawn(move || {
                let writer = Writer::new();
                assert!((0..10).all(|value| write(ring, &writer, thread * 10 + value)));
                // All have their chunks until all have written.
                written.wait();
                ring.seal(&writer);
            });
        }
    });
    let all: HashSet<_> = read(&mut reader).into_iter().collect();
    assert_eq!(all.len(), 320);
    assert!(ring.usage().1 <= 8 * CHUNK_BYTES);
}

#[test]
fn writers_and_reader_run_at_once() {
    const EACH: u64 = 20_000;
    let ring = ring(1_000);
    let mut reader = ring.reader().unwrap();
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|thread| {
                let ring = &ring;
                scope.spawn(move || {
                    let writer = Writer::new();
                    assert!((0..EACH).all(|value| write(ring, &writer, thread * EACH + value)));
                    ring.seal(&writer);
                })
            })
            .collect();
        while !threads.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            seen.extend(read(&mut reader));
        }
    });
    seen.extend(read(&mut reader));
    assert_eq!(seen.len(), 2 * EACH as usize);
    assert_eq!(seen.into_iter().collect::<HashSet<_>>().len(), 2 * EACH as usize);
}

#[test]
fn what_is_too_long_for_a_chunk_is_refused() {
    let (ring, writer) = (ring(2), Writer::new());
    let head = Head { kind: Kind::Event, flags: 0, aux: 0, at: Ticks(1) };
    assert!(ring.write(&writer, head, MAX_RECORD - RECORD_WORDS, |_| {}));
    assert!(!ring.write(&writer, head, MAX_RECORD - RECORD_WORDS + 1, |_| {}));
    assert!(!ring.write_shared(head, MAX_RECORD, |_| {}));
    ring.seal(&writer);
}

#[test]
fn a_chunk_says_when_it_was_begun() {
    let (ring, writer) = (ring(1), Writer::new());
    assert!(write(&ring, &writer, 1));
    let chunk = ring.chunk(0).unwrap();
    assert_eq!(chunk.get(word::VERSION), VERSION);
    assert!(chunk.get(word::TICKS) > 0 && chunk.get(word::UNIX_NANOS) > 0);
    ring.seal(&writer);
}

#[test]
fn chunks_that_are_prepared_are_made_once_and_written_to() {
    let (ring, writer) = (ring(16), Writer::new());
    let made = || ring.made.load(Ordering::Relaxed);
    ring.prepare(3);
    ring.prepare(3);
    assert_eq!((made(), ring.usage().1), (3, 0));
    assert!(write(&ring, &writer, 1));
    assert_eq!((made(), ring.usage().1), (3, CHUNK_BYTES), "what is free is taken");
    ring.prepare(3);
    assert_eq!(made(), 4, "so many are free again");
    ring.prepare(100);
    assert_eq!(made(), 8, "the other half is made where it is needed");
    assert_eq!(read(&mut ring.reader().unwrap()), [1], "prepared chunks have nothing in them");
    ring.seal(&writer);
}
