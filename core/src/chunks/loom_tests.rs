//! The ring under every interleaving that loom can think of.

use super::*;
use loom::sync::Arc;

const CHUNK_BYTES: usize = CHUNK_WORDS * 8;

fn model(check: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(check);
}

fn write(ring: &Ring, writer: &Writer, value: u64) -> bool {
    let head = Head { kind: Kind::Event, flags: 0, aux: 0, at: Ticks(value) };
    ring.write(writer, head, 1, |words| words[0].store(value, Ordering::Relaxed))
}

fn read(reader: &mut Reader<'_>, into: &mut Vec<u64>) {
    reader.read(|record| {
        assert_eq!(record.words, [record.at.0], "a record is read whole or not at all");
        into.push(record.at.0);
    });
}

/// A writer on its way to its thread.
struct Moved(Writer);

// SAFETY: it is moved before it is used there, and its ring lives in both threads.
unsafe impl Send for Moved {}

/// A ring of two chunks that exist, one of them with a record. Loom looks only at the last access to an atomic, so that
/// what the chunks' making does would hide what comes after.
fn begun() -> (Arc<Ring>, Moved) {
    let (ring, writer) = (Arc::new(Ring::new()), Writer::new());
    ring.set_limit(2 * CHUNK_BYTES);
    assert!((1..=3).all(|value| write(&ring, &writer, value)));
    let mut seen = Vec::new();
    read(&mut ring.reader().unwrap(), &mut seen);
    assert_eq!(seen, [1, 2, 3]);
    (ring, Moved(writer))
}

/// A record is read while it is written.
#[test]
fn a_record_is_read_whole_or_not_at_all() {
    model(|| {
        let (ring, writer) = begun();
        let writing = {
            let ring = Arc::clone(&ring);
            loom::thread::spawn(move || {
                let Moved(writer) = { writer };
                assert!(write(&ring, &writer, 4));
                ring.seal(&writer);
            })
        };
        let mut reader = ring.reader().unwrap();
        let mut seen = Vec::new();
        read(&mut reader, &mut seen);
        writing.join().unwrap();
        read(&mut reader, &mut seen);
        assert_eq!(seen, [4], "once");
    });
}

/// Two records fill a chunk: the writer takes the next one while the reader gives chunks back.
#[test]
fn chunks_go_round_and_nothing_is_read_twice_or_lost() {
    model(|| {
        let (ring, writer) = begun();
        let writing = {
            let ring = Arc::clone(&ring);
            loom::thread::spawn(move || {
                let Moved(writer) = { writer };
                let written = (4..=7).filter(|value| write(&ring, &writer, *value)).count();
                ring.seal(&writer);
                written
            })
        };
        let mut reader = ring.reader().unwrap();
        let mut seen = Vec::new();
        read(&mut reader, &mut seen);
        let written = writing.join().unwrap();
        read(&mut reader, &mut seen);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), written, "{seen:?}");
    });
}

/// Two threads and one chunk: they share it.
#[test]
fn a_shared_chunk_has_one_writer_at_a_time() {
    model(|| {
        let ring = Arc::new(Ring::new());
        ring.set_limit(CHUNK_BYTES);
        let other = {
            let ring = Arc::clone(&ring);
            let head = Head { kind: Kind::Event, flags: 0, aux: 0, at: Ticks(2) };
            loom::thread::spawn(move || {
                ring.write_shared(head, 1, |words| words[0].store(2, Ordering::Relaxed))
            })
        };
        let head = Head { kind: Kind::Event, flags: 0, aux: 0, at: Ticks(1) };
        assert!(ring.write_shared(head, 1, |words| words[0].store(1, Ordering::Relaxed)));
        assert!(other.join().unwrap());
        let mut seen = Vec::new();
        read(&mut ring.reader().unwrap(), &mut seen);
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    });
}

/// Memory comes from elsewhere while somebody writes: the chunk is exchanged when it is nobody's, and not before.
#[test]
fn a_ring_moves_over_while_it_is_written() {
    model(|| {
        let (ring, writer) = begun();
        let source = Source::of(2);
        let writing = {
            let ring = Arc::clone(&ring);
            loom::thread::spawn(move || {
                let Moved(writer) = { writer };
                let written = (4..=5).filter(|value| write(&ring, &writer, *value)).count();
                ring.seal(&writer);
                written
            })
        };
        ring.set_source(source);
        let mut reader = ring.reader().unwrap();
        let mut seen = Vec::new();
        read(&mut reader, &mut seen);
        let written = writing.join().unwrap();
        read(&mut reader, &mut seen);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), written, "{seen:?}");
        // What has not moved yet does so now.
        read(&mut reader, &mut seen);
        assert!(ring.indexes().filter_map(|index| ring.chunk(index)).all(|chunk| source.contains(chunk)));
    });
}
