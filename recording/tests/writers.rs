//! Files on disk: their names, their budget, and what happens when they can't be written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use spanwright_recording::event::{Event, Gap, Nanos, Poll, TaskId, Why};
use spanwright_recording::{
    Codec, Encoder, NullWriter, Options, Problem, Reader, RotatingWriter, Sealed, TraceWriter, What,
    numbered_files,
};

use crate::events::{Folder, START};

fn encoder<W: TraceWriter>(writer: W) -> Encoder<W> {
    Encoder::new(writer, Options { codec: Codec::None, level: 0, block_bytes: 4000, recording: 5 })
}

/// Writes so many polls, a microsecond each.
fn polls<W: TraceWriter>(encoder: &mut Encoder<W>, from: u64, count: u64) -> io::Result<()> {
    let mut result = Ok(());
    for index in from..from + count {
        let poll = Poll { duration: Nanos(700), task: TaskId::new(index * 7919 % 10_007), worker: None };
        result = result.and(encoder.event(0, START + index * 1000, &poll));
    }
    result
}

fn names(files: &[(u64, PathBuf, u64)]) -> Vec<String> {
    files
        .iter()
        .map(|(_, path, _)| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect()
}

fn total(base: &Path) -> u64 {
    numbered_files(base).expect("the folder is there").iter().map(|(.., length)| length).sum()
}

#[test]
fn files_are_numbered_and_stay_within_the_budget() {
    let folder = Folder::new("rotating");
    let base = folder.0.join("trace.bin");
    let mut encoder =
        encoder(RotatingWriter::new(&base, 20_000, 100_000).expect("the folder can be written to"));
    for round in 0..60 {
        polls(&mut encoder, round * 1000, 1000).expect("the disk has room");
        assert!(total(&base) <= 100_000, "{}", total(&base));
    }
    encoder.finish().expect("the disk has room");
    let files = numbered_files(&base).expect("the folder is there");
    assert!(total(&base) <= 100_000 && total(&base) > 60_000, "{}", total(&base));
    let names = names(&files);
    assert!(!names.contains(&"trace.0.bin".to_owned()), "the oldest went: {names:?}");
    let last = files.last().expect("there are files").0;
    assert!(names.contains(&format!("trace.{last}.bin")));
    let mut reader = Reader::open(&folder.0).expect("the files are there");
    assert!(reader.is_finished());
    let times: Vec<u64> = reader.events().map(|record| record.at).collect();
    assert_eq!(times.last(), Some(&(START + 59_999_000)));
    assert!(times.is_sorted() && reader.problems().is_empty(), "{:?}", reader.problems());
}

#[test]
fn the_index_of_many_small_blocks_is_within_the_budget() {
    let folder = Folder::new("small-blocks");
    let base = folder.0.join("trace.bin");
    let mut encoder =
        encoder(RotatingWriter::new(&base, 200_000, 400_000).expect("the folder can be written to"));
    for round in 0..6000 {
        polls(&mut encoder, round * 3, 3).expect("the disk has room");
        encoder.flush().expect("the disk has room");
    }
    let (files, before) = (numbered_files(&base).expect("the folder is there").len(), total(&base));
    encoder.finish().expect("the disk has room");
    assert!(files > 1 && before <= 400_000 && total(&base) <= 400_000, "{before}, {}", total(&base));
    assert!(Reader::open(&folder.0).expect("the files are there").is_finished());
}

#[test]
fn the_budget_holds_across_restarts_and_nothing_is_lost_before() {
    let folder = Folder::new("restart");
    let base = folder.0.join("trace.bin");
    let mut first =
        encoder(RotatingWriter::new(&base, 20_000, 100_000).expect("the folder can be written to"));
    polls(&mut first, 0, 5000).expect("the disk has room");
    // As if it were killed: what is written stays, without an index.
    first.flush().expect("the disk has room");
    let written = numbered_files(&base).expect("the folder is there");
    let copy = Folder::new("restart-copy");
    for (_, path, _) in &written {
        let name = path.file_name().expect("it has a name");
        std::fs::copy(path, copy.0.join(name)).expect("the disk has room");
    }
    let (folder, base) = (&copy, copy.0.join("trace.bin"));
    let before = numbered_files(&base).expect("the folder is there");
    assert!(before.len() > 1);
    // Somebody else's are left alone.
    let others = ["trace.bin", "trace.x.bin", "trace.07.bin", "other.1.bin", "trace.1.txt"];
    others
        .iter()
        .for_each(|name| std::fs::write(folder.0.join(name), "mine").expect("the folder can be written to"));
    let mut second =
        encoder(RotatingWriter::new(&base, 20_000, 100_000).expect("the folder can be written to"));
    polls(&mut second, 5000, 100).expect("the disk has room");
    second.flush().expect("the disk has room");
    let after = numbered_files(&base).expect("the folder is there");
    assert_eq!(after[..before.len()], before[..], "nothing goes before the budget is used up");
    assert_eq!(after.len(), before.len() + 1);
    for round in 0..40 {
        polls(&mut second, 6000 + round * 1000, 1000).expect("the disk has room");
        assert!(total(&base) <= 100_000);
    }
    assert!(!before[0].1.exists(), "the oldest went");
    assert!(others.iter().all(|name| folder.0.join(name).exists()));
}

#[test]
fn a_file_ends_after_a_time_and_is_told_of() {
    let folder = Folder::new("every");
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    let writer = RotatingWriter::new(folder.0.join("trace.bin"), 1 << 20, 1 << 30)
        .expect("the folder can be written to")
        .every(Duration::from_millis(10))
        .on_finished(move |path| tell.lock().expect("nobody panicked").push(path.to_owned()));
    let mut encoder = encoder(writer);
    polls(&mut encoder, 0, 115_000).expect("the disk has room");
    encoder.finish().expect("the disk has room");
    let told = told.lock().expect("nobody panicked").clone();
    assert_eq!(told.len(), 12, "{told:?}");
    let mut reader = Reader::open_all(&told).expect("they are there");
    assert_eq!(reader.events().count(), 115_000);
    assert!(reader.is_finished());
    // The tenth is not the second.
    let reader = Reader::open(&folder.0).expect("they are there");
    assert!(reader.index().map(|entry| entry.sequence).is_sorted());
}

#[test]
fn a_file_ends_by_the_clock_though_nothing_happens() {
    let folder = Folder::new("tick");
    let base = folder.0.join("trace.bin");
    let writer = RotatingWriter::new(&base, 1 << 20, 1 << 30)
        .expect("the folder can be written to")
        .every(Duration::from_secs(10));
    let mut encoder = encoder(writer);
    let second = 1_000_000_000;
    encoder.tick(START + 100 * second).expect("there is no file");
    polls(&mut encoder, 0, 10).expect("the disk has room");
    encoder.flush().expect("the disk has room");
    let path = base.with_extension("0.bin");
    let is_finished = || Reader::open(&path).expect("it is there").is_finished();
    encoder.tick(START + 9 * second).expect("the disk has room");
    assert!(!is_finished());
    encoder.tick(START + 10 * second + 1).expect("the disk has room");
    assert!(is_finished());
    polls(&mut encoder, 20, 10).expect("the disk has room");
    encoder.finish().expect("the disk has room");
    assert_eq!(numbered_files(&base).expect("the folder is there").len(), 2);
}

#[test]
#[cfg(unix)]
fn a_second_writer_of_the_same_files_is_refused_until_the_first_is_gone() {
    let folder = Folder::new("locked");
    let base = folder.0.join("trace.bin");
    let make = |base: &Path| RotatingWriter::new(base, 1000, 1000);
    let first = make(&base).expect("it is the first");
    let error = make(&base).map(drop).expect_err("there is one");
    assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
    assert!(
        error.to_string().ends_with("are being written by another; give each a name of its own"),
        "{error}"
    );
    make(&folder.0.join("other.bin")).expect("another name is free");
    drop(first);
    make(&base).expect("the first is gone");
    let lock = folder.0.join(".trace.bin.lock");
    assert!(lock.exists() && Reader::open(&folder.0).is_err(), "the lock is no recording");
}

#[test]
fn a_lock_that_can_t_be_made_at_the_start_is_made_when_it_can() {
    let folder = Folder::new("lock-later");
    let base = folder.0.join("trace.bin");
    let in_the_way = folder.0.join(".trace.bin.lock");
    std::fs::create_dir(&in_the_way).expect("it can be made");
    let mut encoder = encoder(RotatingWriter::new(&base, 1 << 20, 1 << 30).expect("it begins without"));
    polls(&mut encoder, 0, 5).expect("nothing is written yet");
    encoder.flush().expect_err("nobody knows whether another writes");
    std::fs::remove_dir(&in_the_way).expect("it is empty");
    polls(&mut encoder, 5, 5).expect("nothing is written yet");
    encoder.flush().expect("it can be made");
    assert!(in_the_way.is_file() && total(&base) > 0);
}

#[test]
fn an_unfinished_file_is_read() {
    let folder = Folder::new("unfinished");
    let mut encoder =
        encoder(RotatingWriter::new(folder.0.join("a"), 1 << 20, 1 << 30).expect("it can be made"));
    polls(&mut encoder, 0, 10).expect("the disk has room");
    encoder.flush().expect("the disk has room");
    let mut reader = Reader::open(folder.0.join("a.0")).expect("it is there");
    assert!(!reader.is_finished() && reader.problems().is_empty());
    assert_eq!(reader.events().count(), 10);
}

#[test]
fn a_folder_without_files_is_no_recording() {
    let folder = Folder::new("empty");
    let error = Reader::open(&folder.0).map(drop).expect_err("there is nothing");
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_folder_in_place_of_a_file_is_refused_and_what_can_t_be_made_is_named() {
    let folder = Folder::new("misnamed");
    let error = RotatingWriter::new(&folder.0, 1000, 1000).map(drop).expect_err("it is a folder");
    assert!(error.to_string().contains("trace.spwr"), "{error}");
    let file = folder.0.join("file");
    std::fs::write(&file, "").expect("it can be written");
    let error = RotatingWriter::new(file.join("a"), 1000, 1000).map(drop).expect_err("a file is in the way");
    assert!(error.to_string().contains(&format!("`{}` is a file, and no folder", file.display())), "{error}");
}

#[test]
fn a_budget_that_can_t_be_is_refused() {
    let folder = Folder::new("refused");
    for (file, all) in [(0, 10), (11, 10)] {
        let error = RotatingWriter::new(folder.0.join("a"), file, all).map(drop).expect_err("it can't be");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
    let writer = RotatingWriter::new(folder.0.join("a"), 2000, 2000).expect("it can be");
    let mut encoder = encoder(writer);
    let error = polls(&mut encoder, 0, 5000).expect_err("a block is larger");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(total(&folder.0.join("a")), 0);
}

/// Fails for a while.
struct Failing {
    fails: bool,
    blocks: Vec<u8>,
}

impl TraceWriter for Failing {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        if self.fails {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.blocks.write_block(block)
    }
}

#[test]
fn what_a_failing_writer_lost_is_told_when_it_works_again() {
    let mut encoder = encoder(Failing { fails: true, blocks: Vec::new() });
    polls(&mut encoder, 0, 5).expect("nothing is written yet");
    assert_eq!(encoder.flush().expect_err("it is full").kind(), io::ErrorKind::StorageFull);
    encoder.writer_mut().fails = false;
    polls(&mut encoder, 5, 2).expect("it works again");
    encoder.flush().expect("it works again");
    let mut reader = Reader::from_bytes(encoder.writer().blocks.clone());
    let events: Vec<_> = reader.events().map(|record| record.event).collect();
    assert_eq!(events[0], Event::from(Gap { lost: 5, why: Why::Unwritten }));
    assert_eq!(events.len(), 3);
}

#[test]
fn a_folder_that_went_away_is_made_again() {
    let folder = Folder::new("went-away");
    let base = folder.0.join("deep/trace.bin");
    let mut encoder = encoder(RotatingWriter::new(&base, 10_000, 1 << 20).expect("the folder can be made"));
    std::fs::remove_dir_all(folder.0.join("deep")).expect("it was just made");
    polls(&mut encoder, 0, 3000).expect("the folder is made again");
    encoder.finish().expect("the disk has room");
    assert!(total(&base) > 5000);
}

/// A device that is always full.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_not_the_end() {
    let writer = spanwright_recording::SimpleBinaryWriter::new("/dev/full").expect("Linux has it");
    let mut encoder = encoder(writer);
    for _ in 0..3 {
        polls(&mut encoder, 0, 5).expect("nothing is written yet");
        assert!(encoder.flush().is_err());
    }
}

#[test]
fn a_rotating_writer_says_where_it_writes() {
    let folder = Folder::new("place");
    let base = folder.0.join("trace.bin");
    let writer: Box<dyn TraceWriter> =
        Box::new(RotatingWriter::new(&base, 10_000, 1 << 20).expect("the folder can be made"));
    assert_eq!((writer.place().as_deref(), writer.keeps()), (Some(&*base), true));
}

#[test]
fn a_null_writer_takes_everything() {
    let nothing: Box<dyn TraceWriter> = Box::new(NullWriter);
    assert!(!nothing.keeps() && nothing.place().is_none());
    let mut encoder = encoder(NullWriter);
    polls(&mut encoder, 0, 5000).expect("it takes everything");
    encoder.finish().expect("it takes everything");
}

/// A disk of 256 KiB, which goes away with this.
#[cfg(target_os = "linux")]
struct SmallDisk(Folder);

#[cfg(target_os = "linux")]
impl SmallDisk {
    /// Nothing, where we may not make one.
    fn new() -> Option<Self> {
        let folder = Folder::new("small-disk");
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&folder.0);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        let required = std::env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
        assert!(mounted || !required, "a small disk can't be mounted: it needs root");
        mounted.then_some(Self(folder))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0.0).status();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn writing_goes_on_when_a_full_disk_has_room_again() {
    let Some(disk) = SmallDisk::new() else { return };
    let ballast = disk.0.0.join("somebody-else's");
    std::fs::write(&ballast, vec![1; 128 << 10]).expect("the disk has room");
    let base = disk.0.0.join("trace.bin");
    let mut encoder =
        encoder(RotatingWriter::new(&base, 1 << 20, 1 << 24).expect("the folder can be written to"));
    let error = polls(&mut encoder, 0, 60_000).expect_err("the disk is full");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    // What was written is whole, though a block was cut off.
    let mut reader = Reader::open(base.with_extension("0.bin")).expect("it is there");
    let before = reader.events().count();
    assert!(before > 1000 && reader.problems().is_empty(), "{before} {:?}", reader.problems());
    std::fs::remove_file(&ballast).expect("it is there");
    polls(&mut encoder, 60_000, 5000).expect("the disk has room again");
    encoder.finish().expect("the disk has room again");
    let mut reader = Reader::open(base.with_extension("0.bin")).expect("it is there");
    let mut lost = 0;
    let events = reader.events().inspect(|record| {
        if let Event::Gap(gap) = &record.event {
            assert_eq!(gap.why, Why::Unwritten);
            lost += gap.lost;
        }
    });
    let polls = events.filter(|record| matches!(record.event, Event::Poll(_))).count() as u64;
    assert_eq!(polls + lost, 65_000);
    assert!(lost > 10_000 && reader.is_finished());
    // The blocks that are missing are told of too.
    let missing = |problem: &Problem| matches!(problem.what, What::Missing { .. });
    assert!(reader.problems().iter().all(missing), "{:?}", reader.problems());
}
