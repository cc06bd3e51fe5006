//! `spanwright stats`: what a recording takes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spanwright_recording::{Block, Codec, Reader};

use super::problems;
use super::progress::Progress;
use super::table;
use super::times::bytes;

/// So many blocks are told of one by one.
const MOST_BLOCKS: usize = 100_000;
/// So many kinds.
const MOST_KINDS: usize = 256;

/// What a recording takes.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    files: u64,
    events: u64,
    repeated: u64,
    /// Of all blocks, as they lie in files and unpacked.
    stored: u64,
    unpacked: u64,
    kinds: BTreeMap<String, OfKind>,
    blocks: Vec<OfBlock>,
    more_blocks: u64,
    problems: Value,
}

#[derive(Debug, Default)]
struct OfKind {
    events: u64,
    bytes: f64,
}

#[derive(Debug)]
struct OfBlock {
    recording: u64,
    sequence: u64,
    codec: &'static str,
    events: u64,
    stored: u64,
    unpacked: u64,
}

/// Reads all blocks.
pub(crate) fn of(reader: &mut Reader) -> Stats {
    let mut stats = Stats { files: reader.bytes(), ..Stats::default() };
    let mut progress = Progress::new("reading");
    let all = reader.index().len() as u64;
    for (done, block) in reader.blocks().enumerate() {
        progress.at(done as u64, all);
        stats.add(&block);
    }
    stats.problems = problems::json(reader);
    stats
}

impl Stats {
    fn add(&mut self, block: &Block) {
        let header = &block.header;
        let of = OfBlock {
            recording: header.recording,
            sequence: header.sequence,
            codec: codec(header.codec),
            events: header.events.into(),
            stored: header.length(),
            unpacked: header.length() - u64::from(header.packed) + u64::from(header.raw),
        };
        self.events += of.events;
        self.repeated += u64::from(header.repeated);
        self.stored += of.stored;
        self.unpacked += of.unpacked;
        if self.blocks.len() < MOST_BLOCKS {
            self.blocks.push(of);
        } else {
            self.more_blocks += 1;
        }
        for size in &block.sizes {
            let known = self.kinds.len() < MOST_KINDS || self.kinds.contains_key(&*size.kind);
            let name = if known { &*size.kind } else { "(others)" };
            let kind = self.kinds.entry(name.to_owned()).or_default();
            kind.events += size.events;
            kind.bytes += size.columns as f64 + size.loose_bits as f64 / 8.0;
        }
    }

    /// For people.
    pub(crate) fn text(&self, blocks: bool) -> String {
        let each = |bytes: u64| bytes as f64 / self.events.max(1) as f64;
        let count = self.blocks.len() as u64 + self.more_blocks;
        let mut out = format!(
            "{} events in {count} blocks, {} in files\n{:.2} bytes an event compressed, {:.2} unpacked: {}\n",
            self.events,
            bytes(self.files),
            each(self.files),
            each(self.unpacked),
            ratio(self.unpacked, self.stored),
        );
        out.push_str(&format!("{} events are repeated, so that blocks can be read alone\n\n", self.repeated));
        let all: f64 = self.kinds.values().map(|kind| kind.bytes).sum::<f64>().max(1.0);
        let mut rows = vec![row(["kind", "events", "bytes each", "share"])];
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by(|one, other| other.1.bytes.total_cmp(&one.1.bytes));
        rows.extend(kinds.into_iter().filter(|(_, kind)| kind.events > 0).map(|(name, kind)| {
            vec![
                name.clone(),
                kind.events.to_string(),
                format!("{:.2}", kind.bytes / kind.events as f64),
                format!("{:.1} %", 100.0 * kind.bytes / all),
            ]
        }));
        out.push_str(&table::lines(&rows, &[0]));
        out.push_str("(repeated ones included; before compression; texts and ids aside)\n");
        if blocks {
            out.push('\n');
            out.push_str(&self.blocks_text());
        }
        out
    }

    fn blocks_text(&self) -> String {
        let mut rows =
            vec![row(["recording", "block", "codec", "events", "bytes", "unpacked", "compression"])];
        rows.extend(self.blocks.iter().map(|block| {
            vec![
                format!("{:016x}", block.recording),
                block.sequence.to_string(),
                block.codec.to_owned(),
                block.events.to_string(),
                block.stored.to_string(),
                block.unpacked.to_string(),
                ratio(block.unpacked, block.stored),
            ]
        }));
        let mut out = table::lines(&rows, &[0, 2]);
        if self.more_blocks > 0 {
            out.push_str(&format!("and {} more\n", self.more_blocks));
        }
        out
    }

    /// For machines.
    pub(crate) fn json(&self, blocks: bool) -> String {
        let kinds: serde_json::Map<_, _> = self
            .kinds
            .iter()
            .map(|(name, kind)| (name.clone(), json!({ "events": kind.events, "bytes": kind.bytes })))
            .collect();
        let mut all = json!({
            "events": self.events,
            "repeated": self.repeated,
            "blocks": self.blocks.len() as u64 + self.more_blocks,
            "file_bytes": self.files,
            "stored_bytes": self.stored,
            "unpacked_bytes": self.unpacked,
            "kinds": kinds,
            "problems": self.problems,
        });
        if blocks {
            let one = |block: &OfBlock| {
                json!({
                    "recording": format!("{:016x}", block.recording),
                    "sequence": block.sequence,
                    "codec": block.codec,
                    "events": block.events,
                    "stored_bytes": block.stored,
                    "unpacked_bytes": block.unpacked,
                })
            };
            all["each_block"] = self.blocks.iter().map(one).collect();
        }
        format!("{all:#}\n")
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn ratio(unpacked: u64, stored: u64) -> String {
    format!("{:.2}×", unpacked as f64 / stored.max(1) as f64)
}

fn codec(codec: Codec) -> &'static str {
    match codec {
        Codec::None => "none",
        Codec::Deflate => "deflate",
        Codec::Zstd => "zstd",
        _ => "unknown",
    }
}
