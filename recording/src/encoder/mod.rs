//! From events to blocks.

mod repeat;

use std::io;

use crate::block::encode::{Builder, Label};
use crate::codec::Packer;
use crate::event::{Gap, Kind, Why};
use crate::header::{Codec, MAX_EVENTS, MAX_PAYLOAD, MAX_RAW};
use crate::writer::{Sealed, TraceWriter};
use repeat::Repeated;
pub(crate) use repeat::{Note, Noted};

/// A block has as many events at most, so that as many tasks can be repeated in it.
const BLOCK_EVENTS: usize = MAX_EVENTS as usize / 2;
/// As many bytes at most, so that an event that is huge finds room.
const BLOCK_BYTES: usize = 1 << 18;

/// How a recording is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// How blocks are compressed.
    pub codec: Codec,
    /// How hard: 1 to 19 of Zstandard, 1 to 9 of Deflate.
    pub level: i32,
    /// Bytes after which a block is closed, before compression: 256 KiB at most.
    pub block_bytes: usize,
    /// The number of the recording: the same in all its files, and in those of no other.
    pub recording: u64,
}

impl Default for Options {
    /// Zstandard at level 1, in blocks of 128 KiB; the number is drawn.
    fn default() -> Self {
        use std::hash::{BuildHasher, Hasher};
        // The standard library's only source of what is random.
        let recording = std::collections::hash_map::RandomState::new().build_hasher().finish();
        Self { codec: Codec::Zstd, level: 1, block_bytes: 1 << 17, recording }
    }
}

/// Writes events into blocks, and hands these to a writer.
///
/// One thread does this. Events of a thread should come in the order of their time, and many of one thread at a time: each
/// change of the thread, and each step back, costs some bytes.
#[derive(Debug)]
pub struct Encoder<W: TraceWriter> {
    builder: Builder,
    packer: Packer,
    out: Vec<u8>,
    repeated: Repeated,
    writer: W,
    block_bytes: usize,
    label: Label,
    /// Events of blocks that could not be written, and not been told of since.
    lost: u64,
    /// As many of them are told of in this block, which may not be written either.
    told: u64,
    finished: bool,
}

impl<W: TraceWriter> Encoder<W> {
    /// Writes to a writer.
    pub fn new(writer: W, options: Options) -> Self {
        Self {
            builder: Builder::default(),
            packer: Packer::new(options.codec, options.level),
            out: Vec::new(),
            repeated: Repeated::default(),
            writer,
            block_bytes: options.block_bytes.clamp(1, BLOCK_BYTES),
            label: Label { recording: options.recording, sequence: 0 },
            lost: 0,
            told: 0,
            finished: false,
        }
    }

    /// Adds an event of a thread at a time in nanoseconds since the Unix epoch: for what took a while, its end.
    ///
    /// An error is the writer's: a block is lost. The event is not, and what was lost is told of in the next block.
    #[inline]
    pub fn event(&mut self, thread: u32, at: u64, event: &impl Kind) -> io::Result<()> {
        let closed = if self.builder.is_due() && self.is_full() { self.close() } else { Ok(()) };
        if self.lost > 0 {
            self.told = std::mem::take(&mut self.lost);
            self.builder.add(thread, at, &Gap { lost: self.told, why: Why::Unwritten }, false);
        }
        let block = self.label.sequence;
        event.note(&mut Noted { repeated: &mut self.repeated, thread, at, block });
        self.builder.add(thread, at, event, false);
        closed
    }

    /// Asked once in a while, since it takes longer than an event.
    fn is_full(&self) -> bool {
        self.builder.bytes() >= self.block_bytes
            || self.builder.len() >= BLOCK_EVENTS
            || self.builder.nearly_full()
    }

    /// Closes the block and hands it to the writer.
    fn close(&mut self) -> io::Result<()> {
        if self.builder.len() == 0 {
            return Ok(());
        }
        let mut threads: Vec<u32> = self.builder.threads().collect();
        threads.sort_unstable();
        threads.dedup();
        let kinds: Vec<(u8, u32)> = self.builder.counts().collect();
        let room = MAX_EVENTS as usize - self.builder.len();
        self.repeated.repeat(&threads, self.label.sequence, room, &mut self.builder);
        let header = self.builder.close(self.label, &mut self.packer, &mut self.out);
        self.label.sequence += 1;
        let sealed = Sealed { header: &header, bytes: &self.out, kinds: &kinds, threads: &threads };
        let written = if header.raw > MAX_RAW || header.payload > MAX_PAYLOAD {
            Err(io::Error::new(io::ErrorKind::InvalidData, "a block is larger than the format allows"))
        } else {
            self.writer.write_block(&sealed)
        };
        let told = std::mem::take(&mut self.told);
        if written.is_err() {
            // The gap itself was not lost before.
            self.lost += told + u64::from(header.events) - u64::from(told > 0);
        }
        written
    }

    /// Hands what there is to the writer, so that it can be read.
    pub fn flush(&mut self) -> io::Result<()> {
        self.close()?;
        self.writer.flush()
    }

    /// Tells the writer how late it is, in nanoseconds since the Unix epoch: whoever calls this once in a while, after
    /// [`flush`](Self::flush), has files end in time though nothing happens.
    pub fn tick(&mut self, now: u64) -> io::Result<()> {
        self.writer.tick(now)
    }

    /// Hands what there is to the writer, and says that no more will come.
    pub fn finish(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(());
        }
        let closed = self.close();
        let finished = self.writer.finish();
        closed.and(finished)
    }

    /// The writer.
    pub fn writer(&self) -> &W {
        &self.writer
    }

    /// The writer, to be changed.
    pub fn writer_mut(&mut self) -> &mut W {
        &mut self.writer
    }
}

impl<W: TraceWriter> Drop for Encoder<W> {
    fn drop(&mut self) {
        // Whoever wants to know calls `finish`. A writer that has panicked may do so again, which would end the process.
        if !std::thread::panicking() {
            let _ = self.end();
        }
    }
}
