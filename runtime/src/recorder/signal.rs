//! A signal as a trigger.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A signal that is noted until this is dropped.
#[derive(Debug)]
pub(super) struct Signal {
    /// Set by the handler. Publishes nothing.
    came: Arc<AtomicBool>,
    #[cfg(unix)]
    handler: signal_hook::SigId,
}

impl Signal {
    /// Fails for signals that nobody can handle.
    pub(super) fn watch(signal: i32) -> io::Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        {
            // The handler of the crate would panic.
            if signal_hook::consts::FORBIDDEN.contains(&signal) {
                let error = format!("the signal {signal} can't be watched for; take `SIGUSR2`, say");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
            }
            let handler = signal_hook::flag::register(signal, Arc::clone(&came))?;
            Ok(Self { came, handler })
        }
        #[cfg(not(unix))]
        {
            let _ = signal;
            Ok(Self { came })
        }
    }

    /// Whether it came since this was last asked.
    pub(super) fn take(&self) -> bool {
        self.came.swap(false, Ordering::Relaxed)
    }
}

#[cfg(unix)]
impl Drop for Signal {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.handler);
    }
}
