//! Where finished segments go.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use spanwright::instrument;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::segment::Segment;
use super::target;

/// Moves finished segments into a folder of their own, one after the other.
pub(super) struct Archive(Option<UnboundedSender<Arc<Segment>>>);

impl Archive {
    pub(super) fn start(rt: &Handle, folder: Option<PathBuf>) -> Self {
        Self(folder.map(|folder| {
            // It holds no more than the log's own list of segments.
            let (queue, segments) = mpsc::unbounded_channel();
            rt.spawn(run(folder, segments));
            queue
        }))
    }

    /// Has a segment archived; so many others are sealed and not durable.
    pub(super) fn queue(&self, segment: Arc<Segment>, pending_remaining: usize) {
        let Some(queue) = &self.0 else { return };
        let segment_id = segment.id().as_u64();
        let durable = segment.durable();
        tracing::debug!(target: target::LOG, segment_id, pending_remaining, durable, "segment queued for archival");
        // Without its runtime nobody archives; the next start does.
        let _ = queue.send(segment);
    }
}

async fn run(folder: PathBuf, mut segments: UnboundedReceiver<Arc<Segment>>) {
    while let Some(segment) = segments.recv().await {
        let folder = folder.clone();
        // A failure is the span's and an event; the segment stays where it is, and the next start tries again.
        let _ = spanwright::spawn_blocking(move || archive(&segment, &folder)).await;
    }
}

#[instrument(
    target = target::LOG,
    level = "debug",
    fields(segment_id = segment.id().as_u64()),
    err(level = "warn"),
)]
fn archive(segment: &Segment, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    segment.move_to(folder)
}
