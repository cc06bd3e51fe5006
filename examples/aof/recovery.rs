//! What is found at the start: segments that are whole, and one that a crash may have left half-written.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use spanwright::instrument;

use super::config::AofConfig;
use super::record::{Kind, Records};
use super::segment::{Segment, SegmentId};
use super::target;

/// What is left of an earlier run.
pub(super) struct Recovered {
    /// Those that take no more.
    pub(super) sealed: Vec<Arc<Segment>>,
    /// The one that goes on, if there is one.
    pub(super) active: Option<Arc<Segment>>,
    /// The number of the next one.
    pub(super) next: SegmentId,
    /// How many records there are, archived ones not counted.
    pub(super) records: u64,
}

/// Reads the log's folder, and cuts off what a crash has left half-written.
#[instrument(target = target::LOG, level = "debug", fields(segments = Empty, records = Empty), err(level = "warn"))]
pub(super) fn recover(cfg: &AofConfig) -> io::Result<Recovered> {
    fs::create_dir_all(&cfg.folder)?;
    let files = segments_in(&cfg.folder)?;
    let archived = match &cfg.archive {
        Some(folder) if folder.exists() => segments_in(folder)?,
        _ => Vec::new(),
    };
    let newest = files.iter().chain(&archived).map(|(id, _)| *id).max();
    let next = newest.map_or(SegmentId::new(1), SegmentId::next);
    let mut recovered = Recovered { sealed: Vec::new(), active: None, next, records: 0 };
    let last = files.last().map(|(id, _)| *id);
    for (id, path) in files {
        let segment = Arc::new(open(cfg, id, path, Some(id) == last)?);
        recovered.records += segment.records();
        if segment.is_finished() {
            recovered.sealed.push(segment);
        } else {
            recovered.active = Some(segment);
        }
    }
    spanwright::record!(segments = recovered.sealed.len() + usize::from(recovered.active.is_some()));
    spanwright::record!(records = recovered.records);
    Ok(recovered)
}

/// The files of segments in this folder, in their order.
fn segments_in(folder: &Path) -> io::Result<Vec<(SegmentId, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        files.extend(SegmentId::of_file(&path).map(|id| (id, path)));
    }
    files.sort();
    Ok(files)
}

/// Opens a segment. The last one may be unfinished, and goes on after its last good record; any other takes no more.
fn open(cfg: &AofConfig, id: SegmentId, path: PathBuf, last: bool) -> io::Result<Segment> {
    let bytes = fs::read(&path)?;
    let mut scan = Records::of(&bytes);
    let (mut records, mut sealed) = (0_u64, false);
    for (kind, payload) in &mut scan {
        match kind {
            Kind::Data => records += 1,
            Kind::Seal => sealed = payload == records.to_le_bytes(),
        }
    }
    let (durable, requested, segment_id) = (scan.end(), bytes.len() as u64, id.as_u64());
    let lost = requested - durable;
    if lost == 0 {
        tracing::debug!(target: target::LOG, segment_id, durable, records, sealed, "segment recovered");
    } else if last {
        tracing::warn!(target: target::LOG, segment_id, requested, durable, records, lost, "torn record cut off");
        let file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(durable)?;
        File::sync_all(&file)?;
    } else {
        // What follows the damage may be worth something to somebody: the file stays as it is.
        tracing::warn!(target: target::LOG, segment_id, requested, durable, records, lost, "segment is damaged");
    }
    Segment::found(path, id, Arc::clone(&cfg.disk), durable, records, sealed || !last)
}
