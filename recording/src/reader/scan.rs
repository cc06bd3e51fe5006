//! Which blocks there are: by the index, or by looking for them.

use std::io;
use std::ops::Range;

use super::problems::{Problem, Problems, What};
use super::source::Source;
use crate::block::Unreadable;
use crate::header::{Content, HEADER_BYTES, Header, MARKER, MAX_PAYLOAD, NoHeader};
use crate::index::{Entry, TRAILER_BYTES, index_at, read_index};

/// The blocks of a source, in the order in which they lie there, and whether there is an index.
pub(super) fn blocks(source: &mut Source, problems: &mut Problems) -> io::Result<(Vec<Entry>, bool)> {
    match index(source)? {
        Some(Ok(entries)) => return Ok((entries, true)),
        Some(Err((bytes, why))) => {
            problems.add(Problem { file: source.path.clone(), bytes, what: What::Index(why), lost: None })
        }
        None => {}
    }
    Ok((Scan { source, problems, entries: Vec::new(), stray: None }.run()?, false))
}

/// The blocks by the index; where it lies, and what is wrong, if it is not right.
type Found = Result<Vec<Entry>, (Range<u64>, Unreadable)>;

fn index(source: &mut Source) -> io::Result<Option<Found>> {
    let Some(trailer) = source.length.checked_sub(TRAILER_BYTES as u64) else { return Ok(None) };
    let bytes = source.read(trailer, TRAILER_BYTES as u64)?;
    let Some(at) = bytes.first_chunk().and_then(index_at) else { return Ok(None) };
    let from = at.min(trailer);
    // It is never longer than a block, whatever the trailer says.
    let most = HEADER_BYTES as u64 + u64::from(MAX_PAYLOAD);
    let block = source.read(from, most.min(trailer - from))?;
    Ok(Some(read_index(&block, at).map_err(|why| (from..trailer, why))))
}

/// Looks for blocks from the beginning to the end.
struct Scan<'s> {
    source: &'s mut Source,
    problems: &'s mut Problems,
    entries: Vec<Entry>,
    /// Where bytes began that belong to no block.
    stray: Option<u64>,
}

impl Scan<'_> {
    fn run(mut self) -> io::Result<Vec<Entry>> {
        let mut at = 0;
        while at < self.source.length {
            at = match self.header(at)? {
                Ok(header) => self.block(at, &header)?,
                Err(why) => self.skip(at, why)?,
            };
        }
        self.end_of_stray(at);
        Ok(self.entries)
    }

    fn header(&mut self, at: u64) -> io::Result<Result<Header, NoHeader>> {
        let bytes = self.source.at(at, HEADER_BYTES)?;
        Ok(bytes.first_chunk().ok_or(NoHeader::Marker).and_then(Header::from_bytes))
    }

    /// Takes the block that begins here, and gives the place to go on from.
    fn block(&mut self, at: u64, header: &Header) -> io::Result<u64> {
        self.end_of_stray(at);
        let end = at + header.length();
        let lost = Some(header.events.into());
        if end > self.source.length {
            self.problem(at..self.source.length, What::CutOff, lost);
            return self.next_marker(at + 1);
        }
        // If another block follows, or nothing, then this one is as long as it says. Else bytes are missing or were put in, and
        // the next block may begin earlier.
        let followed = end == self.source.length || self.source.at(end, MARKER.len())?.starts_with(&MARKER);
        if !followed {
            let payload = self.source.read(at + HEADER_BYTES as u64, header.payload.into())?;
            if crc32c::crc32c(&payload) != header.payload_crc {
                let next = self.next_marker(at + 1)?;
                self.problem(at..next.min(end), What::Block(Unreadable::Checksum), lost);
                return Ok(next);
            }
        }
        if header.content == Content::Events {
            self.entries.push(Entry::of(at, header));
        }
        Ok(end)
    }

    fn skip(&mut self, at: u64, why: NoHeader) -> io::Result<u64> {
        match why {
            NoHeader::Version(_) => {
                self.end_of_stray(at);
                let next = self.next_marker(at + 1)?;
                self.problem(at..next, What::Block(why.into()), None);
                Ok(next)
            }
            _ => {
                self.stray.get_or_insert(at);
                self.next_marker(at + 1)
            }
        }
    }

    /// Where the next marker is, from here on; else the end.
    fn next_marker(&mut self, mut at: u64) -> io::Result<u64> {
        while at < self.source.length {
            let window = self.source.at(at, MARKER.len())?;
            if let Some(found) = window.windows(MARKER.len()).position(|bytes| bytes == MARKER) {
                return Ok(at + found as u64);
            }
            // It may lie across the end of what was looked at.
            at += (window.len().saturating_sub(MARKER.len() - 1) as u64).max(1);
        }
        Ok(self.source.length)
    }

    fn end_of_stray(&mut self, end: u64) {
        if let Some(start) = self.stray.take() {
            self.problem(start..end, What::NotABlock, None);
        }
    }

    fn problem(&mut self, bytes: Range<u64>, what: What, lost: Option<u64>) {
        self.problems.add(Problem { file: self.source.path.clone(), bytes, what, lost });
    }
}
