//! Receivers that take one signal, and not another.

use std::time::{Duration, Instant};

use super::delivery::Failure;
use crate::export::ExportError;
use crate::export::deadline::after;

/// How long nothing is sent to a receiver that does not take such items.
const SILENCE: Duration = Duration::from_secs(5 * 60);

/// Why nothing is sent to a receiver, and until when; nothing where it is sent to.
#[derive(Default)]
pub(super) struct Silence(Option<(String, Instant)>);

impl Silence {
    /// Whether anything is to be sent.
    ///
    /// # Errors
    /// When all these items are lost without a request.
    pub(super) fn check(&mut self, items: usize) -> Result<(), ExportError> {
        match &self.0 {
            Some((reason, until)) if Instant::now() < *until => Err(ExportError::lost(items, reason.clone())),
            _ => {
                self.0 = None;
                Ok(())
            }
        }
    }

    /// Falls silent where a receiver takes no such items; `remedy` says what to do then.
    pub(super) fn heed(&mut self, mut failure: Failure, remedy: &str) -> ExportError {
        if failure.unsupported {
            failure.reason = format!("{}; {remedy}", failure.reason);
            self.0 = Some((failure.reason.clone(), after(SILENCE)));
        }
        failure.into()
    }

    /// When it ends.
    #[cfg(test)]
    pub(super) fn until(&mut self) -> &mut Instant {
        let (_, until) = self.0.as_mut().expect("it is silent");
        until
    }
}
