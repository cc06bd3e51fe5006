//! What another process has left: nothing of it is trusted.
//!
//! The file is read, never mapped. What addresses stand for is made anew from the definitions and kept for good, once for each
//! content, so that records can be read as this process's own are. Those without a definition stand for "unknown".

mod known;
mod open;

use std::collections::HashSet;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use known::Known;
pub use open::{FoundSpan, FoundThread, FoundWait};

use super::layout::{Area, CHUNK, CLOSED, HEADER, MAGIC, NOTES, OPEN, VERSION, WORD, check, word};
use super::{Error, definitions, prefix, system};
use crate::chunks::{self, CHUNK_WORDS, HEADER_WORDS, Kind, RECORD_WORDS, Record};
use crate::clock::{self, Ticks};

/// A segment whose process is gone. It is locked as long as this is there, so that nobody else adopts it.
#[derive(Debug)]
pub struct Found {
    file: File,
    path: PathBuf,
    header: Vec<u64>,
    known: Known,
    threads: Vec<FoundThread>,
    problems: Problems,
}

/// What was wrong with it. All that is intact is read nevertheless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// Bytes that should be there, and are not.
    pub missing_bytes: u64,
    /// Chunks, blocks or definitions of which a part made no sense.
    pub damaged: u64,
    /// Records about something that was not defined.
    pub undefined: u64,
}

/// A record, as one of this process.
#[derive(Clone, Copy, Debug)]
pub struct FoundRecord<'a> {
    /// The record. Its time is in ticks of its process; its callsite and its names are this process's copies.
    pub record: Record<'a>,
    /// Nanoseconds since the Unix epoch at its time.
    pub unix_nanos: u64,
    /// In the record of a task's start: where that was, as `file:line:column`.
    pub place: Option<&'a str>,
}

/// The segments of this key in a folder whose processes are gone, and what can't be read of them. What is gone meanwhile or another
/// user's is none of ours. What was begun and never finished is removed.
#[must_use]
pub fn found_in(folder: &Path, key: &str) -> Vec<Result<Found, Error>> {
    let prefix = prefix(key);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(&prefix)) else { continue };
        if rest.strip_suffix(".ring.new").is_some_and(is_numbers) {
            remove_unfinished(&entry.path());
        } else if rest.strip_suffix(".ring").is_some_and(is_numbers) {
            found.extend(Found::open(&entry.path()).transpose().filter(|found| !is_none_of_ours(found)));
        }
    }
    found
}

fn is_none_of_ours(found: &Result<Found, Error>) -> bool {
    let Err(Error::Io { error, .. }) = found else { return false };
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied)
}

/// Whether it is a process and a time: keys may begin with other keys.
fn is_numbers(text: &str) -> bool {
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split_once('-').is_some_and(|(pid, time)| pid.parse::<u32>().is_ok() && is_hex(time))
}

/// Removes a file that its process was making when it ended.
fn remove_unfinished(path: &Path) {
    let Ok(file) = system::open(path) else { return };
    let age = file.metadata().and_then(|about| about.modified()).ok().and_then(|time| time.elapsed().ok());
    if age.is_some_and(|age| age > Duration::from_secs(60)) && system::lock(&file).unwrap_or(false) {
        let _ = std::fs::remove_file(path);
    }
}

