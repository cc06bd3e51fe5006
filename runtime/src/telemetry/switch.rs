//! One switch for all telemetry of the process.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether there is telemetry at all. Publishes nothing else.
static ENABLED: AtomicBool = AtomicBool::new(true);

/// Turns all telemetry of this process off, or on again, while it runs.
///
/// Off means: annotated functions are their bodies, after the one load that each call begins with; no span and no event is
/// recorded, ours or other crates'; functions' calls are not counted; nothing is pushed; `/metrics` has nothing but
/// `spanwright_enabled 0`. What was recorded before is still exported, and a call that has begun ends as it would have, so that
/// what counts up and down stays right.
///
/// These go on: log lines; `/health`, `/ready` and `/live`; and the handles of metrics, since a gauge that missed a change
/// would be wrong for ever after. Switched on again, counters show what they have counted meanwhile.
///
/// The admin server has the same switch at `/telemetry`, where it is [allowed](crate::telemetry::Builder::admin_changes).
///
/// ```
/// spanwright::set_enabled(false);
/// assert!(!spanwright::is_enabled());
/// spanwright::set_enabled(true);
/// ```
pub fn set_enabled(enabled: bool) {
    ENABLED.store(enabled, Ordering::Relaxed);
    crate::span::refresh();
}

/// The switch alone, which takes no lock.
pub(super) fn switch_off() {
    ENABLED.store(false, Ordering::Relaxed);
}

/// Whether telemetry is switched [on](set_enabled), which it is at first.
#[must_use]
pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}
