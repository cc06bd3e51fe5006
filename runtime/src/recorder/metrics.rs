//! What the recorder measures of itself.

#[cfg(feature = "object_store")]
use spanwright_recording::UploadHealth;

use crate::{Counter, Gauge, Label, Metrics};

/// Why events were lost.
#[derive(Clone, Copy, Debug, Label)]
#[label(name = "reason", crate = crate)]
pub(super) enum Why {
    /// The ring was full.
    RingFull,
    /// The recorder's queue was full: its writer is slow.
    QueueFull,
}

/// The recorder's own metrics.
#[derive(Debug, Metrics)]
#[metrics(prefix = "spanwright_recorder", crate = crate)]
pub(super) struct RecorderMetrics {
    /// Events that were recorded.
    pub(super) events_total: Counter,
    /// Events that were not recorded, by reason.
    pub(super) events_lost_total: Counter<Why>,
    /// Blocks of recordings that were written.
    pub(super) blocks_written_total: Counter,
    /// Bytes of recordings that were written.
    pub(super) bytes_written_total: Counter,
    /// Blocks of recordings that could not be written.
    pub(super) write_errors_total: Counter,
    /// What was found worth keeping a recording for.
    pub(super) triggers_total: Counter,
    /// Recordings of what came before something worth keeping.
    pub(super) dumps_total: Counter,
    /// Whether the recorder is on: 1 or 0.
    pub(super) recording: Gauge,
}

/// How uploads of recordings go.
#[cfg(feature = "object_store")]
#[derive(Debug, Metrics)]
#[metrics(prefix = "spanwright_recorder_upload", crate = crate)]
pub(super) struct UploadMetrics {
    /// Files that wait to be uploaded.
    queued_files: Gauge,
    /// Bytes that wait to be uploaded.
    queued_bytes: Gauge,
    /// Files that the store has taken.
    files_total: Counter,
    /// Bytes that the store has taken.
    bytes_total: Counter,
    /// Uploads that went wrong, and are tried again.
    failures_total: Counter,
    /// Files that had to go for the budget before they were uploaded.
    lost_files_total: Counter,
}

#[cfg(feature = "object_store")]
impl UploadMetrics {
    /// Notes how it is now, and what was counted since it was as `before`.
    pub(super) fn note(&self, before: Option<&UploadHealth>, now: &UploadHealth) {
        let none = UploadHealth::default();
        let before = before.unwrap_or(&none);
        self.queued_files.set(now.queued_files as f64);
        self.queued_bytes.set(now.queued_bytes as f64);
        self.files_total.add(now.uploaded_files.saturating_sub(before.uploaded_files));
        self.bytes_total.add(now.uploaded_bytes.saturating_sub(before.uploaded_bytes));
        self.failures_total.add(now.failures.saturating_sub(before.failures));
        self.lost_files_total.add(now.lost_files.saturating_sub(before.lost_files));
    }
}

#[cfg(all(test, feature = "object_store"))]
mod tests {
    use super::*;
    use crate::Registry;

    #[test]
    fn what_was_counted_is_counted_once() {
        let metrics = UploadMetrics::global();
        let mut before = UploadHealth::default();
        before.uploaded_files = 2;
        let mut now = before.clone();
        (now.uploaded_files, now.queued_files, now.failures) = (5, 1, 4);
        metrics.note(Some(&before), &now);
        metrics.note(Some(&now), &now);
        let number = |name: &str| {
            let family = Registry::global().get_metric(&format!("spanwright_recorder_upload_{name}"));
            family.unwrap().series[0].value.number()
        };
        assert_eq!((number("files_total"), number("failures_total")), (Some(3.0), Some(4.0)));
        assert_eq!(number("queued_files"), Some(1.0));
    }
}
