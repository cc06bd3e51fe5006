//! A copy of what a flight recorder keeps, for who looks at the console.

use std::io;
use std::sync::mpsc::{self, SyncSender};
use std::time::Duration;

use super::RecorderHandle;

/// How long a copy may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Copies that are waited for at a time.
const MOST: usize = 2;

/// Somebody waits for a copy.
#[derive(Debug)]
pub(super) struct Copy {
    /// As far as this back; all where it does not matter.
    pub(super) time: Option<Duration>,
    pub(super) to: SyncSender<io::Result<Option<Vec<u8>>>>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCopy {
    #[error("the recorder writes files as it goes, where its `recorder.path` says: look there")]
    Stream,
    #[error("others wait for a recording already: ask again later")]
    Busy,
    #[error("the recorder did not answer within {LONGEST:?}")]
    Late,
    #[error("the recording can't be copied: {0}")]
    Failed(#[from] io::Error),
}

impl RecorderHandle {
    /// Whether blocks are kept in memory until something happens.
    pub(crate) fn is_flight(&self) -> bool {
        self.shared.is_flight
    }

    /// A recording of what is kept in memory, as far as this back. It stays there.
    ///
    /// # Errors
    /// When nothing is kept, or it does not come in time.
    pub(crate) fn copy(&self, time: Option<Duration>) -> Result<Vec<u8>, NoCopy> {
        if !self.is_flight() {
            return Err(NoCopy::Stream);
        }
        let (to, copied) = mpsc::sync_channel(1);
        let mut is_busy = false;
        self.shared.ask(|asked| {
            is_busy = asked.copies.len() >= MOST;
            if !is_busy {
                asked.copies.push(Copy { time, to });
            }
        });
        if is_busy {
            return Err(NoCopy::Busy);
        }
        copied.recv_timeout(LONGEST).map_err(|_| NoCopy::Late)??.ok_or(NoCopy::Stream)
    }
}
