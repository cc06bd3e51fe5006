//! What is in a folder of recordings, of ours or of dial9's: how many events, and how many bytes they take.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dial9_trace_format::decoder::Decoder;
use spanwright::recorder::{Remains, SimpleBinaryWriter, TraceWriter};
use spanwright_recording::{Codec, Event, HEADER_BYTES, Header, Reader, files};

/// What was found.
#[derive(Default)]
pub struct Found {
    pub events: u64,
    /// Polls that have ended.
    pub polls: u64,
    /// How many of them are in an earlier file too, by their time: what was written last before a kill is recovered besides.
    pub twice: u64,
    /// Bytes before they are compressed …
    pub raw: u64,
    /// … and as they are on disk; zero where they were never compressed.
    pub compressed: u64,
}

/// Reads whoever's recordings are there.
pub fn read(folder: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        if Decoder::new(&bytes).is_some() {
            read_dial9(&bytes, &mut found);
        } else if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = Vec::new();
            flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut unpacked)?;
            found.compressed += bytes.len() as u64;
            read_dial9(&unpacked, &mut found);
        }
    }
    if found.events == 0 { read_ours(folder) } else { Ok(found) }
}

/// What can be read of it, which after a kill is not all.
fn read_dial9(bytes: &[u8], found: &mut Found) {
    found.raw += bytes.len() as u64;
    let Some(mut decoder) = Decoder::new(bytes) else { return };
    let _ = decoder.for_each_event(|event| {
        found.events += 1;
        found.polls += u64::from(event.name == "PollEndEvent");
    });
}

fn read_ours(folder: &Path) -> io::Result<Found> {
    let (mut found, mut last) = (Found::default(), 0);
    for path in files(folder)? {
        let bytes = fs::read(&path)?;
        let mut reader = Reader::open(&path)?;
        for entry in reader.index() {
            let header = bytes[entry.offset as usize..].first_chunk::<HEADER_BYTES>();
            let header = header.and_then(|header| Header::from_bytes(header).ok());
            let header = header.ok_or_else(|| io::Error::other("a block without a header"))?;
            assert_ne!(header.codec, Codec::None, "blocks are compressed");
            found.events += u64::from(header.events);
            found.raw += u64::from(header.payload - header.packed + header.raw) + HEADER_BYTES as u64;
        }
        // With its index.
        found.compressed += bytes.len() as u64;
        let before = last;
        for poll in reader.events().filter(|record| matches!(record.event, Event::Poll(_))) {
            found.polls += 1;
            found.twice += u64::from(poll.at <= before);
            last = last.max(poll.at);
        }
    }
    Ok(found)
}

/// Writes what a process of ours has left that was killed, as `spanwright recover` does, into its folder; nothing where it has left nothing.
pub fn recover(process: u32, folder: &Path) -> io::Result<()> {
    let Some(left) = left_by(process)? else { return Ok(()) };
    let Some(mut remains) = Remains::open(&left)? else { return Ok(()) };
    let mut file = SimpleBinaryWriter::new(folder.join("recovered.spwr"))?;
    remains.write(&mut file)?;
    file.finish()?;
    remains.remove()
}

fn left_by(process: u32) -> io::Result<Option<PathBuf>> {
    let own = format!("-{process}-");
    for entry in fs::read_dir("/dev/shm")? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("spanwright-") && name.contains(&own) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
