//! The index at the end of a finished file: which block says what, for those who fetch only some.

use crate::block::Unreadable;
use crate::codec::unpack;
use crate::event::KINDS;
use crate::header::{Codec, Content, HEADER_BYTES, Header, MAX_PAYLOAD};
use crate::wire::numbers::{put_leb, unzigzag, zigzag};
use crate::wire::{Bytes, Malformed};
use crate::writer::Sealed;

/// The length of what a finished file ends with: where the index is, and that this is the end.
pub const TRAILER_BYTES: usize = 16;
const END: [u8; 4] = *b"\xa7WPS";
/// Of a block with more threads only their number is kept.
const MAX_THREADS: usize = 64;

/// What the index says of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins in the file.
    pub offset: u64,
    /// Its length with its header.
    pub length: u64,
    /// As in its header.
    pub sequence: u64,
    /// As in its header.
    pub recording: u64,
    /// As in its header.
    pub first: u64,
    /// As in its header.
    pub last: u64,
    /// As in its header.
    pub earliest: u64,
    /// As in its header.
    pub events: u32,
    /// How many events of each kind, by the kinds' codes. Empty where there was no index.
    pub kinds: Vec<(u8, u32)>,
    /// How many threads. 0 where there was no index.
    pub threads: u32,
    /// Which, in rising order. Empty where there are more than 64.
    pub thread_list: Vec<u32>,
}

impl Entry {
    pub(crate) fn of(offset: u64, header: &Header) -> Self {
        Self {
            offset,
            length: header.length(),
            sequence: header.sequence,
            recording: header.recording,
            first: header.first,
            last: header.last,
            earliest: header.earliest,
            events: header.events,
            kinds: Vec::new(),
            threads: 0,
            thread_list: Vec::new(),
        }
    }
}

/// The index of a file that is being written.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) entries: Vec<Entry>,
    /// They as they are written.
    written: Vec<u8>,
}

/// An entry's numbers, its lists aside, take no more.
const MOST_ENTRY: usize = 96;

impl Index {
    pub(crate) fn add(&mut self, offset: u64, sealed: &Sealed<'_>) {
        let mut entry = Entry::of(offset, sealed.header);
        entry.kinds = sealed.kinds.to_vec();
        entry.threads = sealed.threads.len() as u32;
        if sealed.threads.len() <= MAX_THREADS {
            entry.thread_list = sealed.threads.to_vec();
        }
        put_entry(&mut self.written, &entry, self.entries.last());
        self.entries.push(entry);
    }

    /// What is left to be written takes no more bytes, once this block is in it too.
    pub(crate) fn room(&self, next: &Sealed<'_>) -> u64 {
        let lists = next.kinds.len() * 6 + next.threads.len().min(MAX_THREADS) * 5;
        let names: usize = KINDS.iter().map(|kind| kind.name.len() + 3).sum();
        (HEADER_BYTES + names + self.written.len() + MOST_ENTRY + lists + TRAILER_BYTES) as u64
    }

    /// What is left to be written of a file of this length: a block with the index, and where it is. Nothing, where that would
    /// be larger than a block may be: the file is read without it.
    pub(crate) fn closing(&self, length: u64) -> Option<Vec<u8>> {
        let mut out = vec![0; HEADER_BYTES];
        self.put(&mut out);
        // Not compressed: it is small beside the blocks, and read by those who know least.
        let payload = u32::try_from(out.len() - HEADER_BYTES).ok()?;
        let mut header = Header {
            content: Content::Index,
            codec: Codec::None,
            payload,
            packed: payload,
            raw: payload,
            events: 0,
            repeated: 0,
            sequence: 0,
            recording: self.entries.first().map_or(0, |entry| entry.recording),
            first: 0,
            last: 0,
            earliest: 0,
            payload_crc: crc32c::crc32c(&out[HEADER_BYTES..]),
        };
        for entry in self.entries.iter().filter(|entry| entry.events > 0) {
            header.first = if header.first == 0 { entry.first } else { header.first.min(entry.first) };
            header.last = header.last.max(entry.last);
        }
        header.earliest = self
            .entries
            .iter()
            .filter(|entry| entry.events > 0)
            .map(|entry| entry.earliest)
            .min()
            .unwrap_or(0);
        out[..HEADER_BYTES].copy_from_slice(&header.to_bytes());
        // It is read as any block is, or it is not there.
        Header::from_bytes(out.first_chunk()?).ok()?;
        out.extend_from_slice(&trailer(length));
        Some(out)
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_leb(out, KINDS.len() as u64);
        for kind in KINDS {
            out.push(kind.code);
            put_leb(out, kind.name.len() as u64);
            out.extend_from_slice(kind.name.as_bytes());
        }
        put_leb(out, self.entries.len() as u64);
        out.extend_from_slice(&self.written);
    }

