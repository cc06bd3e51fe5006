//! Makes a finished file of what can be read of others.

use std::io;
use std::path::Path;

use crate::block::Block;
use crate::block::encode::{Builder, Label};
use crate::codec::Packer;
use crate::event::{Event, Kind, Record};
use crate::header::{Codec, Header};
use crate::reader::{Problems, Reader};
use crate::writer::{Sealed, SimpleBinaryWriter, TraceWriter};

/// What was made of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// How many blocks were kept.
    pub blocks: u64,
    /// How many events are in them.
    pub events: u64,
    /// What was wrong with the files.
    pub problems: Problems,
}

/// Copies all blocks that can be read, as they are, into a new file with an index.
///
/// The file must not be one of those that are read. `progress` is called with the number of blocks that were looked at, and of all.
pub fn recover(reader: &mut Reader, to: &Path, progress: impl FnMut(u64, u64)) -> io::Result<Recovered> {
    recover_into(reader, &mut SimpleBinaryWriter::new(to)?, progress)
}

/// As [`recover`], into a writer, which is finished.
pub fn recover_into<W: TraceWriter>(
    reader: &mut Reader,
    writer: &mut W,
    mut progress: impl FnMut(u64, u64),
) -> io::Result<Recovered> {
    let order: Vec<usize> = (0..reader.index().len()).collect();
    copy(reader, &order, |_| Ok(()), writer, &mut progress)
}

/// Copies these blocks, in this order, with headers that are put right.
pub(crate) fn copy<W: TraceWriter>(
    reader: &mut Reader,
    order: &[usize],
    correct: impl Fn(&mut Header) -> io::Result<()>,
    writer: &mut W,
    progress: &mut dyn FnMut(u64, u64),
) -> io::Result<Recovered> {
    let mut recovered = Recovered::default();
    for (done, place) in order.iter().enumerate() {
        progress(done as u64, order.len() as u64);
        let Some(mut bytes) = reader.read_bytes(*place) else { continue };
        // Reading it says what is wrong, where something is.
        let Some(block) = reader.read(*place) else { continue };
        let Block { mut header, records, .. } = block;
        let (kinds, threads) = counts(&records);
        bytes.truncate(header.length() as usize);
        correct(&mut header)?;
        if let Some(head) = bytes.first_chunk_mut() {
            *head = header.to_bytes();
        }
        writer.write_block(&Sealed { header: &header, bytes: &bytes, kinds: &kinds, threads: &threads })?;
        recovered.blocks += 1;
        recovered.events += u64::from(header.events);
    }
    writer.finish()?;
    recovered.problems = reader.problems().clone();
    Ok(recovered)
}

/// How many of each kind there are, and which threads.
fn counts(records: &[Record<'_>]) -> (Vec<(u8, u32)>, Vec<u32>) {
    let mut kinds = std::collections::BTreeMap::new();
    let mut threads = std::collections::BTreeSet::new();
    for record in records {
        *kinds.entry(record.event.code()).or_default() += 1;
        threads.insert(record.thread);
    }
    (kinds.into_iter().collect(), threads.into_iter().collect())
}

/// Copies all blocks that can be read into a new file with an index, compressed in another way, such as one that a browser can
/// unpack.
///
/// Blocks with events of kinds that are not known are copied as they are. What is passed to `to` otherwise is the same as
/// [`recover`] would have.
pub fn repack<W: TraceWriter>(
    reader: &mut Reader,
    to: &mut W,
    codec: Codec,
    level: i32,
) -> io::Result<Recovered> {
    let (mut packer, mut builder, mut out) = (Packer::new(codec, level), Builder::default(), Vec::new());
    let mut recovered = Recovered::default();
    let all = reader.index().len();
    for place in 0..all {
        let Some(bytes) = reader.read_bytes(place) else { continue };
        let Some(Block { mut header, records, repeated, .. }) = reader.read(place) else { continue };
        let (kinds, threads) = counts(&records);
        let both = || {
            records.iter().map(|record| (record, false)).chain(repeated.iter().map(|record| (record, true)))
        };
        let known = !both().any(|(record, _)| matches!(record.event, Event::Other(_)));
        if known {
            for (record, repeated) in both() {
                builder.add(record.thread, record.at, &record.event, repeated);
            }
            let label = Label { recording: header.recording, sequence: header.sequence };
            header = builder.close(label, &mut packer, &mut out);
        }
        let bytes = if known { &out[..] } else { &bytes[..] };
        to.write_block(&Sealed { header: &header, bytes, kinds: &kinds, threads: &threads })?;
        recovered.blocks += 1;
        recovered.events += u64::from(header.events);
    }
    to.finish()?;
    recovered.problems = reader.problems().clone();
    Ok(recovered)
}
