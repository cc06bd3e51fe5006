//! Damaged files: whatever is intact is read, and the rest is told of.

use std::collections::BTreeMap;

use spanwright_recording::event::Record;
use spanwright_recording::{
    Codec, HEADER_BYTES, MARKER, Reader, SimpleBinaryWriter, TRAILER_BYTES, What, recover,
};

use crate::events::{Folder, every_kind, write};

/// A block's range of bytes, and its events as lines.
type Blocks = BTreeMap<(u64, u64), Vec<Record<'static>>>;

fn file(codec: Codec, name: &str) -> (Vec<u8>, Blocks) {
    let folder = Folder::new(name);
    let path = folder.0.join("whole.spwr");
    let writer = SimpleBinaryWriter::new(&path).expect("the folder can be written to");
    write(&every_kind(), writer, codec).finish().expect("the folder can be written to");
    let bytes = std::fs::read(&path).expect("it was just written");
    let mut reader = Reader::from_bytes(bytes.clone());
    let places: Vec<_> = reader.index().map(|entry| (entry.offset, entry.offset + entry.length)).collect();
    let blocks = places.into_iter().zip(reader.blocks().map(|block| block.records)).collect();
    (bytes, blocks)
}

/// Reads all, and says what should be there: the events of all blocks but those that lie in the damage.
fn check(damaged: &[u8], blocks: &Blocks, intact: impl Fn(u64, u64) -> bool, what: &str) -> usize {
    let mut reader = Reader::from_bytes(damaged);
    let records: Vec<_> = reader.events().collect();
    let mut expected: Vec<_> = blocks
        .iter()
        .filter(|((start, end), _)| intact(*start, *end))
        .flat_map(|(_, events)| events.clone())
        .collect();
    expected.sort_by_key(|record| record.at);
    assert!(records == expected, "{what}: {} events, not {}", records.len(), expected.len());
    reader.problems().iter().count()
}

#[test]
fn a_file_that_ends_anywhere_gives_all_whole_blocks() {
    for codec in [Codec::None, Codec::Zstd] {
        let (bytes, blocks) = file(codec, &format!("cut-{codec:?}"));
        let index = blocks.keys().last().expect("there are blocks").1;
        for length in 0..bytes.len() {
            let what = format!("{codec:?}, cut at {length}");
            let problems = check(&bytes[..length], &blocks, |_, end| end <= length as u64, &what);
            let length = length as u64;
            // Nothing is wrong where a block has just ended.
            let between = length == 0 || blocks.keys().any(|(_, end)| *end == length);
            let within_index = length >= index;
            assert!(problems > 0 || between || within_index, "{what}");
            assert!(!between || problems == 0, "{what}");
        }
    }
}

#[test]
fn any_flipped_byte_costs_its_block_at_most() {
    flip(Codec::None);
}

#[test]
fn any_flipped_byte_of_what_is_compressed_costs_its_block_at_most() {
    flip(Codec::Deflate);
}

fn flip(codec: Codec) {
    let (bytes, blocks) = file(codec, &format!("flip-{codec:?}"));
    let mut damaged = bytes.clone();
    for at in 0..bytes.len() {
        damaged[at] ^= 1 << (at % 8);
        let what = format!("{codec:?}, byte {at} flipped");
        let hit = |start, end| (start..end).contains(&(at as u64));
        let problems = check(&damaged, &blocks, |start, end| !hit(start, end), &what);
        assert!(problems > 0, "{what}: nothing was told");
        damaged[at] = bytes[at];
    }
}

#[test]
fn bytes_that_are_missing_or_too_many_cost_their_block_at_most() {
    let (bytes, blocks) = file(Codec::None, "shifted");
    // Without the index, which tells of places that are no longer right.
    let end = blocks.keys().last().expect("there are blocks").1 as usize;
    for at in (0..end - 1).step_by(7) {
        let hit = |start: u64, end: u64| (start..end).contains(&(at as u64));
        let missing = [&bytes[..at], &bytes[at + 1..end]].concat();
        assert!(check(&missing, &blocks, |start, end| !hit(start, end), &format!("{at} is missing")) > 0);
        let more = [&bytes[..at], b"\n", &bytes[at..end]].concat();
        let between = |start: u64, end: u64| hit(start, end) && start != at as u64;
        assert!(check(&more, &blocks, |start, end| !between(start, end), &format!("one more at {at}")) > 0);
    }
}

#[test]
fn what_is_lost_is_told() {
    let (mut bytes, blocks) = file(Codec::Zstd, "told");
    let ((start, end), events) = blocks.iter().nth(1).expect("there are several blocks");
    bytes[*end as usize - 1] ^= 1;
    let mut reader = Reader::from_bytes(bytes);
    assert!(reader.events().count() > 0);
    let problems: Vec<_> = reader.problems().iter().collect();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].bytes, *start..*end);
    assert_eq!(problems[0].lost, Some(events.len() as u64));
    assert!(problems[0].to_string().contains("checksum"), "{}", problems[0]);
}

#[test]
fn blocks_that_are_missing_are_told() {
    let (bytes, blocks) = file(Codec::None, "missing");
    let (start, end) = *blocks.keys().nth(1).expect("there are several blocks");
    let last = blocks.keys().last().expect("there are blocks").1 as usize;
    let bytes = [&bytes[..start as usize], &bytes[end as usize..last]].concat();
    let reader = Reader::from_bytes(bytes);
    let problems: Vec<_> = reader.problems().iter().map(|problem| problem.what.clone()).collect();
    assert_eq!(problems, [What::Missing { recording: 0x5eed, blocks: 1..2 }]);
}

#[test]
fn many_markers_are_looked_through_in_time() {
    // Each of them begins like a block and is none.
    let bytes: Vec<u8> = MARKER.iter().copied().cycle().take(4 << 20).collect();
    let mut reader = Reader::from_bytes(bytes);
    assert_eq!(reader.events().count(), 0);
    assert_eq!(reader.problems().iter().count(), 1);
}

#[test]
fn a_recovered_file_is_whole() {
    let (bytes, blocks) = file(Codec::Zstd, "recovered");
    let folder = Folder::new("recovered-to");
    let cut = &bytes[..bytes.len() - TRAILER_BYTES - HEADER_BYTES];
    let mut damaged = cut.to_vec();
    damaged[HEADER_BYTES + 3] ^= 0x10;
    let to = folder.0.join("recovered.spwr");
    let mut reader = Reader::from_bytes(damaged);
    let recovered = recover(&mut reader, &to, |_, _| {}).expect("the folder can be written to");
    assert_eq!(recovered.blocks as usize, blocks.len() - 1);
    assert!(!recovered.problems.is_empty());
    let mut reader = Reader::open(&to).expect("it was just written");
    assert!(reader.is_finished());
    let expected: usize = blocks.values().skip(1).map(Vec::len).sum();
    assert_eq!(reader.events().count(), expected);
    assert!(reader.problems().is_empty(), "{:?}", reader.problems());
}