impl Found {
    /// Reads and locks a segment; nothing where its process is alive, or somebody else reads it.
    ///
    /// # Errors
    /// Where the file can't be read, is not this user's, or is no segment.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        let failed = |doing, error| Error::Io { doing, path: path.to_owned(), error };
        let file = system::open(path).map_err(|error| failed("open", error))?;
        // Another reader may have removed it before it was locked.
        if !system::lock(&file).map_err(|error| failed("lock", error))? || !system::is_named(&file) {
            return Ok(None);
        }
        let mut problems = Problems::default();
        let header = read(&file, 0, HEADER, &mut problems);
        let is_sound = header.len() == HEADER / WORD
            && (header[word::MAGIC], header[word::VERSION]) == (MAGIC, VERSION)
            && header[word::CHECK] == check(|at| header[at])
            && matches!(header[word::STATE], OPEN | CLOSED);
        if !is_sound {
            return Err(Error::Unknown(path.to_owned()));
        }
        let (path, known, threads) = (path.to_owned(), Known::default(), Vec::new());
        let mut found = Self { file, path, header, known, threads, problems };
        let (known, is_whole) = Known::read(&found.read_area(Area::Definitions));
        found.known = known;
        found.problems.damaged += u64::from(!is_whole);
        found.threads = found.read_threads();
        Ok(Some(found))
    }

    /// Whether the process has ended in order, and has nothing to leave.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.header[word::STATE] == CLOSED
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.header[word::PID] as u32
    }

    /// When the segment was made, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn started_unix_nanos(&self) -> u64 {
        self.header[word::UNIX_NANOS]
    }

    /// Whether the system was started since.
    #[must_use]
    pub fn is_same_boot(&self) -> bool {
        let boot = system::boot();
        boot != 0
            && (boot as u64, (boot >> 64) as u64) == (self.header[word::BOOT], self.header[word::BOOT + 1])
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the runtime [noted](super::Segment::note); zero for nothing.
    #[must_use]
    pub fn note(&self, at: usize) -> u64 {
        if at < NOTES { self.header[word::NOTES + at] } else { 0 }
    }

    /// What was wrong so far.
    #[must_use]
    pub fn problems(&self) -> Problems {
        Problems { undefined: self.known.undefined, ..self.problems }
    }

    /// Definitions that had found no room.
    #[must_use]
    pub fn lost_definitions(&self) -> u64 {
        self.header[word::LOST_DEFINITIONS]
    }

    /// Records that are not here any more, nor in any recording: nobody wrote them in time.
    #[must_use]
    pub fn let_go(&self) -> u64 {
        self.header[word::LET_GO]
    }

    /// The runtime's own definitions: kind, key and bytes.
    pub fn others(&self) -> impl Iterator<Item = (u8, u64, &[u8])> {
        let is_other = |(kind, _): &&(u8, u64)| *kind >= definitions::FIRST_OTHER;
        let keys = self.known.definitions.keys().filter(is_other);
        keys.map(|key| (key.0, key.1, self.known.definitions[key].as_slice()))
    }

    /// Removes the file: it was adopted, or there is nothing in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(self) -> std::io::Result<()> {
        std::fs::remove_file(&self.path)
    }

    /// Calls `each` with every record that no recording has, chunk by chunk, those begun first before the others. Also with
    /// what they can't be understood without, as far as it is still here: what is known of their threads, and the starts of
    /// tasks that were being polled.
    pub fn records(&mut self, mut each: impl FnMut(&FoundRecord<'_>)) {
        let tasks = self.threads().iter().filter_map(|thread| Some(thread.doing?.2)).collect();
        let mut chunks: Vec<(u64, usize)> = (0..self.chunks())
            .filter_map(|index| Some((self.chunk(index, 0)?[chunks::word::TICKS], index)))
            .collect();
        chunks.sort_unstable();
        for (_, index) in chunks {
            let Some(mut words) = self.chunk(index, CHUNK_WORDS) else { continue };
            self.records_of(&mut words, &tasks, &mut each);
        }
    }

    fn records_of(
        &mut self,
        words: &mut [u64],
        tasks: &HashSet<u64>,
        each: &mut impl FnMut(&FoundRecord<'_>),
    ) {
        let Some(end) = end_of(words) else {
            self.problems.damaged += 1;
            return;
        };
        let recorded = (words[chunks::word::READ] >> 32) as usize;
        let pair = (Ticks(words[chunks::word::TICKS]), words[chunks::word::UNIX_NANOS]);
        let (mut thread, mut at) = (words[chunks::word::THREAD] as u32, HEADER_WORDS);
        while at < end {
            let Some(length) = length_at(&words[at..end]) else {
                self.problems.damaged += 1;
                return;
            };
            let place = self.known.relocate(&mut words[at..at + length]);
            if let Some((record, _)) = Record::split(&words[at..at + length], &mut thread) {
                let is_wanted = match record.kind() {
                    Some(Kind::Thread) => recorded < end,
                    Some(Kind::TaskSpawn) => record.spawned().is_some_and(|made| tasks.contains(&made.task)),
                    _ => false,
                };
                if at >= recorded || is_wanted {
                    let place = place.and_then(|place| self.known.place(place));
                    each(&FoundRecord { record, unix_nanos: self.unix_nanos(record.at, pair), place });
                }
            }
            at += length;
        }
    }

    /// Calls `each` with every block of the flight recorder, the oldest first. They are as damaged as the file.
    pub fn blocks(&mut self, mut each: impl FnMut(&[u8])) {
        let (first, end) = (self.header[word::BLOCKS], self.header[word::BLOCKS + 1]);
        if first == end {
            return;
        }
        let room = self.header[Area::Blocks.room_word()] / WORD as u64;
        let words = self.read_area(Area::Blocks);
        let get = |position: u64| words.get((position % room.max(1)) as usize).copied();
        let mut at = first;
        while at < end && end - first <= room {
            let length = get(at).unwrap_or(0);
            let behind = at.saturating_add(1).saturating_add(length.div_ceil(WORD as u64).min(room));
            if length == 0 || behind > end {
                break;
            }
            let values = (at + 1..behind).map_while(get);
            let mut bytes: Vec<u8> = values.flat_map(u64::to_ne_bytes).collect();
            bytes.truncate(length as usize);
            each(&bytes);
            at = behind;
        }
        self.problems.damaged += u64::from(at != end);
    }

    fn unix_nanos(&self, ticks: Ticks, pair: (Ticks, u64)) -> u64 {
        let rate = match self.header[word::RATE] {
            // The process ended before it knew; on this system, and often on others, it is as it is now.
            0 => match clock::rate() {
                0 => 1 << 32,
                rate => rate,
            },
            rate => rate,
        };
        clock::unix_nanos_at(ticks, pair, rate)
    }

    /// How many chunks there are.
    fn chunks(&self) -> usize {
        self.used(Area::Chunks) / CHUNK
    }

    /// How many bytes of an area are used.
    fn used(&self, area: Area) -> usize {
        self.header[area.used_word()].min(self.header[area.room_word()]).min(1 << 30) as usize
    }

    /// So many words of a chunk, its header at least; nothing where it is damaged.
    fn chunk(&mut self, index: usize, words: usize) -> Option<Vec<u64>> {
        let offset = self.header[Area::Chunks.offset_word()].checked_add((index * CHUNK) as u64)?;
        let words = words.max(HEADER_WORDS);
        let chunk = read(&self.file, offset, words * WORD, &mut self.problems);
        let is_whole = chunk.len() == words && chunk[chunks::word::VERSION] == chunks::VERSION;
        // One that was about to be made has no version.
        self.problems.damaged += u64::from(!is_whole && chunk.first().is_some_and(|version| *version != 0));
        is_whole.then_some(chunk)
    }

    fn read_area(&mut self, area: Area) -> Vec<u64> {
        let used = self.used(area);
        read(&self.file, self.header[area.offset_word()], used, &mut self.problems)
    }
}

/// How many words of a chunk are committed; nothing where that makes no sense.
fn end_of(chunk: &[u64]) -> Option<usize> {
    let committed = (chunk[chunks::word::COMMITTED] & !(1 << 63)) as usize;
    (HEADER_WORDS..=chunk.len()).contains(&committed).then_some(committed)
}

/// How many words the first record has; nothing where there is none, or it makes no sense.
fn length_at(words: &[u64]) -> Option<usize> {
    let length = usize::from((*words.first()? >> 16) as u16);
    (RECORD_WORDS..=words.len()).contains(&length).then_some(length)
}

/// Words of the file, as far as they are there.
fn read(file: &File, offset: u64, bytes: usize, problems: &mut Problems) -> Vec<u64> {
    let there = file.metadata().map_or(0, |about| about.len()).saturating_sub(offset);
    let mut all = vec![0; usize::try_from(there).unwrap_or(usize::MAX).min(bytes)];
    let mut done = 0;
    while done < all.len() {
        match system::read_at(file, &mut all[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(more) => done += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    problems.missing_bytes += (bytes - done) as u64;
    all[..done]
        .chunks_exact(WORD)
        .map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()))
        .collect()
}
