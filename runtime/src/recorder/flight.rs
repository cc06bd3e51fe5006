//! Where blocks go: to the writer at once, or into memory until something happens that is worth keeping them.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use spanwright_core::segment::Blocks;
use spanwright_recording::{Header, Sealed, TraceWriter};

use super::metrics::RecorderMetrics;
use super::shared::Shared;

/// How much a flight recorder keeps in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// As far as this back …
    pub(super) time: Duration,
    /// … and no more bytes than this, compressed.
    pub(super) bytes: usize,
}

/// The recorder's own writer around the program's.
pub(super) struct Sink {
    writer: Box<dyn TraceWriter>,
    /// Nothing in stream mode.
    kept: Option<(Kept, Memory)>,
    /// Where blocks in memory are besides, so that they outlive the process.
    outliving: Option<Blocks>,
    /// How many blocks have come.
    pub(super) blocks: u64,
    shared: Arc<Shared>,
}

/// Blocks in memory, the oldest first.
#[derive(Default)]
struct Memory {
    blocks: VecDeque<KeptBlock>,
    bytes: usize,
}

/// A block in memory.
struct KeptBlock {
    header: Header,
    bytes: Vec<u8>,
    kinds: Vec<(u8, u32)>,
    threads: Vec<u32>,
}

impl Sink {
    pub(super) fn new(writer: Box<dyn TraceWriter>, kept: Option<Kept>, shared: Arc<Shared>) -> Self {
        Self { writer, kept: kept.map(|kept| (kept, Memory::default())), outliving: None, blocks: 0, shared }
    }

    /// Keeps blocks there too, where they are kept.
    pub(super) fn set_blocks(&mut self, blocks: Blocks) {
        self.outliving = self.kept.is_some().then_some(blocks);
    }

    /// Keeps blocks nowhere else any more: nothing is left to others.
    pub(super) fn free_blocks(&mut self) {
        if let Some(blocks) = self.outliving.take() {
            blocks.free();
        }
    }

    /// A recording of what is in memory, as far as this back, which stays there; nothing in stream mode.
    #[cfg(feature = "console")]
    pub(super) fn copy(&self, time: Option<Duration>) -> io::Result<Option<Vec<u8>>> {
        let Some((_, memory)) = &self.kept else { return Ok(None) };
        let newest = memory.blocks.back().map_or(0, |block| block.header.last);
        let time = time.map_or(u64::MAX, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let first = newest.saturating_sub(time);
        let mut bytes = Vec::new();
        let mut writer = spanwright_recording::StreamWriter::new(&mut bytes);
        for block in memory.blocks.iter().filter(|block| block.header.last >= first) {
            writer.write_block(&block.sealed())?;
        }
        writer.finish()?;
        Ok(Some(bytes))
    }

    /// Hands a block to the program's writer, in either mode.
    pub(super) fn write_through(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        write(&mut *self.writer, &self.shared, block)
    }

    /// Writes what is in memory, as a recording of its own. From the first block on that the writer does not take, it stays there.
    pub(super) fn dump(&mut self) -> io::Result<()> {
        let Some((_, memory)) = &mut self.kept else { return Ok(()) };
        while let Some(block) = memory.blocks.front() {
            write(&mut *self.writer, &self.shared, &block.sealed())?;
            memory.pop();
        }
        if let Some(outliving) = &mut self.outliving {
            while outliving.pop() {}
        }
        self.writer.next_recording()
    }
}

impl KeptBlock {
    fn sealed(&self) -> Sealed<'_> {
        Sealed { header: &self.header, bytes: &self.bytes, kinds: &self.kinds, threads: &self.threads }
    }
}

impl Memory {
    /// Keeps a block, and forgets those that are too old or too many.
    fn push(&mut self, kept: Kept, block: &Sealed<'_>) {
        let one = KeptBlock {
            header: *block.header,
            bytes: block.bytes.to_vec(),
            kinds: block.kinds.to_vec(),
            threads: block.threads.to_vec(),
        };
        let newest = one.header.last;
        self.bytes += one.bytes.len();
        self.blocks.push_back(one);
        let time = u64::try_from(kept.time.as_nanos()).unwrap_or(u64::MAX);
        let is_over = |memory: &Self| {
            memory.blocks.front().is_some_and(|oldest| newest.saturating_sub(oldest.header.last) > time)
                || memory.bytes > kept.bytes
        };
        while self.blocks.len() > 1 && is_over(self) {
            self.pop();
        }
    }

    /// Forgets the oldest.
    fn pop(&mut self) {
        self.bytes -= self.blocks.pop_front().map_or(0, |oldest| oldest.bytes.len());
    }
}

/// Hands a block to the program's writer, and notes how that went.
fn write(writer: &mut dyn TraceWriter, shared: &Shared, block: &Sealed<'_>) -> io::Result<()> {
    let written = writer.write_block(block);
    let metrics = RecorderMetrics::global();
    match &written {
        Ok(()) => {
            metrics.blocks_written_total.inc();
            metrics.bytes_written_total.add(block.bytes.len() as u64);
            shared.bytes.fetch_add(block.bytes.len() as u64, Ordering::Relaxed);
            shared.set_failing(None);
        }
        Err(error) => {
            metrics.write_errors_total.inc();
            let error = error.to_string();
            // Once, and not at each block until there is room again.
            if shared.set_failing(Some(error.clone())).is_none() {
                crate::telemetry::report(&format!("recordings are not written: {error}"));
            }
        }
    }
    written
}

impl TraceWriter for Sink {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        self.blocks += 1;
        match &mut self.kept {
            Some((kept, memory)) => {
                memory.push(*kept, block);
                if let Some(outliving) = &mut self.outliving {
                    outliving.push(block.bytes);
                }
                Ok(())
            }
            None => write(&mut *self.writer, &self.shared, block),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.kept.is_some() { Ok(()) } else { self.writer.flush() }
    }

    fn tick(&mut self, now: u64) -> io::Result<()> {
        let ticked = self.writer.tick(now);
        self.shared.set_uploads(self.writer.uploads());
        ticked
    }

    fn next_recording(&mut self) -> io::Result<()> {
        self.writer.next_recording()
    }

    fn keeps(&self) -> bool {
        self.writer.keeps()
    }

    fn finish(&mut self) -> io::Result<()> {
        // What nothing happened in is not worth keeping.
        let finished = self.writer.finish();
        self.shared.set_uploads(self.writer.uploads());
        finished
    }
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink")
            .field("kept", &self.kept.as_ref().map(|(kept, _)| kept))
            .finish_non_exhaustive()
    }
}
