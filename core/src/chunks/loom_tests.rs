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

/// Two records fill a chunk: the writer seals and takes the next one while the reader gives chunks back.
#[test]
fn records_are_read_whole_and_once_while_chunks_go_round() {
    model(|| {
        let ring = Arc::new(Ring::new());
        ring.set_limit(2 * CHUNK_BYTES);
        let writing = {
            let ring = Arc::clone(&ring);
            loom::thread::spawn(move || {
                let writer = Writer::new();
                let written = (1..=4).filter(|value| write(&ring, &writer, *value)).count();
                ring.seal(&writer);
                written
            })
        };
        let mut reader = ring.reader().unwrap();
        let mut seen = Vec::new();
        read(&mut reader, &mut seen);
        let written = writing.join().unwrap();
        read(&mut reader, &mut seen);
        assert_eq!(seen.len(), written, "{seen:?}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), written);
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
