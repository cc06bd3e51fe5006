//! Segments, as processes make them and leave them. What kills processes is in `killed.rs`.

use super::killed::patiently;
use super::layout::CHUNK;
use super::*;
use crate::chunks::{CHUNK_WORDS, Head, Kind, Ring, Writer};
use crate::clock::Ticks;

/// A folder of a test's own, removed with it.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("spanwright-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn settings(folder: &Folder) -> Settings<'_> {
    Settings {
        folder: &folder.0,
        key: "test",
        chunk_bytes: 64 * CHUNK,
        definition_bytes: 1 << 16,
        block_bytes: 1 << 16,
    }
}

/// All segments, so that none is taken for lost.
static SEGMENTS: Mutex<Vec<&'static Segment>> = Mutex::new(Vec::new());

fn segment(settings: &Settings<'_>) -> &'static Segment {
    let segment: &'static Segment = Box::leak(Box::new(Segment::create(settings).unwrap()));
    lock(&SEGMENTS).push(segment);
    segment
}

fn write(ring: &Ring, writer: &Writer, value: u64) -> bool {
    let head = Head { kind: Kind::Poll, flags: 0, aux: 0, at: Ticks(value) };
    ring.write(writer, head, 1, |words| words[0].store(value, Ordering::Relaxed))
}

/// What a segment of this process has, as another one would see it.
fn left(segment: &Segment) -> Vec<u64> {
    let copy = segment.path().with_extension("copy");
    std::fs::copy(segment.path(), &copy).unwrap();
    let mut values = Vec::new();
    patiently(|| Found::open(&copy).unwrap()).records(|found| values.push(found.record.at.0));
    values.sort_unstable();
    values
}

fn let_go(segment: &Segment) -> u64 {
    segment.word(word::LET_GO).load(Ordering::Relaxed)
}

#[test]
fn a_segment_is_this_users_alone_and_locked() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("locked");
    let segment = segment(&settings(&folder));
    assert_eq!(std::fs::metadata(segment.path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(Found::open(segment.path()).unwrap().is_none(), "its process is alive");
    assert!(found_in(&folder.0, "test").is_empty());
    segment.close();
    assert!(!segment.path().exists());
}

#[test]
fn segments_of_other_keys_are_others() {
    let folder = Folder::new("keys");
    for key in ["a", "a-1", "a_1", "ab"] {
        drop(Segment::create(&Settings { key, ..settings(&folder) }).unwrap());
    }
    let all = |key| Some(found_in(&folder.0, key)).filter(|found| !found.is_empty());
    let found = patiently(|| all("a"));
    assert_eq!((found.len(), patiently(|| all("a-1")).len()), (1, 1));
    let (long, longer) = ("a".repeat(64), "a".repeat(65));
    assert!(!prefix(&longer).starts_with(&prefix(&long)) && prefix(&longer) != prefix(&"a".repeat(66)));
    assert!(all("a").is_none(), "it is being read");
    drop(found);
    assert_eq!(patiently(|| all("a")).len(), 1);
}

#[test]
fn what_is_no_file_of_this_users_is_no_problem() {
    let folder = Folder::new("others");
    let named = |time: u32| folder.0.join(format!("{}1-{time}.ring", prefix("test")));
    std::fs::create_dir(named(1)).unwrap();
    assert!(found_in(&folder.0, "test").is_empty());
    assert!(Found::open(&named(1)).is_err(), "who asks for it is told");
    std::fs::write(named(2), "of another version").unwrap();
    assert!(matches!(found_in(&folder.0, "test")[..], [Err(Error::Unknown(_))]));
}

#[test]
fn what_is_committed_is_there_and_what_is_recorded_is_not() {
    let folder = Folder::new("committed");
    let segment = segment(&settings(&folder));
    let (ring, writer) = (Ring::new(), Writer::new());
    ring.set_limit(8 * CHUNK);
    ring.set_source(segment);
    assert!((1..=3).all(|value| write(&ring, &writer, value)));
    assert_eq!(left(segment), [1, 2, 3]);
    ring.hold(true);
    // Readers may come and go.
    let pass = || ring.reader().unwrap().read(|_| {});
    let first = pass();
    assert!(write(&ring, &writer, 4));
    let second = pass();
    assert_eq!(left(segment), [1, 2, 3, 4], "what was read is not recorded yet");
    ring.set_recorded(first);
    pass();
    assert_eq!(left(segment), [4]);
    ring.set_recorded(second);
    pass();
    assert_eq!(left(segment), [0; 0]);
    ring.seal(&writer);
}

#[test]
fn what_is_held_is_kept_until_it_is_recorded_or_half_the_ring_is() {
    let folder = Folder::new("held");
    let segment = segment(&settings(&folder));
    let (ring, writer) = (Ring::new(), Writer::new());
    ring.set_limit(16 * CHUNK);
    ring.set_source(segment);
    let mut reader = ring.reader().unwrap();
    ring.hold(true);
    let per_chunk = (CHUNK_WORDS - chunks::HEADER_WORDS) as u64 / 3;
    let mut next = 1..;
    let mut fill = |chunks: u64| {
        let values = next.by_ref().take((chunks * per_chunk) as usize);
        values.for_each(|value| assert!(write(&ring, &writer, value)));
        reader.read(|_| {})
    };
    let first = fill(4);
    assert_eq!(left(segment).len() as u64, 4 * per_chunk);
    let second = fill(2);
    ring.set_recorded(first);
    fill(0);
    assert_eq!(left(segment).len() as u64, 2 * per_chunk, "the first four are given back");
    (0..300).for_each(|_| assert!(fill(0) > second));
    (0..4).for_each(|_| assert!(fill(4) > second));
    assert!(ring.held_bytes() <= 8 * CHUNK, "nobody is refused for a recording's sake");
    let kept = left(segment);
    assert_eq!(*kept.last().unwrap(), 22 * per_chunk, "the newest is kept");
    // Four were recorded.
    assert_eq!(let_go(segment), 18 * per_chunk - kept.len() as u64);
    // Of chunks that have gone meanwhile, the pass says nothing.
    ring.set_recorded(second);
    let last = fill(0);
    assert_eq!(left(segment), kept);
    assert_eq!(let_go(segment), 16 * per_chunk - kept.len() as u64, "the second was recorded");
    ring.set_recorded(last);
    fill(0);
    assert_eq!(let_go(segment), 0);
    ring.hold(false);
    fill(0);
    assert_eq!((ring.held_bytes(), left(segment).len()), (0, 0));
    ring.seal(&writer);
}

#[test]
fn passes_that_are_not_recorded_take_no_more_memory_for_ever() {
    let folder = Folder::new("marks");
    let segment = segment(&settings(&folder));
    let (ring, writer) = (Ring::new(), Writer::new());
    ring.set_limit(16 * CHUNK);
    ring.set_source(segment);
    ring.hold(true);
    let mut reader = ring.reader().unwrap();
    let mut passes = Vec::new();
    for value in 1..=600 {
        assert!(write(&ring, &writer, value));
        passes.push(reader.read(|_| {}));
    }
    ring.set_recorded(passes[100]);
    reader.read(|_| {});
    assert_eq!(left(segment).len(), 600, "it is one mark with later passes");
    ring.set_recorded(passes[597]);
    reader.read(|_| {});
    assert_eq!(left(segment), [599, 600]);
    ring.seal(&writer);
}

#[test]
fn a_ring_in_use_moves_over_and_loses_nothing() {
    let folder = Folder::new("moves");
    let (ring, writer, idle) = (Ring::new(), Writer::new(), Writer::new());
    ring.set_limit(8 * CHUNK);
    let mut reader = ring.reader().unwrap();
    let mut read = Vec::new();
    assert!(write(&ring, &writer, 1) && write(&ring, &idle, 2));
    // A third chunk, given back.
    let gone = Writer::new();
    assert!(write(&ring, &gone, 3));
    ring.seal(&gone);
    reader.read(|record| read.push(record.at.0));
    let segment = segment(&settings(&folder));
    ring.set_source(segment);
    assert!(write(&ring, &writer, 4), "into the chunk it has");
    reader.read(|record| read.push(record.at.0));
    assert!(write(&ring, &writer, 5), "into another");
    assert_eq!(left(segment), [5]);
    reader.read(|record| read.push(record.at.0));
    assert!(write(&ring, &idle, 6));
    assert_eq!(left(segment), [6]);
    reader.read(|record| read.push(record.at.0));
    reader.read(|record| read.push(record.at.0));
    read.sort_unstable();
    assert_eq!(read, [1, 2, 3, 4, 5, 6]);
    assert!(ring.are_all_of(segment));
    ring.seal(&writer);
    ring.seal(&idle);
}

#[test]
fn without_room_memory_is_the_heaps_and_that_is_counted() {
    let folder = Folder::new("room");
    let segment = segment(&Settings { chunk_bytes: 4 * CHUNK, ..settings(&folder) });
    segment.full[Area::Chunks as usize].store(true, Ordering::Relaxed);
    let (ring, writer) = (Ring::new(), Writer::new());
    ring.set_limit(8 * CHUNK);
    ring.set_source(segment);
    assert!(write(&ring, &writer, 1));
    assert!(segment.is_full() && segment.usage().1 == 1);
    segment.refresh();
    ring.reader().unwrap().read(|_| {});
    assert!(write(&ring, &writer, 2), "it recovers");
    assert_eq!(left(segment), [2]);
    ring.seal(&writer);
}

#[test]
fn where_an_area_is_used_up_that_is_told() {
    let folder = Folder::new("used-up");
    let segment = segment(&Settings { chunk_bytes: STEP, ..settings(&folder) });
    assert!((0..STEP / CHUNK).all(|_| segment.chunk().is_some()));
    assert!(!segment.is_full());
    assert!(segment.chunk().is_none());
    assert!(segment.is_full() && segment.usage().1 == 1);
}

#[test]
fn blocks_go_round() {
    let folder = Folder::new("blocks");
    let segment = segment(&settings(&folder));
    let mut blocks = segment.blocks();
    assert!(!blocks.push(&[]) && !blocks.push(&vec![1; 1 << 16]) && !blocks.pop());
    let block = |number: u32| vec![number as u8; 1_000 + 7 * number as usize];
    for number in 0..200 {
        assert!(blocks.push(&block(number)));
        let mut kept = Vec::new();
        blocks.for_each(|block| kept.push(block.to_vec()));
        let first = number + 1 - kept.len() as u32;
        assert!(kept.len() as u32 == number + 1 || kept.len() > 20, "{number}: {}", kept.len());
        assert!(kept.iter().zip(first..).all(|(kept, number)| *kept == block(number)));
    }
    let copy = segment.path().with_extension("copy");
    std::fs::copy(segment.path(), &copy).unwrap();
    let (mut here, mut there) = (Vec::new(), Vec::new());
    blocks.for_each(|block| here.push(block.to_vec()));
    let mut found = patiently(|| Found::open(&copy).unwrap());
    found.blocks(|block| there.push(block.to_vec()));
    assert_eq!((here.len() > 20, found.problems()), (true, Problems::default()));
    assert_eq!(here, there);
    assert!(blocks.pop());
    assert!(blocks.usage().0 < blocks.usage().1);
}

#[cfg(target_os = "linux")]
#[test]
fn blocks_that_are_freed_take_no_memory() {
    use std::os::unix::fs::MetadataExt;
    let Some(memory) = memory_folder() else { return };
    let folder = Folder(memory.join(format!("spanwright-freed-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    let segment = segment(&settings(&folder));
    let bytes = || segment.file.metadata().unwrap().blocks() * 512;
    assert!(segment.blocks().push(&[1; 1_000]));
    let before = (bytes(), segment.usage().0);
    segment.close();
    segment.blocks().free();
    assert_eq!((bytes(), segment.usage().0), (before.0 - (1 << 16), before.1 - (1 << 16)));
}

#[test]
fn notes_and_the_clock_are_found() {
    let folder = Folder::new("notes");
    let segment = segment(&settings(&folder));
    // Now the rate is known.
    let _ = clock::now().nanos_since(Ticks(0));
    segment.note(3, 42);
    segment.note(NOTES, 42);
    segment.refresh();
    let now = Wall::now();
    let (ring, writer) = (Ring::new(), Writer::new());
    ring.set_limit(8 * CHUNK);
    ring.set_source(segment);
    assert!(write(&ring, &writer, now.pair().0.0));
    let copy = segment.path().with_extension("copy");
    std::fs::copy(segment.path(), &copy).unwrap();
    let mut found = patiently(|| Found::open(&copy).unwrap());
    assert_eq!((found.note(3), found.note(NOTES), found.pid()), (42, 0, std::process::id()));
    assert!(found.is_same_boot() || !cfg!(target_os = "linux"));
    let mut at = 0;
    found.records(|found| at = found.unix_nanos);
    assert!(at.abs_diff(now.pair().1) < 100_000_000, "{at} {now:?}");
    ring.seal(&writer);
}

#[test]
fn what_is_too_long_to_be_written_down_is_lost_once() {
    let long = vec![7; definitions::MAX_BYTES + 1];
    let before = definitions::lost();
    (0..100).for_each(|_| definitions::other(21, 1, &long));
    let lost = definitions::lost() - before;
    // Others may lose some at the same time.
    assert!((1..50).contains(&lost), "{lost}");
}

#[test]
fn blocks_at_places_that_can_not_be_are_damage() {
    let folder = Folder::new("places");
    let segment = segment(&settings(&folder));
    assert!(segment.blocks().push(b"a block"));
    let copy = segment.path().with_extension("copy");
    for (first, end) in [(u64::MAX - 1, u64::MAX), (u64::MAX, 0), (0, u64::MAX), (7, 3)] {
        segment.word(word::BLOCKS).store(first, Ordering::Relaxed);
        segment.word(word::BLOCKS + 1).store(end, Ordering::Relaxed);
        std::fs::copy(segment.path(), &copy).unwrap();
        let mut found = patiently(|| Found::open(&copy).unwrap());
        found.blocks(|_| ());
        assert_eq!(found.problems().damaged, 1, "{first} {end}");
    }
}