    /// Reads the index of a file of this length, from its block: all blocks, in the order of the file.
    pub(crate) fn read(header: &Header, payload: &[u8], length: u64) -> Result<Vec<Entry>, Malformed> {
        let raw = unpack(header.codec, payload, header.raw)?;
        let mut input = Bytes(&raw);
        for _ in 0..input.count(2)? {
            input.byte()?;
            let name = input.count(1)?;
            input.take(name)?;
        }
        let count = input.count(16)?;
        let mut entries = Vec::with_capacity(count);
        let (mut end, mut first) = (0u64, 0u64);
        for _ in 0..count {
            let offset = end.checked_add(input.leb()?);
            let entry = entry(&mut input, offset, first)?;
            end = entry.offset.saturating_add(entry.length);
            first = entry.first;
            let possible = HEADER_BYTES as u64..=HEADER_BYTES as u64 + u64::from(MAX_PAYLOAD);
            if end > length || !possible.contains(&entry.length) {
                return Err(Malformed("the index tells of a block that is not in the file"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// Reads the index, which begins at this place of its file: all blocks, in the order of the file.
pub fn read_index(bytes: &[u8], at: u64) -> Result<Vec<Entry>, Unreadable> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(Unreadable::Short)?;
    let header = Header::from_bytes(header)?;
    if header.content != Content::Index {
        return Err(Malformed("this block is no index").into());
    }
    let payload = rest.get(..header.payload as usize).ok_or(Unreadable::Short)?;
    if crc32c::crc32c(payload) != header.payload_crc {
        return Err(Unreadable::Checksum);
    }
    Ok(Index::read(&header, payload, at)?)
}

/// Times and offsets are told from those of the entry before it.
fn put_entry(out: &mut Vec<u8>, entry: &Entry, previous: Option<&Entry>) {
    let (end, first) = previous.map_or((0, 0), |entry| (entry.offset + entry.length, entry.first));
    put_leb(out, entry.offset - end);
    put_leb(out, entry.length);
    put_leb(out, entry.sequence);
    out.extend_from_slice(&entry.recording.to_le_bytes());
    put_leb(out, zigzag(entry.first.wrapping_sub(first) as i64));
    put_leb(out, entry.last - entry.first);
    put_leb(out, entry.first.saturating_sub(entry.earliest));
    put_leb(out, entry.events.into());
    put_leb(out, entry.kinds.len() as u64);
    for (code, count) in &entry.kinds {
        out.push(*code);
        put_leb(out, (*count).into());
    }
    put_leb(out, entry.threads.into());
    put_leb(out, entry.thread_list.len() as u64);
    entry.thread_list.iter().for_each(|thread| put_leb(out, (*thread).into()));
}

fn entry(input: &mut Bytes<'_>, offset: Option<u64>, previous: u64) -> Result<Entry, Malformed> {
    let offset = offset.ok_or(Malformed("the index tells of a block that is not in the file"))?;
    let length = input.leb()?;
    let sequence = input.leb()?;
    let recording = u64::from_le_bytes(input.array()?);
    let first = previous.wrapping_add_signed(unzigzag(input.leb()?));
    let last = first.saturating_add(input.leb()?);
    let earliest = first.saturating_sub(input.leb()?);
    let events = u32::try_from(input.leb()?).map_err(|_| Malformed("the index tells of too many events"))?;
    let mut kinds = Vec::new();
    for _ in 0..input.count(2)? {
        kinds.push((input.byte()?, input.leb()?.try_into().unwrap_or(u32::MAX)));
    }
    let threads = input.leb()?.try_into().unwrap_or(u32::MAX);
    let mut thread_list = Vec::new();
    for _ in 0..input.count(1)? {
        thread_list.push(input.leb()?.try_into().unwrap_or(u32::MAX));
    }
    Ok(Entry {
        offset,
        length,
        sequence,
        recording,
        first,
        last,
        earliest,
        events,
        kinds,
        threads,
        thread_list,
    })
}

fn trailer(index: u64) -> [u8; TRAILER_BYTES] {
    let mut out = [0; TRAILER_BYTES];
    out[..8].copy_from_slice(&index.to_le_bytes());
    let crc = crc32c::crc32c(&out[..8]);
    out[8..12].copy_from_slice(&crc.to_le_bytes());
    out[12..].copy_from_slice(&END);
    out
}

/// Where the index begins, by the last bytes of a file; nothing where the file was not finished.
///
/// Whoever has a file far away asks for these bytes, then for those from the index on, and then for the blocks that are wanted:
///
/// ```
/// use spanwright_recording::{Block, Encoder, Options, SimpleBinaryWriter, TRAILER_BYTES, index_at, read_index};
/// use spanwright_recording::event::{Gap, Why};
///
/// # let path = std::env::temp_dir().join(format!("spanwright-index-{}.spwr", std::process::id()));
/// # let mut encoder = Encoder::new(SimpleBinaryWriter::new(&path)?, Options::default());
/// # encoder.event(0, 5, &Gap { lost: 3, why: Why::Full })?;
/// # encoder.finish()?;
/// let file = std::fs::read(&path)?;
/// let last = file.last_chunk::<TRAILER_BYTES>().ok_or("the file is too short")?;
/// let at = index_at(last).ok_or("the file was not finished")?;
/// let entries = read_index(&file[at as usize..], at)?;
/// let wanted = entries.iter().find(|entry| entry.first <= 5 && entry.last >= 5).ok_or("there is none")?;
/// let block = Block::from_bytes(&file[wanted.offset as usize..][..wanted.length as usize])?;
/// assert_eq!(block.records.len(), 1);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn index_at(bytes: &[u8; TRAILER_BYTES]) -> Option<u64> {
    let index = u64::from_le_bytes(*bytes.first_chunk()?);
    (trailer(index) == *bytes).then_some(index)
}
